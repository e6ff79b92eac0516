"""What is known of pairs of tracks for certain: the user said it, or the files name the same or another work.

The cover search is checked against these, and fitted to them.
"""

from __future__ import annotations

import hashlib
import random
import sqlite3
from collections.abc import Mapping
from itertools import combinations
from typing import Literal

import msgspec

from pemr_desktop.library.versions.pairs import LARGEST_TAGGED_WORK, TAGGED_BY, tracks_by_value

WORK_FIELD = "musicbrainz_workid"
MAX_ENUMERATED_TRACKS = 500
"""Non-versions among so many tracks are chosen from the list of all their pairs; among more they are drawn blindly."""

Truth = Literal["same recording", "version", "not a version"]
ToldBy = Literal["you", "tags"]
Artists = frozenset[str]


class KnownPair(msgspec.Struct, frozen=True):
    """Two analysed tracks, track_a < track_b, and what they are."""

    track_a: int
    track_b: int
    truth: Truth
    told_by: ToldBy
    same_artist: bool

    @property
    def is_version(self) -> bool:
        """A version or the same recording."""
        return self.truth != "not a version"


class KnownPairs(msgspec.Struct, frozen=True):
    """`pairs`: known by the user's word or as versions by tags. `works`: the work ids of tracks whose files name any.

    Two tracks of `works` that share none of theirs are no versions. `not_compared`: tracks of these that the pass over
    all versions has not reached.
    """

    pairs: tuple[KnownPair, ...]
    works: dict[int, frozenset[str]]
    artists: dict[int, Artists]
    not_compared: int

    def draw_non_versions(self, count: int) -> tuple[list[KnownPair], int]:
        """Some pairs of different works, always the same ones, and how many there are in all."""
        apart = {(pair.track_a, pair.track_b) for pair in self.pairs} | self._sharing()
        tracks = sorted(self.works)
        total = len(tracks) * (len(tracks) - 1) // 2 - sum(
            pair[0] in self.works and pair[1] in self.works for pair in apart
        )
        draw = random.Random(len(tracks))
        found: dict[tuple[int, int], None] = {}
        if len(tracks) <= MAX_ENUMERATED_TRACKS:
            everything = [pair for pair in combinations(tracks, 2) if pair not in apart]
            found = dict.fromkeys(draw.sample(everything, min(count, total)))
        while len(found) < min(count, total):
            a, b = sorted(draw.sample(tracks, 2))
            if (a, b) not in apart:
                found[a, b] = None
        return [self.non_version(*pair) for pair in found], total

    def _sharing(self) -> set[tuple[int, int]]:
        members: dict[str, list[int]] = {}
        for track_id, names in sorted(self.works.items()):
            for name in names:
                members.setdefault(name, []).append(track_id)
        return {pair for tracks in members.values() for pair in combinations(tracks, 2)}

    def are_non_versions(self, track_a: int, track_b: int) -> bool:
        """Both files name works, and none of them is the same."""
        a, b = self.works.get(track_a), self.works.get(track_b)
        return bool(a and b and not a & b)

    def non_version(self, track_a: int, track_b: int) -> KnownPair:
        """A pair of different works, as a known pair."""
        return KnownPair(track_a, track_b, "not a version", "tags", self.same_artist(track_a, track_b))

    def same_artist(self, track_a: int, track_b: int) -> bool:
        """They share an artist."""
        return bool(self.artists.get(track_a, frozenset()) & self.artists.get(track_b, frozenset()))


def known_pairs(connection: sqlite3.Connection, most: int) -> KnownPairs:
    """All that is known of analysed tracks; of the pairs that tags tell, `most` at most."""
    analysed = _analysed(connection)
    artists = _values(connection, "artist", analysed)
    works = _values(connection, WORK_FIELD, analysed)
    told: dict[tuple[int, int], tuple[Truth, ToldBy]] = {}
    for field, relation in TAGGED_BY:
        for group in tracks_by_value(connection, field):
            members = sorted(analysed.keys() & group)
            if len(members) <= LARGEST_TAGGED_WORK:
                told |= dict.fromkeys(combinations(members, 2), (relation, "tags"))
    told = dict(sorted(told.items(), key=lambda item: _shuffled(*item[0]))[:most])
    for track_a, track_b, judged in connection.execute(
        "SELECT track_a, track_b, judged FROM versions WHERE judged IS NOT NULL"
    ):
        if track_a in analysed and track_b in analysed:
            told[track_a, track_b] = judged, "you"
    known = KnownPairs((), works, artists, 0)
    pairs = tuple(KnownPair(*pair, *said, known.same_artist(*pair)) for pair, said in sorted(told.items()))
    concerned = {track for pair in pairs for track in (pair.track_a, pair.track_b)} | works.keys()
    return KnownPairs(pairs, works, artists, sum(not analysed[track] for track in concerned))


def _analysed(connection: sqlite3.Connection) -> dict[int, bool]:
    """Tracks that can be compared -> whether the pass over all versions has reached them."""
    return {
        track_id: bool(compared)
        for track_id, compared in connection.execute(
            "SELECT c.track_id, c.compared FROM cover_features c JOIN tracks t ON t.id = c.track_id WHERE t.missing = 0"
        )
    }


def _values(connection: sqlite3.Connection, field: str, analysed: Mapping[int, bool]) -> dict[int, frozenset[str]]:
    found: dict[int, set[str]] = {}
    for track_id, folded in connection.execute("SELECT track_id, folded FROM track_tags WHERE field = ?", (field,)):
        if track_id in analysed:
            found.setdefault(track_id, set()).add(folded)
    return {track_id: frozenset(values) for track_id, values in found.items()}


def _shuffled(track_a: int, track_b: int) -> bytes:
    return hashlib.blake2b(f"{track_a} {track_b}".encode(), digest_size=8).digest()
