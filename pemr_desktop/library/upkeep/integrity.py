"""Is all well with the library? Looks, says, and changes nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Literal

from pemr_desktop.library.browsing import counts, models, roots
from pemr_desktop.library.database.backups import daily_backups, newest_backup
from pemr_desktop.library.database.reader import open_reader
from pemr_desktop.library.errors import LibraryDamaged, LibraryMissing
from pemr_desktop.library.paths import decode, show
from pemr_desktop.library.upkeep.repair import Finding
from pemr_desktop.tagfiles.errors import readable

OLD_BACKUP_DAYS = 14


def doctor(path: Path) -> list[Finding]:
    """Examine a library through a read-only connection."""
    try:
        connection = open_reader(path)
    except LibraryMissing as error:
        return [Finding("note", str(error))]
    except LibraryDamaged as error:
        return [Finding("fault", str(error))]
    with closing(connection):
        try:
            return [*examine(connection), *_backups(path)]
        except sqlite3.DatabaseError as error:
            return [Finding("fault", f"The library {readable(path)} is damaged ({error}). {_remedy(path)}")]


def examine(connection: sqlite3.Connection) -> Iterator[Finding]:
    """The database itself, then what it says of files."""
    answer = str(connection.execute("PRAGMA integrity_check(1)").fetchone()[0])
    if answer != "ok":
        yield Finding("fault", f"The database is damaged: {answer}.")
    else:
        yield Finding("ok", "The database is sound.")
    orphans = connection.execute("PRAGMA foreign_key_check").fetchall()
    if orphans:
        yield Finding(
            "fault", f"{len(orphans)} rows point at nothing (for example in “{orphans[0][0]}”); repair drops them."
        )
    tracks = connection.execute("SELECT count(*) FROM tracks").fetchone()[0]
    searchable = connection.execute("SELECT count(*) FROM track_search_docsize").fetchone()[0]
    if tracks != searchable:
        yield Finding("fault", f"The search index knows {searchable} of {tracks} tracks; repair builds it anew.")
    planned = connection.execute("SELECT count(*) FROM journal WHERE state = 'planned'").fetchone()[0]
    if planned:
        yield Finding(
            "note", f"{planned} files were being written when the last run ended; the next start settles them."
        )
    yield from _contents(connection)


def _contents(connection: sqlite3.Connection) -> Iterator[Finding]:
    numbers = counts(connection)
    yield Finding("ok", f"{numbers.tracks} tracks, {numbers.analysed} of them heard by the active model.")
    for root in roots(connection):
        if not decode(root.path).is_dir():
            yield Finding(
                "note", f"The folder {root.location} is not there; its {root.track_count} tracks are offline."
            )
    missing = connection.execute("SELECT count(*) FROM tracks WHERE missing = 1").fetchone()[0]
    if missing:
        yield Finding(
            "note", f"{missing} tracks are missing: their files are gone. They are kept until you remove them."
        )
    if numbers.problems:
        yield Finding("note", f"{numbers.problems} files are on the problems list.")
    for model in models(connection):
        if model.active and not decode(model.path).is_file():
            yield Finding("note", f"The file of the active model is not there: {show(model.path)}.")


def _backups(path: Path) -> Iterator[Finding]:
    copies = daily_backups(path)
    if not copies:
        yield Finding("note", "There is no daily backup yet.")
        return
    days = (datetime.now() - copies[0][0]).days
    age = "today" if days == 0 else f"{days} days ago"
    severity: Literal["ok", "note"] = "note" if days > OLD_BACKUP_DAYS else "ok"
    yield Finding(severity, f"The newest daily backup was made {age}: {readable(copies[0][1])}.")


def _remedy(path: Path) -> str:
    copy = newest_backup(path)
    return (
        f"The newest backup is {readable(copy)}; “pemr-desktop restore” puts it in place."
        if copy
        else "There is no backup beside it."
    )
