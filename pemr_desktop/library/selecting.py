"""Which tracks, in which order: ids only, so that a table of a million rows costs eight bytes a row."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Iterable, Iterator

from pemr_desktop.library.first_rows import ENOUGH, first_ids
from pemr_desktop.library.id_sets import BROAD, NARROW, IdSet, size, test_of_one
from pemr_desktop.library.selection import ORDERS, Selection, selection
from pemr_desktop.library.views import ALL, View

SORTS = tuple(ORDERS)
CHUNK = 20_000


def track_ids(
    connection: sqlite3.Connection,
    query: str = "",
    *,
    view: View = ALL,
    sort: str = "artist",
    descending: bool = False,
) -> array[int]:
    """Ids of the tracks of a view that answer a query line, sorted. Raises QueryError.

    Missing tracks are left out, except where the view or the query asks for them. Sort "view" is the order of the
    playlist or of the ids.
    """
    asked = selection(connection, query, view=view, sort=sort, descending=descending)
    found = array("q", (row[0] for row in connection.execute(*whole(connection, asked))))
    if _has_own_order(view, sort):
        return _in_view_order(connection, view, found, keep=sort != "view", descending=descending)
    return found


def id_chunks(
    connection: sqlite3.Connection, query: str, *, view: View, sort: str, descending: bool
) -> Iterator[array[int]]:
    """`track_ids` as they are found: a screenful first, at once, then many at a time. At least one, maybe empty."""
    if _has_own_order(view, sort):
        yield track_ids(connection, query, view=view, sort=sort, descending=descending)
        return
    connection.execute("BEGIN")  # the rest fits the first ones, whatever is written meanwhile
    try:
        asked = selection(connection, query, view=view, sort=sort, descending=descending)
        first = first_ids(connection, asked)
        if first:
            yield first
        cursor = connection.execute(*whole(connection, asked))
        if first:
            cursor.fetchmany(len(first))
        else:
            yield array("q", (row[0] for row in cursor.fetchmany(ENOUGH)))
        while chunk := array("q", (row[0] for row in cursor.fetchmany(CHUNK))):
            yield chunk
    finally:
        if connection.in_transaction:
            connection.execute("COMMIT")


def whole(connection: sqlite3.Connection, asked: Selection) -> tuple[str, list[object]]:
    """The SQL for all ids, and its values.

    A narrow condition is looked up and the few tracks are sorted. Otherwise the index in the wanted order is walked
    and each track looked up in the sets of the other conditions.
    """
    narrow = asked.narrow
    if narrow is None:
        by = f"INDEXED BY tracks_by_{asked.order}"
        sets = [_smaller(connection, *one, asked.columns) for one in zip(asked.sets, asked.sizes, strict=True)]
        where = [one.condition(asked.columns) for one in sets]
    else:
        by = "NOT INDEXED"
        sets = list(asked.sets)
        few = asked.sizes[narrow] < NARROW
        where = [test_of_one(connection, *one, slowly=few)[0] for one in zip(sets, asked.sizes, strict=True)]
        where[narrow] = f"t.id IN ({sets[narrow].sql})"
    where.append(asked.present())
    values = [value for one in sets for value in one.values]
    return f"SELECT t.id FROM tracks t {by} WHERE {' AND '.join(where)} {asked.in_order()}", values


def _smaller(connection: sqlite3.Connection, one: IdSet, count: int, columns: tuple[str, ...]) -> IdSet:
    """A broad set, or what it leaves out when that is quicker to gather."""
    if count == BROAD and one.test and not one.is_at_hand(columns):
        rest = one.complement()
        if size(connection, rest) < BROAD:
            return rest.turned()
    return one


def _has_own_order(view: View, sort: str) -> bool:
    return view.kind == "ids" or (view.kind == "playlist" and sort == "view")


def _in_view_order(
    connection: sqlite3.Connection, view: View, found: array[int], *, keep: bool, descending: bool
) -> array[int]:
    wanted: Iterable[int]
    if view.kind == "ids":
        wanted = view.value if isinstance(view.value, tuple) else ()
    else:
        wanted = [
            row[0]
            for row in connection.execute(
                "SELECT track_id FROM playlist_tracks WHERE playlist_id = ? ORDER BY position", (view.value,)
            )
        ]
    if keep:
        inside = set(wanted)
        return array("q", (track_id for track_id in found if track_id in inside))
    matching = set(found)
    ordered = array("q", (track_id for track_id in wanted if track_id in matching))
    if descending:
        ordered.reverse()
    return ordered
