"""What SQLite refused, as a reason in a person's words."""

from __future__ import annotations

import sqlite3
from typing import TypeAlias

from pemr_desktop.refusal_texts.databases import DatabaseCode
from pemr_desktop.refusals import Refusal, refusal

DatabaseFault: TypeAlias = sqlite3.Error | UnicodeDecodeError

_BY_SQLITE: dict[int, DatabaseCode] = {
    sqlite3.SQLITE_BUSY: "database busy",
    sqlite3.SQLITE_CONSTRAINT: "database damaged",
    sqlite3.SQLITE_CANTOPEN: "database not opened",
    sqlite3.SQLITE_CORRUPT: "database damaged",
    sqlite3.SQLITE_ERROR: "database of other tables",
    sqlite3.SQLITE_FULL: "database full",
    sqlite3.SQLITE_IOERR: "database not readable",
    sqlite3.SQLITE_LOCKED: "database busy",
    sqlite3.SQLITE_MISMATCH: "database damaged",
    sqlite3.SQLITE_NOMEM: "memory full for database",
    sqlite3.SQLITE_NOTADB: "database not a database",
    sqlite3.SQLITE_PERM: "database not opened",
    sqlite3.SQLITE_READONLY: "database read only",
}


def database_reason(error: DatabaseFault) -> Refusal:
    """Why SQLite refused, as a part of a sentence about the database."""
    if isinstance(error, UnicodeDecodeError):
        return refusal("database without text")
    number = getattr(error, "sqlite_errorcode", None)
    code = _BY_SQLITE.get((number or 0) & 0xFF)
    if code is None:
        return refusal("database error", number=str(number or 0))
    return refusal(code)
