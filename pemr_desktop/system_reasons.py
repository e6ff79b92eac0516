"""What the operating system or SQLite refused, as a reason in a person's words."""

from __future__ import annotations

import errno
import sqlite3
from typing import TypeAlias

from pemr_desktop.refusal_texts.databases import DatabaseCode
from pemr_desktop.refusal_texts.system import SystemCode
from pemr_desktop.refusals import Refusal, refusal

DatabaseFault: TypeAlias = sqlite3.Error | UnicodeDecodeError

_BY_ERRNO: dict[int, SystemCode] = {
    errno.EACCES: "no permission",
    errno.EPERM: "no permission",
    errno.EBUSY: "in use by another program",
    errno.ETXTBSY: "in use by another program",
    errno.EEXIST: "name taken",
    errno.EFBIG: "file too large",
    errno.EIO: "disk faulty",
    errno.EISDIR: "folder, not a file",
    errno.ELOOP: "links too many",
    errno.EMFILE: "too many open files",
    errno.ENFILE: "too many open files",
    errno.ENAMETOOLONG: "name too long",
    errno.ENODEV: "disk not answering",
    errno.ENOENT: "file not there, said briefly",
    errno.ENOMEM: "memory full",
    errno.ENOSPC: "disk full, said briefly",
    errno.EDQUOT: "disk full, said briefly",
    errno.ENOTCONN: "disk not answering",
    errno.ENOTDIR: "no folder in path",
    errno.ENOTEMPTY: "folder not empty",
    errno.ENOTSUP: "not possible there",
    errno.ENXIO: "disk not answering",
    errno.EXDEV: "not possible there",
    errno.EROFS: "disk read only",
    errno.ESTALE: "disk not answering",
    errno.ETIMEDOUT: "disk not answering",
}
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


def system_reason(error: OSError) -> Refusal:
    """Why the operating system refused, as a sentence of its own."""
    code = _BY_ERRNO.get(error.errno or 0)
    if code is None:
        return refusal("system error", number=str(error.errno or 0))
    return refusal(code)


def database_reason(error: DatabaseFault) -> Refusal:
    """Why SQLite refused, as a part of a sentence about the database."""
    if isinstance(error, UnicodeDecodeError):
        return refusal("database without text")
    number = getattr(error, "sqlite_errorcode", None)
    code = _BY_SQLITE.get((number or 0) & 0xFF)
    if code is None:
        return refusal("database error", number=str(number or 0))
    return refusal(code)
