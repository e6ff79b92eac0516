"""Opening the library file to read it, and the checks that come before anything touches it."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from importlib import resources
from pathlib import Path

from pemr_desktop.database_reasons import database_reason
from pemr_desktop.library.database.backups import backup_folder, backups, newest_backup
from pemr_desktop.library.errors import LibraryDamaged, LibraryError, LibraryLost, LibraryMissing, LibraryTooNew
from pemr_desktop.refusals import Refusal, refusal
from pemr_desktop.system_reasons import system_reason
from pemr_desktop.tagfiles.errors import readable

log = logging.getLogger(__name__)

APPLICATION_ID = 0x50454D52  # "PEMR"
HEADER_BYTES = 100
QUICK_CHECK_LIMIT = 64 << 20  # bytes; larger files are checked by the daily backup and by `doctor`
BUSY_TIMEOUT_S = 10.0
DATABASE_ERRORS = (sqlite3.DatabaseError, UnicodeDecodeError)
"""What SQLite raises on a damaged file; the second when its own words quote bytes of it that are no text."""


def migrations() -> list[tuple[int, str]]:
    """The numbered SQL files, in order: (version, script)."""
    found = []
    for entry in resources.files("pemr_desktop.library.database").joinpath("migrations").iterdir():
        number, _, rest = entry.name.partition("_")
        if number.isdigit() and rest.endswith(".sql"):
            found.append((int(number), entry.read_text("utf-8")))
    return sorted(found)


def open_reader(path: Path) -> sqlite3.Connection:
    """A read-only connection for one thread. Raises LibraryMissing, LibraryTooNew or LibraryDamaged."""
    check_not_lost(path)
    if _is_empty(path):
        raise LibraryMissing("no library", library=readable(path))
    _check_header(path)
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_TIMEOUT_S)
        connection.execute("PRAGMA query_only = 1")
        connection.execute("PRAGMA cache_size = -16000")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
    except DATABASE_ERRORS as error:
        raise damaged(path, database_reason(error)) from error
    if version == 0:
        connection.close()
        raise LibraryMissing("library being made", library=readable(path))
    return connection


def check_not_lost(path: Path) -> None:
    """Raise LibraryLost when there is no library file although there are backups of one, or its log is left."""
    if not _is_empty(path):
        return
    copies = backups(path)
    if copies:
        raise LibraryLost(
            "library lost, with backups",
            library=readable(path),
            count=str(len(copies)),
            newest=readable(copies[0]),
            folder=readable(backup_folder(path)),
        )
    if has_log(path):
        raise LibraryLost("library lost, with log", library=readable(path), log=readable(log_of(path)))


def _is_empty(path: Path) -> bool:
    return not path.exists() or path.stat().st_size == 0


def log_of(path: Path) -> Path:
    """Where SQLite keeps transactions that are not in the file yet."""
    return path.with_name(path.name + "-wal")


def has_log(path: Path) -> bool:
    """Whether there may be transactions that are not in the file yet."""
    return log_of(path).exists() and log_of(path).stat().st_size > 0


def read_only_address(path: Path) -> str:
    """How SQLite opens a file that nobody writes to: without a log nothing may be made beside it."""
    immutable = "" if log_of(path).exists() else "&immutable=1"
    return f"{path.absolute().as_uri()}?mode=ro{immutable}"


def check_file(path: Path, *, thoroughly: bool = False) -> None:
    """Refuse a file that is newer, no library or damaged, before anything could write to it.

    `thoroughly`: look at all pages of a large file too.
    """
    if _is_empty(path):
        return
    _check_header(path)
    try:
        with closing(sqlite3.connect(read_only_address(path), uri=True)) as connection:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            answer = "ok"
            if thoroughly or path.stat().st_size <= QUICK_CHECK_LIMIT:
                answer = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except DATABASE_ERRORS as error:
        raise damaged(path, database_reason(error)) from error
    if version > migrations()[-1][0]:
        raise _too_new(path)
    if answer != "ok":
        log.warning("%s is damaged: %s", path, answer)
        raise damaged(path, refusal("database damaged"))
    if (version and not {"roots", "tracks", "journal"} <= tables) or (not version and tables):
        raise LibraryDamaged("library of no application", library=readable(path))


def _check_header(path: Path) -> None:
    try:
        with path.open("rb") as stream:
            header = stream.read(HEADER_BYTES)
    except OSError as error:
        raise LibraryError("library cannot be read", library=readable(path), reason=system_reason(error)) from error
    if header[:16] != b"SQLite format 3\0" or len(header) < HEADER_BYTES:
        raise damaged(path, refusal("database not a database"))
    application = int.from_bytes(header[68:72], "big")
    if application not in (0, APPLICATION_ID):
        raise LibraryDamaged("library of another application", library=readable(path))
    if int.from_bytes(header[60:64], "big") > migrations()[-1][0]:
        raise _too_new(path)


def _too_new(path: Path) -> LibraryTooNew:
    return LibraryTooNew("library too new", library=readable(path))


def damaged(path: Path, reason: Refusal) -> LibraryDamaged:
    """What to raise for a damaged library: it names the newest backup."""
    copy, library = newest_backup(path), readable(path)
    if copy is None:
        return LibraryDamaged("library damaged", library=library, reason=reason)
    return LibraryDamaged("library damaged, with backup", library=library, reason=reason, backup=readable(copy))
