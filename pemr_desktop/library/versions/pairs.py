"""Pairs of tracks that are versions of one another, and the groups they form. The user's word wins over all."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Literal

import msgspec

from pemr.covers.version_groups import version_groups
from pemr_desktop.library.errors import LibraryError, UnknownTrack
from pemr_desktop.library.rows import Relation

FoundRelation = Literal["same recording", "version"]

LARGEST_TAGGED_WORK = 200  # a "work" with more tracks is a tagging mistake
TAGGED_BY: tuple[tuple[str, FoundRelation], ...] = (
    ("musicbrainz_workid", "version"),
    ("musicbrainz_trackid", "same recording"),
)
RELATION = "coalesce(judged, tagged, found)"  # the user's word wins over tags, which win over the search


class FoundVersion(msgspec.Struct, frozen=True):
    """What the cover search measured of a pair; `relation` is None when its probability is too low for any.

    key_shift and tempo_ratio read from track_a to track_b; passages are JSON. `normalised_score`: in standard
    deviations above what both reach with their cohort, column `above`; `similarity`: along the path, column `likeness`;
    `straight_s`: the longest passage at one tempo.
    """

    track_a: int
    track_b: int
    relation: FoundRelation | None
    probability: float
    key_shift: int | None = None
    tempo_ratio: float | None = None
    passages: bytes = b""
    normalised_score: float | None = None
    similarity: float | None = None
    straight_s: float | None = None
    is_copy: bool = False


def store_versions(connection: sqlite3.Connection, track_id: int, pairs: Sequence[FoundVersion]) -> None:
    """Store what was found for a track among those compared before, and that it has been compared.

    What an earlier pass found for it among those tracks, and this one did not, is no longer so.
    """
    compared = "(SELECT track_id FROM cover_features WHERE compared = 1)"
    _void(connection, f"track_a = ? AND track_b IN {compared} OR track_b = ? AND track_a IN {compared}", track_id)
    for pair in pairs:
        if pair.track_a >= pair.track_b:
            raise LibraryError("pair in wrong order")
        if not (_exists(connection, pair.track_a) and _exists(connection, pair.track_b)):
            continue
        connection.execute(
            "INSERT INTO versions (track_a, track_b, found, probability, key_shift, tempo_ratio, passages, above, "
            "likeness, straight_s, is_copy, found_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (track_a, track_b) DO UPDATE SET found = excluded.found, "
            "probability = excluded.probability, key_shift = excluded.key_shift, tempo_ratio = excluded.tempo_ratio, "
            "passages = excluded.passages, above = excluded.above, likeness = excluded.likeness, "
            "straight_s = excluded.straight_s, is_copy = excluded.is_copy, found_at = excluded.found_at",
            (
                pair.track_a,
                pair.track_b,
                pair.relation,
                pair.probability,
                pair.key_shift,
                pair.tempo_ratio,
                pair.passages,
                pair.normalised_score,
                pair.similarity,
                pair.straight_s,
                pair.is_copy,
                time.time(),
            ),
        )
    connection.execute("UPDATE cover_features SET compared = 1 WHERE track_id = ?", (track_id,))


def forget_found(connection: sqlite3.Connection, track_id: int) -> None:
    """A track has another sound now: what was measured of its pairs is void; what tags and the user say stays."""
    _void(connection, "track_a = ? OR track_b = ?", track_id)


def _void(connection: sqlite3.Connection, which: str, track_id: int) -> None:
    """Forget what was measured of some pairs of a track."""
    both = (track_id, track_id)
    connection.execute(f"DELETE FROM versions WHERE judged IS NULL AND tagged IS NULL AND ({which})", both)
    connection.execute(
        f"UPDATE versions SET found = NULL, probability = NULL, above = NULL, found_at = NULL WHERE {which}", both
    )


def measured(connection: sqlite3.Connection) -> list[FoundVersion]:
    """All pairs with what was measured of them, passages apart; pairs of before it was kept are not among them."""
    found = connection.execute(
        "SELECT track_a, track_b, found, probability, key_shift, tempo_ratio, x'', above, likeness, straight_s, "
        "is_copy FROM versions WHERE above IS NOT NULL"
    )
    return [FoundVersion(*row[:-1], is_copy=bool(row[-1])) for row in found]  # type: ignore[misc]


def classified_since(connection: sqlite3.Connection, began_at: float) -> int:
    """How many pairs measured since then, in seconds since 1970, have a relation."""
    (count,) = connection.execute(
        "SELECT count(*) FROM versions WHERE found IS NOT NULL AND found_at >= ?", (began_at,)
    ).fetchone()
    return int(count)


def reclassify(
    connection: sqlite3.Connection, verdicts: Iterable[tuple[int, int, FoundRelation | None, float, float]]
) -> list[int]:
    """New verdicts on measured pairs (a, b, relation, probability, normalised score) -> tracks that they concern."""
    changed: set[int] = set()
    for track_a, track_b, relation, probability, score in verdicts:
        done = connection.execute(
            "UPDATE versions SET found = ?, probability = ?, above = ? WHERE track_a = ? AND track_b = ? "
            "AND above IS NOT NULL AND (found IS NOT ? OR probability IS NOT ? OR above IS NOT ?)",
            (relation, probability, score, track_a, track_b, relation, probability, score),
        )
        if done.rowcount:
            changed |= {track_a, track_b}
    return sorted(changed)


def compared_ids(connection: sqlite3.Connection) -> set[int]:
    """Tracks that were compared with one another in an earlier pass."""
    return {row[0] for row in connection.execute("SELECT track_id FROM cover_features WHERE compared = 1")}


def judge(
    connection: sqlite3.Connection, track_a: int, track_b: int, relation: Relation | Literal["undecided"]
) -> list[int]:
    """The user's word on a pair, or its withdrawal -> tracks whose group may have changed. Raises UnknownTrack."""
    if track_a == track_b:
        raise LibraryError("version of itself")
    first, second = sorted((track_a, track_b))
    if not (_exists(connection, first) and _exists(connection, second)):
        raise UnknownTrack("track gone")
    before = _members(connection, (first, second))
    if relation == "undecided":
        connection.execute(
            "DELETE FROM versions WHERE track_a = ? AND track_b = ? AND found_at IS NULL AND tagged IS NULL",
            (first, second),
        )
        connection.execute(
            "UPDATE versions SET judged = NULL, judged_at = NULL WHERE track_a = ? AND track_b = ?", (first, second)
        )
    else:
        connection.execute(
            "INSERT INTO versions (track_a, track_b, judged, judged_at) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (track_a, track_b) DO UPDATE SET judged = excluded.judged, judged_at = excluded.judged_at",
            (first, second, relation, time.time()),
        )
    regroup(connection)
    return sorted({first, second} | before | _members(connection, (first, second)))


