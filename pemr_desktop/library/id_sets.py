"""Sets of track ids as SQL: the shape of every condition, so that they can be intersected off indexes alone."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence

import msgspec

IN_SEARCH = "SELECT rowid FROM track_search WHERE track_search MATCH ?"
NARROW = 2_000
"""A set of fewer tracks than this is looked up track by track; of larger ones the sorted index is walked."""


class IdSet(msgspec.Struct, frozen=True):
    """Tracks whose id `sql` selects; `negated`: all others.

    `test` asks the same of `columns` of a track `t`, with the same values: free where these are in the index walked.
    """

    sql: str
    values: Sequence[object] = ()
    negated: bool = False
    test: str = ""
    columns: tuple[str, ...] = ()

    def condition(self, at_hand: Collection[str] = ()) -> str:
        """A condition on the track `t`; the columns `at_hand` cost nothing."""
        asked = self.test if self.test and set(self.columns) <= set(at_hand) else f"+t.id IN ({self.sql})"
        return f"NOT coalesce({asked}, 0)" if self.negated else asked


def any_of(sets: Sequence[IdSet]) -> IdSet:
    """The union."""
    if len(sets) == 1:
        return sets[0]
    return IdSet(" UNION ALL ".join(one.sql for one in sets), [value for one in sets for value in one.values])


def by_columns(test: str, values: Sequence[object], *columns: str) -> IdSet:
    """Tracks by a test on columns of `t` that one index of `tracks` holds, behind `missing`."""
    return IdSet(f"SELECT t.id FROM tracks t WHERE t.missing IN (0, 1) AND {test}", values, test=test, columns=columns)


def narrowest(connection: sqlite3.Connection, sets: Sequence[IdSet]) -> int | None:
    """The set with the fewest tracks, if that is narrow; its place in the sequence."""
    sizes = []
    for place, one in enumerate(sets):
        if not one.negated:
            size = connection.execute(
                f"SELECT count(*) FROM (SELECT 1 FROM ({one.sql}) LIMIT {NARROW})", one.values
            ).fetchone()[0]
            sizes.append((size, place))
    return min(sizes)[1] if sizes and min(sizes)[0] < NARROW else None
