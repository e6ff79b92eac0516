"""Opening the library file to write it: checked before it is touched, locked, backed up before it is migrated."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

from pemr_desktop.database_reasons import database_reason
from pemr_desktop.library.albums.settling import name_groups
from pemr_desktop.library.database.backups import back_up
from pemr_desktop.library.database.lock import LibraryLock
from pemr_desktop.library.database.reader import (
    APPLICATION_ID,
    BUSY_TIMEOUT_S,
    DATABASE_ERRORS,
    check_file,
    check_not_lost,
    damaged,
    migrations,
)
from pemr_desktop.library.errors import LibraryError
from pemr_desktop.library.library import Library
from pemr_desktop.library.upkeep.strays import remove_strays
from pemr_desktop.private_files import make_private_file, make_private_folder
from pemr_desktop.system_reasons import system_reason
from pemr_desktop.tagfiles.errors import readable


def open_library(path: Path) -> Library:
    """Open a library for writing; make it when there is none.

    What killed processes left is removed on the way. Raises LibraryInUse, LibraryLost (there are backups, but no
    library), LibraryTooNew, LibraryDamaged or LibraryError; then the file was not touched.
    """
    try:
        make_private_folder(path.parent)
        lock = LibraryLock(path)
    except OSError as error:
        raise LibraryError("library cannot be opened", library=readable(path), reason=system_reason(error)) from error
    try:
        check_not_lost(path)
        check_file(path)
        remove_strays(path)
        connection = _connect(path)
        try:
            _migrate(connection, path)
            name_groups(connection)
            library = Library(path, connection, lock)
            library.recovery = library.reconcile()
        except DATABASE_ERRORS as error:
            connection.close()
            raise damaged(path, database_reason(error)) from error
        except BaseException:
            connection.close()
            raise
        return library
    except BaseException:
        lock.release()
        raise


def _connect(path: Path) -> sqlite3.Connection:
    """The writing connection: used from several threads, one at a time (see Library)."""
    try:
        make_private_file(path)
        connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA cache_size = -32000")
        connection.execute("PRAGMA journal_size_limit = 67108864")
        _drop_settled_journal(connection, path)
    except OSError as error:
        raise LibraryError("library cannot be opened", library=readable(path), reason=system_reason(error)) from error
    except DATABASE_ERRORS as error:
        raise LibraryError("library not opened", library=readable(path), reason=database_reason(error)) from error
    return connection


def _drop_settled_journal(connection: sqlite3.Connection, path: Path) -> None:
    """A restore that was killed while it folded the log may leave a journal that was never filled.

    Reading the database applies a filled one; in WAL mode, and under the library's lock, nobody makes another.
    """
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
        path.with_name(path.name + "-journal").unlink(missing_ok=True)


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the schema up to date, one file a transaction, each after a backup; a library just made needs none."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    is_new = version == 0
    for number, script in migrations():
        if number <= version:
            continue
        if not is_new:
            back_up(connection, path, f"before-version-{number}-{int(time.time())}")
        try:
            connection.executescript(
                f"BEGIN IMMEDIATE;\n{script}\n"
                f"PRAGMA application_id = {APPLICATION_ID};\nPRAGMA user_version = {number};\nCOMMIT;"
            )
        except DATABASE_ERRORS as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise LibraryError(
                "library not migrated", library=readable(path), version=str(number), reason=database_reason(error)
            ) from error
        version = number
