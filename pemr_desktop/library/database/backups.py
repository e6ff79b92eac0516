"""Copies of the database, made through SQLite's own backup so that they are whole even while it is written to."""

from __future__ import annotations

import logging
import os
import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

log = logging.getLogger(__name__)

DAY = timedelta(days=1)
KEPT_DAYS, KEPT_WEEKS, KEPT_MONTHS = 3, 2, 2
DAILY = re.compile(r"daily-(\d{8}-\d{6})\.db$")
STAMP = "%Y%m%d-%H%M%S"


def backup_folder(library: Path) -> Path:
    """Where the copies of a library are kept."""
    return library.with_name(library.name + ".backups")


def own_connection(library: Path) -> sqlite3.Connection:
    """A read-only connection beside the writing one: in WAL mode reading holds up no writer."""
    return sqlite3.connect(f"{library.absolute().as_uri()}?mode=ro", uri=True)


def back_up(connection: sqlite3.Connection, library: Path, name: str) -> Path:
    """Copy the open database to `<library>.backups/<name>.db`, synced and complete or not there at all."""
    folder = backup_folder(library)
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{name}.db"
    part = folder / f"{name}.db.part"
    part.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(part)) as copy:
            connection.backup(copy)
        with part.open("rb+") as stream:
            os.fsync(stream.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    log.info("Backed up the library to %s", target)
    return target


def daily_backups(library: Path) -> list[tuple[datetime, Path]]:
    """The daily copies, newest first."""
    found = []
    for path in backup_folder(library).glob("daily-*.db"):
        match = DAILY.match(path.name)
        if match:
            found.append((datetime.strptime(match.group(1), STAMP), path))
    return sorted(found, reverse=True)


def newest_backup(library: Path) -> Path | None:
    """The latest copy of any sort, for a message about a damaged library."""
    copies = sorted(backup_folder(library).glob("*.db"), key=lambda path: path.stat().st_mtime_ns)
    return copies[-1] if copies else None


def is_due(library: Path, now: datetime) -> bool:
    """Whether the newest daily copy is a day old, or there is none."""
    copies = daily_backups(library)
    return not copies or now - copies[0][0] >= DAY


def daily_name(now: datetime) -> str:
    """The name of a daily copy made now."""
    return f"daily-{now.strftime(STAMP)}"


def to_thin_out(copies: Sequence[datetime]) -> list[datetime]:
    """Which daily copies can go: kept is the newest of each of the last 3 days, 2 weeks and 2 months that have one."""
    kept: set[datetime] = set()
    for period, count in (("%Y-%j", KEPT_DAYS), ("%G-%V", KEPT_WEEKS), ("%Y-%m", KEPT_MONTHS)):
        newest_of: dict[str, datetime] = {}
        for made in sorted(copies, reverse=True):
            newest_of.setdefault(made.strftime(period), made)
        kept.update(sorted(newest_of.values(), reverse=True)[:count])
    return [made for made in copies if made not in kept]


def thin_out(library: Path) -> None:
    """Remove daily copies that newer ones stand for."""
    copies = dict(daily_backups(library))
    for made in to_thin_out(list(copies)):
        copies[made].unlink(missing_ok=True)
