"""Sets of track ids as SQL: the shape of every condition, so that they can be intersected off indexes alone."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from typing import Literal

import msgspec

NARROW, NARROW_SHARE = 2_000, 50
"""A set of fewer tracks than this, or than one in so many, is looked up track by track; of larger ones the sorted
index is walked."""
BROAD = 20_000
"""A set of so many tracks takes too long to gather before the first rows are shown."""


class IdSet(msgspec.Struct, frozen=True):
    """Tracks that `sql` selects, as its only column `id`; `negated`: all others.

    `test` asks the same of `columns` of a track `t`, with the same values: free where these are in the index walked.
    `parts`: the sets that this is the union of. `seeks`: how fast it can be asked about one track; where that takes as
    long as gathering the set, never.
    """

    sql: str
    values: Sequence[object] = ()
    negated: bool = False
    test: str = ""
    columns: tuple[str, ...] = ()
    parts: tuple[IdSet, ...] = ()
    seeks: Literal["fast", "slow", "never"] = "fast"

    def condition(self, at_hand: Collection[str] = ()) -> str:
        """A condition on the track `t`; the columns `at_hand` cost nothing, otherwise the whole set is gathered."""
        return self.signed(self.test if self.is_at_hand(at_hand) else f"+t.id IN ({self.sql})")

    def seek(self) -> str:
        """A condition on the track `t` that looks up this track alone, with the same values."""
        return self.signed(self.test or f"EXISTS (SELECT 1 FROM ({self.sql}) s WHERE s.id = t.id)")

    def is_at_hand(self, columns: Collection[str]) -> bool:
        """Whether these columns of a track are all it takes."""
        return bool(self.test) and set(self.columns) <= set(columns)

    def complement(self) -> IdSet:
        """All other tracks, where that can be asked of the same columns."""
        return by_columns(f"NOT coalesce({self.test}, 0)", self.values, *self.columns)

    def turned(self) -> IdSet:
        """With the other sign."""
        return msgspec.structs.replace(self, negated=not self.negated)

    def signed(self, condition: str) -> str:
        """A condition, turned round where the set is negated."""
        return f"NOT coalesce({condition}, 0)" if self.negated else condition


def any_of(sets: Sequence[IdSet]) -> IdSet:
    """The union of sets that are not negated."""
    if len(sets) == 1:
        return sets[0]
    sql = " UNION ALL ".join(id_set.sql for id_set in sets)
    return IdSet(sql, [value for id_set in sets for value in id_set.values], parts=tuple(sets), seeks=_slowest(sets))


def all_of(sets: Sequence[IdSet]) -> IdSet:
    """The intersection, itself not negated whatever the signs of the sets."""
    if len(sets) == 1 and not sets[0].negated:
        return sets[0]
    conditions = " AND ".join(id_set.signed(f"t.id IN ({id_set.sql})") for id_set in sets)
    sql = f"SELECT t.id FROM tracks t WHERE t.missing IN (0, 1) AND {conditions}"
    return IdSet(sql, [value for id_set in sets for value in id_set.values], seeks=_slowest(sets))


def _slowest(sets: Sequence[IdSet]) -> Literal["fast", "slow", "never"]:
    return max((id_set.seeks for id_set in sets), key=("fast", "slow", "never").index)


def by_columns(test: str, values: Sequence[object], *columns: str) -> IdSet:
    """Tracks by a test on columns of `t` that one index of `tracks` holds, behind `missing`."""
    return IdSet(f"SELECT t.id FROM tracks t WHERE t.missing IN (0, 1) AND {test}", values, test=test, columns=columns)


def in_search(expression: str, *, held: bool) -> IdSet:
    """Tracks by an FTS5 expression. `held`: the full-text index holds each of its words as it is asked for."""
    sql = "SELECT rowid AS id FROM track_search WHERE track_search MATCH ?"
    return IdSet(sql, [expression], seeks="slow" if held else "never")


def size(connection: sqlite3.Connection, id_set: IdSet) -> int:
    """How many tracks a set holds, whatever its sign; BROAD at most."""
    sql = f"SELECT count(*) FROM (SELECT 1 FROM ({id_set.sql}) LIMIT {BROAD})"
    return int(connection.execute(sql, id_set.values).fetchone()[0])


def most_narrow(connection: sqlite3.Connection) -> int:
    """A set of fewer tracks than this is narrow in this library."""
    newest = connection.execute("SELECT max(id) FROM tracks").fetchone()[0] or 0
    return min(BROAD, max(NARROW, newest // NARROW_SHARE))


def track_test(
    connection: sqlite3.Connection, id_set: IdSet, count: int, *, slowly: bool = True
) -> tuple[str, set[str]]:
    """A condition on one track `t` of a set of `count`, and how it is answered. `slowly`: whether it may seek slowly.

    What is rare in the full-text index is never sought there: it reads on to the next track that fits.
    """
    if id_set.parts:
        parts = [track_test(connection, part, size(connection, part), slowly=slowly) for part in id_set.parts]
        either = " OR ".join(test for test, _ in parts)
        return id_set.signed(f"({either})"), set().union(*(kinds for _, kinds in parts))
    if id_set.seeks == "fast":
        return id_set.seek(), {"seek"}
    if id_set.seeks == "slow" and count == BROAD and slowly:
        return id_set.seek(), {"seek slowly"}
    return id_set.condition(), {"gather"}
