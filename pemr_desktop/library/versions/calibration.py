"""What came of checking the cover search on this library, and of fitting it to that. Loads no numpy."""

from __future__ import annotations

import sqlite3
import time

import msgspec

from pemr_desktop.library.versions.known_pairs import WORK_FIELD

REPORTS_KEPT = 5
NOT_IN_USE, IN_USE, OUTDATED = 0, 1, 2
"""Of a calibration; outdated ones were in use until the figures that they stand in for were shipped no longer."""


class KnownPairCounts(msgspec.Struct, frozen=True):
    """How many pairs the user judged, how many more the files tell of, and how many analysed tracks name their work."""

    by_you: int = 0
    by_tags: int = 0
    naming_works: int = 0


class CoverFitStatus(msgspec.Struct, frozen=True):
    """How it stands, for the window. Reports are JSON, empty when there is none; times are seconds since 1970.

    `known`: what there is to check against now; `judged_since`: of that, pairs judged after the check began.
    `outdated`: what was fitted stands in for figures that this program no longer ships with, and counts for nothing.
    """

    analysed: int = 0
    known: KnownPairCounts = KnownPairCounts()
    judged_since: int = 0
    checked_at: float | None = None
    quality: bytes = b""
    fitted_at: float | None = None
    report: bytes = b""
    outdated: bool = False


class StoredCalibration(msgspec.Struct, frozen=True):
    """Figures fitted to this library, as JSON, and the digest of the shipped ones that they stand in for."""

    shipped: str
    figures: bytes


def cover_fit_status(connection: sqlite3.Connection) -> CoverFitStatus:
    """How checking and fitting the cover search stand."""
    (analysed,) = connection.execute(
        "SELECT count(*) FROM cover_features c JOIN tracks t ON t.id = c.track_id WHERE t.missing = 0"
    ).fetchone()
    checked = connection.execute("SELECT made_at, report FROM cover_quality").fetchone()
    fitted = connection.execute(
        "SELECT made_at, report, in_use FROM cover_calibrations WHERE in_use != ? ORDER BY in_use, id DESC",
        (NOT_IN_USE,),
    ).fetchone()
    (judged_since,) = connection.execute(
        "SELECT count(*) FROM versions WHERE judged_at > ?", (checked[0] if checked else 0.0,)
    ).fetchone()
    return CoverFitStatus(
        analysed,
        known_pair_counts(connection),
        judged_since,
        checked[0] if checked else None,
        bytes(checked[1]) if checked else b"",
        fitted[0] if fitted else None,
        bytes(fitted[1]) if fitted else b"",
        bool(fitted and fitted[2] == OUTDATED),
    )


def known_pair_counts(connection: sqlite3.Connection) -> KnownPairCounts:
    """What the cover search can be checked against."""
    return KnownPairCounts(
        *connection.execute(
            "SELECT (SELECT count(*) FROM versions WHERE judged IS NOT NULL), "
            "(SELECT count(*) FROM versions WHERE tagged IS NOT NULL AND judged IS NULL), "
            "(SELECT count(DISTINCT g.track_id) FROM track_tags g JOIN cover_features c ON c.track_id = g.track_id "
            "WHERE g.field = ?)",
            (WORK_FIELD,),
        ).fetchone()
    )


def store_quality(connection: sqlite3.Connection, report: bytes, began_at: float | None = None) -> None:
    """Keep what the latest check gave; what is judged after it began is not in it."""
    made_at = time.time() if began_at is None else began_at
    connection.execute("INSERT OR REPLACE INTO cover_quality VALUES (1, ?, ?)", (made_at, report))


def use_calibration(connection: sqlite3.Connection, shipped: str, figures: bytes, report: bytes) -> None:
    """From now on these figures judge; the oldest ones make room."""
    use_shipped(connection)
    connection.execute(
        "INSERT INTO cover_calibrations (shipped, made_at, in_use, figures, report) VALUES (?, ?, ?, ?, ?)",
        (shipped, time.time(), IN_USE, figures, report),
    )
    connection.execute(
        "DELETE FROM cover_calibrations WHERE id NOT IN (SELECT id FROM cover_calibrations ORDER BY id DESC LIMIT ?)",
        (REPORTS_KEPT,),
    )


def use_shipped(connection: sqlite3.Connection) -> bool:
    """From now on the shipped figures judge -> whether others did."""
    return (
        connection.execute(
            "UPDATE cover_calibrations SET in_use = ? WHERE in_use != ?", (NOT_IN_USE, NOT_IN_USE)
        ).rowcount
        > 0
    )


def outdate(connection: sqlite3.Connection) -> None:
    """What judges stands in for figures that are shipped no longer: it counts for nothing until it is fitted anew.

    The latest check was of it, so that goes too.
    """
    connection.execute("UPDATE cover_calibrations SET in_use = ? WHERE in_use = ?", (OUTDATED, IN_USE))
    forget_quality(connection)


def calibration(connection: sqlite3.Connection) -> StoredCalibration | None:
    """The figures of this library that judge, None for the shipped ones."""
    row = connection.execute("SELECT shipped, figures FROM cover_calibrations WHERE in_use = ?", (IN_USE,)).fetchone()
    return None if row is None else StoredCalibration(row[0], bytes(row[1]))


def forget_quality(connection: sqlite3.Connection) -> None:
    """The latest check says nothing of how it is now."""
    connection.execute("DELETE FROM cover_quality")
