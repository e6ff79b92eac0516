"""What came of checking the cover search on this library, and of teaching it. Loads no numpy."""

from __future__ import annotations

import sqlite3
import time

import msgspec

REPORTS_KEPT = 5


class CoverTeaching(msgspec.Struct, frozen=True):
    """How it stands, for the window. Reports are JSON, empty when there is none; times are seconds since 1970.

    `by_you`: pairs confirmed or rejected; `by_tags`: pairs whose files name the same work or recording.
    """

    heard: int
    by_you: int
    by_tags: int
    checked_at: float | None
    quality: bytes
    taught_at: float | None
    teaching: bytes


class StoredCalibration(msgspec.Struct, frozen=True):
    """Figures fitted to this library, as JSON, and the digest of the shipped ones that they stand in for."""

    shipped: str
    figures: bytes


def cover_teaching(connection: sqlite3.Connection) -> CoverTeaching:
    """How checking and teaching the cover search stand."""
    heard, by_you, by_tags = connection.execute(
        "SELECT (SELECT count(*) FROM cover_features c JOIN tracks t ON t.id = c.track_id WHERE t.missing = 0), "
        "(SELECT count(*) FROM versions WHERE judged IS NOT NULL), "
        "(SELECT count(*) FROM versions WHERE tagged IS NOT NULL AND judged IS NULL)"
    ).fetchone()
    checked = connection.execute("SELECT made_at, report FROM cover_quality").fetchone()
    taught = connection.execute("SELECT made_at, report FROM cover_calibrations WHERE in_use = 1").fetchone()
    return CoverTeaching(
        heard,
        by_you,
        by_tags,
        checked[0] if checked else None,
        bytes(checked[1]) if checked else b"",
        taught[0] if taught else None,
        bytes(taught[1]) if taught else b"",
    )


def store_quality(connection: sqlite3.Connection, report: bytes) -> None:
    """Keep what the latest check gave."""
    connection.execute("INSERT OR REPLACE INTO cover_quality VALUES (1, ?, ?)", (time.time(), report))


def use_calibration(connection: sqlite3.Connection, shipped: str, figures: bytes, report: bytes) -> None:
    """From now on these figures judge; the oldest ones make room."""
    use_shipped(connection)
    connection.execute(
        "INSERT INTO cover_calibrations (shipped, made_at, in_use, figures, report) VALUES (?, ?, 1, ?, ?)",
        (shipped, time.time(), figures, report),
    )
    connection.execute(
        "DELETE FROM cover_calibrations WHERE id NOT IN (SELECT id FROM cover_calibrations ORDER BY id DESC LIMIT ?)",
        (REPORTS_KEPT,),
    )


def use_shipped(connection: sqlite3.Connection) -> bool:
    """From now on the shipped figures judge -> whether others did."""
    return connection.execute("UPDATE cover_calibrations SET in_use = 0 WHERE in_use = 1").rowcount > 0


def calibration(connection: sqlite3.Connection) -> StoredCalibration | None:
    """The figures of this library that judge, None for the shipped ones."""
    row = connection.execute("SELECT shipped, figures FROM cover_calibrations WHERE in_use = 1").fetchone()
    return None if row is None else StoredCalibration(row[0], bytes(row[1]))


def forget_quality(connection: sqlite3.Connection) -> None:
    """The latest check says nothing of how it is now."""
    connection.execute("DELETE FROM cover_quality")
