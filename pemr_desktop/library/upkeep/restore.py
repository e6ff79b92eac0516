"""Putting a backup in the place of the library: one replacement, which a kill at any moment leaves whole.

Before it the library's log is folded into the file and the file gets a second name, under which it stays. So at each
moment there is either the library as it was, all its transactions in it, or the backup; and beside the backup never a
log that belongs to another file, which SQLite would apply to it.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path

from pemr.durable_files import replaced, sync_folder
from pemr_desktop.database_reasons import database_reason
from pemr_desktop.library.database.backups import copy_database, newest_backup
from pemr_desktop.library.database.lock import LibraryLock
from pemr_desktop.library.database.reader import DATABASE_ERRORS, check_file, has_log, read_only_address
from pemr_desktop.library.errors import LibraryDamaged, LibraryError, LibraryMissing
from pemr_desktop.library.upkeep.strays import KEPT_ASIDE, remove_strays
from pemr_desktop.refusals import Refusal, refusal
from pemr_desktop.system_reasons import system_reason
from pemr_desktop.tagfiles.errors import readable

LOGS = ("-wal", "-shm", "-journal")
READERS_PATIENCE_S = 10.0


def restore(library: Path, backup: Path | None = None) -> tuple[Path, Path | None]:
    """Put a backup, or else the newest one, in the library's place -> the backup, and where the old library is now.

    The old one is kept beside it under another name, damaged or not. Raises LibraryInUse, LibraryMissing when there is
    no backup, LibraryDamaged or LibraryTooNew when it is not good, LibraryError; then nothing was changed.
    """
    source = backup or newest_backup(library)
    if source is None or not source.is_file():
        if source is None:
            raise LibraryMissing("no backup", library=readable(library))
        raise LibraryMissing("no backup file", backup=readable(source))
    if source.stat().st_size == 0:
        raise LibraryDamaged("backup empty", backup=readable(source))
    check_file(source, thoroughly=True)
    try:
        lock = LibraryLock(library)
    except OSError as error:
        raise LibraryError(
            "library cannot be replaced", library=readable(library), reason=system_reason(error)
        ) from error
    try:
        remove_strays(library)
        return source, _put_in_place(library, source)
    except OSError as error:
        raise LibraryError("backup not put in place", backup=readable(source), reason=system_reason(error)) from error
    finally:
        lock.release()


def _put_in_place(library: Path, source: Path) -> Path | None:
    """Everything that can fail comes before the rename with which `replaced` ends."""
    kept = None
    try:
        with replaced(library, private=True) as stream:
            _copy(source, Path(stream.name))
            folded = _fold_log(library)
            if library.exists():
                kept = _keep_aside(library)
            if not folded:
                _put_logs_aside(library, kept)
    except BaseException:
        if kept is not None:
            _drop_second_name(kept, library)
        raise
    return kept


def _copy(source: Path, target: Path) -> None:
    """All of a database, also what still stands in its log."""
    try:
        with closing(sqlite3.connect(read_only_address(source), uri=True)) as connection:
            copy_database(connection, target)
    except DATABASE_ERRORS as error:
        raise LibraryDamaged("backup not copied", backup=readable(source), reason=database_reason(error)) from error


def _fold_log(library: Path) -> bool:
    """Bring all transactions into the file itself, after which it has no log. False when it is damaged or not there.

    Raises LibraryError while another program reads it: its reading would mix with what is written afterwards.
    """
    if not library.exists() or not library.stat().st_size:
        return False
    try:
        with closing(sqlite3.connect(library, timeout=READERS_PATIENCE_S, isolation_level=None)) as connection:
            answer = connection.execute("PRAGMA journal_mode = DELETE").fetchone()
    except sqlite3.OperationalError as error:
        if _is_damaged(library):
            return False
        raise _cannot_fold(library, database_reason(error)) from error
    except DATABASE_ERRORS:
        return False
    if answer != ("delete",) or has_log(library):
        raise _cannot_fold(library, refusal("log in use"))
    return True


def _is_damaged(library: Path) -> bool:
    try:
        check_file(library, thoroughly=True)
    except (LibraryError, sqlite3.Error):
        return True
    return False


def _cannot_fold(library: Path, reason: Refusal) -> LibraryError:
    return LibraryError("library not put aside", library=readable(library), reason=reason)


def _keep_aside(library: Path) -> Path:
    """Give the library a second name, on disk before anything else happens; where there are no links, a copy."""
    kept = _free_name(library)
    try:
        kept.hardlink_to(library)
    except OSError:
        with library.open("rb") as original, replaced(kept, private=True) as copy:
            shutil.copyfileobj(original, copy)
    sync_folder(library.parent)
    return kept


def _free_name(library: Path) -> Path:
    stamp = int(time.time())
    while (name := library.with_name(f"{library.stem}{KEPT_ASIDE}{stamp}{library.suffix}")).exists():
        stamp += 1
    return name


def _put_logs_aside(library: Path, kept: Path | None) -> None:
    """The logs of a library that is damaged or gone go with what is kept of it."""
    beside = kept or _free_name(library)
    for ending in LOGS:
        log = library.with_name(library.name + ending)
        if log.exists():
            log.rename(beside.with_name(beside.name + ending))
    sync_folder(library.parent)


def _drop_second_name(kept: Path, library: Path) -> None:
    """After a failure: the library has its own name still, and perhaps its logs have to come back to it."""
    with suppress(OSError):
        for ending in LOGS:
            log = kept.with_name(kept.name + ending)
            if log.exists():
                log.rename(library.with_name(library.name + ending))
        kept.unlink(missing_ok=True)
