"""The first tracks of a broad question, long before all of them are known.

Gathering a set of a million tracks takes a second. To show a screenful it is enough to go along the wanted order and
to ask of each track whether it is in the sets.
"""

from __future__ import annotations

import json
import sqlite3
from array import array

from pemr_desktop.library.id_sets import BROAD, IdSet, test_of_one
from pemr_desktop.library.selection import Selection

ENOUGH = 100
STEPS = (200, 1_800, 3_000)
"""How many tracks of the order are asked about at a time."""
SLOW_STEPS = (200, 400)
"""The same where each must be looked up in the full-text index."""
GATHERING_STEPS = (1_000, 4_000)
"""The same where each time a set must be gathered."""


def first_ids(connection: sqlite3.Connection, asked: Selection) -> array[int]:
    """At least ENOUGH ids; none where that many are not among the first tracks of the order, or the sets are small."""
    found: array[int] = array("q")
    free = [one for one in asked.sets if one.is_at_hand(asked.columns)]
    others = [pair for pair in zip(asked.sets, asked.sizes, strict=True) if not pair[0].is_at_hand(asked.columns)]
    if asked.narrow is not None or asked.with_missing or not any(_is_worth_it(*pair) for pair in others):
        return found
    tests = [test_of_one(connection, *pair) for pair in others]
    kinds = set().union(*(kinds for _, kinds in tests))
    steps = SLOW_STEPS if "seek slowly" in kinds else GATHERING_STEPS if "gather" in kinds else STEPS
    sql = "SELECT t.id FROM tracks t NOT INDEXED WHERE t.id IN (SELECT value FROM json_each(?)) AND " + " AND ".join(
        test for test, _ in tests
    )
    values = [value for one, _ in others for value in one.values]
    where = " AND ".join([*(one.condition(asked.columns) for one in free), asked.present()])
    walk = connection.execute(
        f"SELECT t.id FROM tracks t INDEXED BY tracks_by_{asked.order} WHERE {where} {asked.in_order()} LIMIT ?",
        [*(value for one in free for value in one.values), sum(steps)],
    )
    for step in steps:
        some = [row[0] for row in walk.fetchmany(step)]
        inside = {row[0] for row in connection.execute(sql, [json.dumps(some), *values])}
        found.extend(one for one in some if one in inside)
        if len(found) >= ENOUGH:
            return found
    return array("q")


def _is_worth_it(one: IdSet, count: int) -> bool:
    """Whether a set takes long to gather, and need not be gathered to be asked."""
    return count == BROAD and (bool(one.parts) or one.seeks != "never")