def versions_from_tags(connection: sqlite3.Connection) -> int:
    """Pairs whose files name the same MusicBrainz work or recording -> how many there are."""
    tagged: dict[tuple[int, int], FoundRelation] = {}
    for field, relation in TAGGED_BY:
        for group in tracks_by_value(connection, field):
            if len(group) <= LARGEST_TAGGED_WORK:
                tagged |= dict.fromkeys(combinations(sorted(group), 2), relation)
    known = {
        (track_a, track_b): relation
        for track_a, track_b, relation in connection.execute(
            "SELECT track_a, track_b, tagged FROM versions WHERE tagged IS NOT NULL"
        )
    }
    if tagged == known:
        return len(tagged)
    gone = known.keys() - tagged.keys()
    connection.executemany(
        "DELETE FROM versions WHERE track_a = ? AND track_b = ? AND found_at IS NULL AND judged IS NULL", gone
    )
    connection.executemany("UPDATE versions SET tagged = NULL WHERE track_a = ? AND track_b = ?", gone)
    connection.executemany(
        "INSERT INTO versions (track_a, track_b, tagged) VALUES (?, ?, ?) "
        "ON CONFLICT (track_a, track_b) DO UPDATE SET tagged = excluded.tagged",
        [(*pair, relation) for pair, relation in tagged.items() if known.get(pair) != relation],
    )
    regroup(connection)
    return len(tagged)


def regroup(connection: sqlite3.Connection) -> int:
    """Cover groups anew from all pairs -> how many. A group keeps its id while one of its tracks stays in it."""
    pairs = []
    rejected = []
    for track_a, track_b, relation, is_told, probability in connection.execute(
        f"SELECT track_a, track_b, {RELATION}, coalesce(judged, tagged) IS NOT NULL, probability FROM versions "
        f"WHERE {RELATION} IS NOT NULL"
    ):
        if relation == "not a version":
            rejected.append((track_a, track_b))
        else:
            pairs.append((track_a, track_b, 1.0 if is_told else float(probability or 0.0)))
    groups = version_groups(pairs, rejected)
    old: dict[int, int] = dict(
        connection.execute("SELECT id, cover_group FROM tracks WHERE cover_group IS NOT NULL").fetchall()
    )
    new: dict[int, int] = {}
    taken: set[int] = set()
    for members in groups:
        group_id = next((old[track] for track in members if track in old and old[track] not in taken), None)
        if group_id is None:
            group_id = connection.execute("INSERT INTO cover_groups (title) VALUES ('')").lastrowid
            assert group_id is not None
        taken.add(group_id)
        connection.execute("UPDATE cover_groups SET title = ? WHERE id = ?", (_title(connection, members), group_id))
        new.update(dict.fromkeys(members, group_id))
    changes = [(new.get(track), track) for track in old.keys() | new.keys() if old.get(track) != new.get(track)]
    connection.executemany("UPDATE tracks SET cover_group = ? WHERE id = ?", changes)
    connection.execute(
        "DELETE FROM cover_groups WHERE id NOT IN (SELECT cover_group FROM tracks WHERE cover_group IS NOT NULL)"
    )
    return len(groups)


def _title(connection: sqlite3.Connection, members: Iterable[int]) -> str:
    """The title that most of them have, the shortest among equals."""
    titles: dict[str, int] = {}
    for track_id in members:
        row = connection.execute("SELECT title FROM tracks WHERE id = ?", (track_id,)).fetchone()
        if row:
            titles[row[0]] = titles.get(row[0], 0) + 1
    return min(titles, key=lambda title: (-titles[title], len(title), title), default="")


def tracks_by_value(connection: sqlite3.Connection, field: str) -> list[list[int]]:
    """Tracks that share a value of a field, group by group."""
    groups: dict[str, set[int]] = {}
    for folded, track_id in connection.execute(
        "SELECT folded, track_id FROM track_tags WHERE field = ? AND folded IN "
        "(SELECT folded FROM track_tags WHERE field = ? GROUP BY folded HAVING count(*) > 1)",
        (field, field),
    ):
        groups.setdefault(folded, set()).add(track_id)
    return [sorted(group) for group in groups.values() if len(group) > 1]


def _members(connection: sqlite3.Connection, tracks: Iterable[int]) -> set[int]:
    found: set[int] = set()
    for track_id in tracks:
        found.update(
            row[0]
            for row in connection.execute(
                "SELECT id FROM tracks WHERE cover_group = (SELECT cover_group FROM tracks WHERE id = ?)", (track_id,)
            )
        )
    return found


def _exists(connection: sqlite3.Connection, track_id: int) -> bool:
    return connection.execute("SELECT 1 FROM tracks WHERE id = ?", (track_id,)).fetchone() is not None
