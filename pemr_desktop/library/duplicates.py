"""Files that hold the same music: the very same sound, or the same recording in another encoding.

The first is told by a digest of all the sound, computed only where a cheap one agrees; the second by the ear, where
length and vector agree.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable

import numpy as np
import numpy.typing as npt

from pemr_desktop.library.database.store import Cancelled, Store
from pemr_desktop.library.paths import absolute
from pemr_desktop.library.tracks.storing import row_identity, still_is
from pemr_desktop.steps import Progress, Step
from pemr_desktop.tagfiles.digest import audio_digest
from pemr_desktop.tagfiles.errors import TagReadError
from pemr_desktop.tagfiles.quick_digest import QUICK_VERSION, quick_digest

log = logging.getLogger(__name__)

SAME_LENGTH_S = 1.0
"""Encoders add or cut a few hundredths of a second; another performance is rarely as long as the first."""
SAME_SOUND = 0.99
"""Cosine of two track vectors from which on they are the same recording."""
TRACKS_PER_BLOCK = 1_000

Pair = tuple[int, int]


def find_duplicates(store: Store, progress: Progress, cancelled: Cancelled) -> list[list[int]]:
    """Find both kinds among all tracks -> the groups, each the ids of at least two tracks."""
    find_same_sound(store, progress, cancelled)
    find_same_recordings(store, None, progress, cancelled)
    return duplicate_groups(store)


def find_same_sound(store: Store, progress: Progress, cancelled: Cancelled) -> None:
    """Compare tracks whose samples of the sound agree, all of it."""
    _renew_first_digests(store, progress, cancelled)
    with store.reading() as connection:
        waiting = connection.execute(
            "SELECT t.id, r.path, t.rel_path FROM tracks t JOIN roots r ON r.id = t.root_id "
            "WHERE t.missing = 0 AND r.online = 1 AND t.audio_digest IS NULL AND t.quick_digest IN "
            "(SELECT quick_digest FROM tracks WHERE quick_digest IS NOT NULL GROUP BY quick_digest HAVING count(*) > 1)"
        ).fetchall()
    for done, (track_id, root, rel_path) in enumerate(waiting):
        if cancelled():
            break
        path = absolute(root, rel_path)
        progress(done, len(waiting), Step("comparing audio", path.name))
        try:
            digest = audio_digest(path)
        except TagReadError as error:
            log.info("Not compared: %s", error)
            continue
        with store.writing() as connection:
            connection.execute("UPDATE tracks SET audio_digest = ? WHERE id = ?", (digest, track_id))


def _renew_first_digests(store: Store, progress: Progress, cancelled: Cancelled) -> None:
    """Take the samples of tracks anew that 0.1.0 took: they say nothing of those of today.

    A file that is not as its track says is left to the next scan.
    """
    with store.reading() as connection:
        waiting = connection.execute(
            "SELECT t.id, r.path, t.rel_path, t.size, t.mtime_ns, t.inode FROM tracks t "
            "JOIN roots r ON r.id = t.root_id WHERE t.missing = 0 AND r.online = 1 AND t.quick_version <> ?",
            (QUICK_VERSION,),
        ).fetchall()
    renewed: list[tuple[bytes, int, int]] = []
    for done, (track_id, root, rel_path, *state) in enumerate(waiting):
        if cancelled():
            break
        path = absolute(root, rel_path)
        progress(done, len(waiting), Step("comparing audio", path.name))
        try:
            digest = quick_digest(path)
        except TagReadError as error:
            log.info("Not compared: %s", error)
            continue
        if still_is(path, row_identity(*state)):
            renewed.append((digest, QUICK_VERSION, track_id))
    with store.writing() as connection:
        connection.executemany("UPDATE tracks SET quick_digest = ?, quick_version = ? WHERE id = ?", renewed)


def find_same_recordings(
    store: Store, track_ids: Collection[int] | None, progress: Progress, cancelled: Cancelled
) -> None:
    """Compare these tracks, or all, with the tracks of the same length, as the active model embedded them."""
    with store.reading() as connection:
        embedded = connection.execute(
            "SELECT t.id, t.duration_s FROM models m JOIN embeddings e ON e.model_id = m.id "
            "JOIN tracks t ON t.id = e.track_id WHERE m.active = 1 AND t.missing = 0 AND t.duration_s IS NOT NULL "
            "ORDER BY t.duration_s"
        ).fetchall()
    wanted = set(track_ids) if track_ids is not None else None
    asked = [row for row in embedded if wanted is None or row[0] in wanted]
    pairs: list[Pair] = []
    for start in range(0, len(asked), TRACKS_PER_BLOCK):
        if cancelled():
            return
        progress(start, len(asked), Step("looking for same recordings"))
        pairs += _pairs_of_block(store, asked[start : start + TRACKS_PER_BLOCK])
    _store_groups(store, pairs, wanted)


def duplicate_groups(store: Store) -> list[list[int]]:
    """All groups that are known, of both kinds, of tracks that are not missing."""
    with store.reading() as connection:
        rows = connection.execute(
            "SELECT id, audio_digest FROM tracks WHERE audio_digest IS NOT NULL AND missing = 0 "
            "UNION ALL SELECT id, sound_group FROM tracks WHERE sound_group IS NOT NULL AND missing = 0"
        ).fetchall()
    first: dict[bytes | int, int] = {}
    pairs = [(first.setdefault(digest_or_group, track_id), track_id) for track_id, digest_or_group in rows]
    members: dict[int, list[int]] = {}
    for track_id, group in sorted(_groups(pairs).items()):
        members.setdefault(group, []).append(track_id)
    return [group for group in members.values() if len(group) > 1]


def _pairs_of_block(store: Store, block: list[tuple[int, float]]) -> list[Pair]:
    """Pairs of a track of the block and one of the same length that sound the same."""
    with store.reading() as connection:
        near = connection.execute(
            "SELECT t.id, t.duration_s, e.vector FROM models m JOIN embeddings e ON e.model_id = m.id "
            "JOIN tracks t ON t.id = e.track_id WHERE m.active = 1 AND t.missing = 0 AND t.duration_s BETWEEN ? AND ?",
            (block[0][1] - SAME_LENGTH_S, block[-1][1] + SAME_LENGTH_S),
        ).fetchall()
    ids = np.array([row[0] for row in near], np.int64)
    lengths_s = np.array([row[1] for row in near], np.float64)
    vectors = _directions(b"".join(row[2] for row in near), len(near))
    rows = np.flatnonzero(np.isin(ids, [track_id for track_id, _ in block]))
    alike = vectors[rows] @ vectors.T >= SAME_SOUND
    alike &= np.abs(lengths_s[rows, None] - lengths_s) <= SAME_LENGTH_S
    left, right = np.nonzero(alike)
    return [
        (int(min(track_id, other_id)), int(max(track_id, other_id)))
        for track_id, other_id in zip(ids[rows[left]], ids[right], strict=True)
        if track_id != other_id
    ]


def _directions(packed: bytes, count: int) -> npt.NDArray[np.float32]:
    """Stored vectors (count, d) at length 1; one of silence stays 0 and is like nothing."""
    vectors = np.frombuffer(packed, "<f2").reshape(count, -1).astype(np.float32)
    lengths = np.sqrt((vectors * vectors).sum(axis=1, keepdims=True))
    directions: npt.NDArray[np.float32] = np.divide(vectors, lengths, out=vectors, where=lengths > 0)
    return directions


def _store_groups(store: Store, pairs: Iterable[Pair], asked: set[int] | None) -> None:
    """Note the groups; those of tracks that were not asked about stay. A pair that the user rejected is none."""
    with store.writing() as connection:
        rejected = set(
            connection.execute("SELECT track_a, track_b FROM versions WHERE judged = 'not a version'").fetchall()
        )
        known = dict(connection.execute("SELECT id, sound_group FROM tracks WHERE sound_group IS NOT NULL").fetchall())
        kept = [
            (group, track_id)
            for track_id, group in known.items()
            if asked is not None and not asked & {track_id, group} and track_id != group
        ]
        groups = _groups([*kept, *(pair for pair in pairs if pair not in rejected)])
        changed = [
            (groups.get(track_id), track_id)
            for track_id in known.keys() | groups.keys()
            if groups.get(track_id) != known.get(track_id)
        ]
        connection.executemany("UPDATE tracks SET sound_group = ? WHERE id = ?", changed)


def _groups(pairs: Iterable[Pair]) -> dict[int, int]:
    """Tracks that pairs hold together -> the smallest id of each group."""
    above: dict[int, int] = {}

    def top(track_id: int) -> int:
        while above.setdefault(track_id, track_id) != track_id:
            above[track_id] = above[above[track_id]]
            track_id = above[track_id]
        return track_id

    for first, second in pairs:
        smaller, larger = sorted((top(first), top(second)))
        above[larger] = smaller
    return {track_id: top(track_id) for track_id in list(above)}
