"""Copies of the database, made through SQLite's own backup so that they are whole even while it is written to."""

from __future__ import annotations

import logging
import re
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

from pemr.durable_files import replaced
from pemr.pending_writes.notes import TEMPORARY_NAME
from pemr_desktop.private_files import make_private_folder

log = logging.getLogger(__name__)

DAY = timedelta(days=1)
CLOCK_SLACK = timedelta(hours=2)
"""How far ahead a copy may be dated: clocks are put back an hour in autumn, and set right by a little."""
CLOCK_SLACK_NS = int(CLOCK_SLACK.total_seconds() * 1e9)
KEPT_DAYS, KEPT_WEEKS, KEPT_MONTHS = 3, 2, 2
DAILY = re.compile(r"daily-(\d{8}-\d{6})\.db$")
STAMP = "%Y%m%d-%H%M%S"
HALF_BACKUP = re.compile(r"\.db\.part(-journal)?$")
"""What version 0.1.0 left in the folder when it was killed."""


def backup_folder(library: Path) -> Path:
    """Where the copies of a library are kept."""
    return library.with_name(library.name + ".backups")


def own_connection(library: Path) -> sqlite3.Connection:
    """A read-only connection beside the writing one: in WAL mode reading holds up no writer."""
    return sqlite3.connect(f"{library.absolute().as_uri()}?mode=ro", uri=True)


def back_up(connection: sqlite3.Connection, library: Path, name: str) -> Path:
    """Copy the open database to `<library>.backups/<name>.db`, synced and complete or not there at all.

    The copy is its owner's alone. Raises sqlite3.Error and OSError.
    """
    folder = backup_folder(library)
    make_private_folder(folder)
    target = folder / f"{name}.db"
    with replaced(target, private=True) as stream:
        copy_database(connection, Path(stream.name))
    log.info("Backed up the library to %s", target)
    return target


def copy_database(connection: sqlite3.Connection, target: Path) -> None:
    """Copy all pages, those in the log too, into an empty file; nothing else is made beside it."""
    with closing(sqlite3.connect(target)) as copy:
        copy.execute("PRAGMA journal_mode = OFF")
        copy.execute("PRAGMA synchronous = OFF")  # whoever made the file syncs it
        connection.backup(copy)


def backups(library: Path) -> list[Path]:
    """All copies of a library, the newest first. Those that a wrong clock dates in the future come last."""
    now_ns = time.time_ns()
    dated = []
    for path in backup_folder(library).glob("*.db"):
        try:
            changed_ns = path.stat().st_mtime_ns
        except OSError:  # it has just gone
            continue
        dated.append((changed_ns <= now_ns + CLOCK_SLACK_NS and not _is_of_the_future(path), changed_ns, path))
    return [path for _, _, path in sorted(dated, reverse=True)]


def daily_backups(library: Path) -> list[tuple[datetime, Path]]:
    """The daily copies, newest first."""
    found = []
    for path in backup_folder(library).glob("daily-*.db"):
        made = _day_of(path)
        if made is not None:
            found.append((made, path))
    return sorted(found, reverse=True)


def _day_of(path: Path) -> datetime | None:
    match = DAILY.match(path.name)
    try:
        return datetime.strptime(match.group(1), STAMP) if match else None
    except ValueError:  # 2026-99-99
        return None


def _is_of_the_future(path: Path) -> bool:
    made = _day_of(path)
    return made is not None and made > datetime.now() + CLOCK_SLACK


def future_backups(library: Path, now: datetime) -> list[Path]:
    """Daily copies that were made while the clock was wrong, then or now: they are kept, and say nothing of today."""
    return [path for made, path in daily_backups(library) if made > now + CLOCK_SLACK]


def newest_backup(library: Path) -> Path | None:
    """The latest copy of any sort, for a message about a damaged library."""
    return next(iter(backups(library)), None)


def is_due(library: Path, now: datetime) -> bool:
    """Whether the newest daily copy is a day old, or there is none. Copies from the future count as none."""
    past = [made for made, _ in daily_backups(library) if made <= now + CLOCK_SLACK]
    return not past or now - past[0] >= DAY


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


def thin_out(library: Path, now: datetime) -> None:
    """Remove daily copies that newer ones stand for. Copies from the future stay, and stand for none."""
    copies = {made: path for made, path in daily_backups(library) if made <= now + CLOCK_SLACK}
    for made in to_thin_out(list(copies)):
        copies[made].unlink(missing_ok=True)


def half_backups(library: Path) -> list[Path]:
    """What killed backups left: the folder is ours alone, so whoever holds the library's lock may remove them."""
    folder = backup_folder(library)
    if not folder.is_dir():
        return []
    return [
        path for path in sorted(folder.iterdir()) if HALF_BACKUP.search(path.name) or TEMPORARY_NAME.match(path.name)
    ]
