"""The end of a scan: tracks whose file is really gone, and problems of files that are gone or all right."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from pemr_desktop.library.database.store import Store
from pemr_desktop.library.paths import absolute, decode, encode, show
from pemr_desktop.library.scanning.file_reading import FILM
from pemr_desktop.library.scanning.folder_states import folders_with_tracks
from pemr_desktop.library.scanning.roots import ScanTarget

log = logging.getLogger(__name__)


class Walked(NamedTuple):
    """What one pass over a target met.

    `not_there`: tracks, with their paths, that their folder does not list. `seen`: tracks whose file was met.
    `confirmed`: paths of problems that hold still, or ids of tracks that are as they were. `unlisted`: folders that
    could not be looked into.
    """

    visited: Collection[bytes]
    not_there: list[tuple[int, bytes]]
    seen: Collection[int]
    confirmed: frozenset[bytes | int]
    unlisted: list[bytes]


class Vanished(NamedTuple):
    """Tracks that are missing now, and how many problems and films are left below the target."""

    track_ids: list[int]
    problems: int
    films: int


def settle_vanished(store: Store, target: ScanTarget, root: Path, walked: Walked) -> Vanished:
    """Mark tracks whose file is really gone; forget problems of files that are gone or all right."""
    with store.reading() as connection:
        not_there = list(walked.not_there)
        for folder in folders_with_tracks(connection, target) - set(walked.visited):
            not_there += connection.execute(
                "SELECT id, rel_path FROM tracks WHERE root_id = ? AND folder = ? AND missing = 0",
                (target.root_id, folder),
            ).fetchall()
        problems = connection.execute(
            "SELECT id, path, CASE WHEN size IS NULL THEN -1 ELSE track_id END, reason = ? "
            "FROM problems WHERE stage = 'scan' AND root_id = ?",
            (FILM.message, target.root_id),
        ).fetchall()
    problems = [problem for problem in problems if _is_below(problem[1], target, root)]
    stale = {number for number, path, track_id, _ in problems if not walked.confirmed & {path, track_id}}
    gone = [
        track_id
        for track_id, rel_path in not_there
        if track_id not in walked.seen and _is_gone(rel_path, root, walked.unlisted)
    ]
    _store(store, target, gone, stale)
    left = [film for number, _, _, film in problems if number not in stale]
    return Vanished(gone, len(left) - sum(left), sum(left))


def _store(store: Store, target: ScanTarget, gone: list[int], stale: set[int]) -> None:
    now = time.time()
    with store.writing() as connection:
        connection.executemany(
            "UPDATE tracks SET missing = 1, missing_since = ? WHERE id = ?", [(now, track_id) for track_id in gone]
        )
        connection.executemany("DELETE FROM problems WHERE id = ?", [(problem_id,) for problem_id in sorted(stale)])
        if not target.below:
            connection.execute("UPDATE roots SET scanned_at = ? WHERE id = ?", (now, target.root_id))


def _is_gone(rel_path: bytes, root: Path, unlisted: list[bytes]) -> bool:
    if any(rel_path.startswith(folder + b"/") or not folder for folder in unlisted):
        return False
    try:
        absolute(encode(root), rel_path).lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError as error:
        log.info("Left alone, because it cannot be looked at: %s (%s)", show(rel_path), error)
    return False


def _is_below(path: bytes, target: ScanTarget, root: Path) -> bool:
    """Whether a scan of the target would have met a problem's file again."""
    below = encode(root / decode(target.below)) if target.below else encode(root)
    return path == below or path.startswith(below + b"/")
