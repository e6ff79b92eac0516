"""Is all well with the library? Looks, says, and changes nothing."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Literal

from pemr_desktop.database_reasons import database_reason
from pemr_desktop.library.browsing import counts, models, roots
from pemr_desktop.library.database.backups import daily_backups, future_backups
from pemr_desktop.library.database.reader import DATABASE_ERRORS, damaged, open_reader
from pemr_desktop.library.errors import LibraryDamaged, LibraryLost, LibraryMissing
from pemr_desktop.library.paths import decode, show
from pemr_desktop.library.upkeep.repair import Finding
from pemr_desktop.library.upkeep.strays import find_strays
from pemr_desktop.private_files import others_may_read
from pemr_desktop.refusals import Refusal, refusal
from pemr_desktop.tagfiles.errors import readable

log = logging.getLogger(__name__)

OLD_BACKUP_DAYS = 14
UNREADABLE = (*DATABASE_ERRORS, TypeError, ValueError, AttributeError)
"""What comes of a damaged table whose rows hold something else than they should."""


def doctor(path: Path) -> list[Finding]:
    """Examine a library through a read-only connection."""
    try:
        connection = open_reader(path)
    except LibraryLost as error:
        return [Finding("fault", str(error)), *_strays(path)]
    except LibraryMissing as error:
        return [Finding("note", str(error)), *_strays(path)]
    except LibraryDamaged as error:
        return [Finding("fault", str(error)), *_strays(path)]
    with closing(connection):
        try:
            findings = [*examine(connection)]
        except UNREADABLE as error:
            findings = [Finding("fault", str(damaged(path, _reason(error))))]
    return [*findings, *_privacy(path), *_backups(path), *_strays(path)]


def _reason(error: Exception) -> Refusal:
    """Rows that hold something else than they should are no error of the database."""
    if isinstance(error, DATABASE_ERRORS):
        return database_reason(error)
    return refusal("database damaged")


def examine(connection: sqlite3.Connection) -> Iterator[Finding]:
    """The database itself, then what it says of files."""
    answer = str(connection.execute("PRAGMA integrity_check(1)").fetchone()[0])
    if answer != "ok":
        log.warning("The database is damaged: %s", answer)
        yield Finding("fault", "The database is damaged: its content contradicts itself.")
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
    now = datetime.now()
    future = future_backups(path, now)
    for copy in future:
        yield Finding(
            "note",
            f"The backup {readable(copy)} is dated in the future: a clock is or was wrong. It is kept, and can be "
            "restored by name.",
        )
    copies = [(made, copy) for made, copy in daily_backups(path) if copy not in future]
    if not copies:
        yield Finding("note", "There is no daily backup yet.")
        return
    days = max(0, (now - copies[0][0]).days)
    age = "today" if days == 0 else f"{days} days ago"
    severity: Literal["ok", "note"] = "note" if days > OLD_BACKUP_DAYS else "ok"
    yield Finding(severity, f"The newest daily backup was made {age}: {readable(copies[0][1])}.")


def _privacy(path: Path) -> Iterator[Finding]:
    if others_may_read(path):
        yield Finding(
            "note", f"Other users of this machine may read the library {readable(path)}; its owner can change that."
        )


def _strays(path: Path) -> Iterator[Finding]:
    for stray in find_strays(path):
        yield Finding("note", f"A process that was killed left {readable(stray)}; the next start removes it.")
