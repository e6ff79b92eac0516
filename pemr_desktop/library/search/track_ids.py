"""Which tracks, in which order: ids only, so that a table of a million rows costs eight bytes a row."""

from __future__ import annotations

import json
import sqlite3
from array import array
from collections.abc import Generator, Iterable
from contextlib import closing
from typing import NamedTuple

from pemr_desktop.library.albums.reading import album_tracks
from pemr_desktop.library.search.conditions import condition_sets, view_set
from pemr_desktop.library.search.id_sets import BROAD, NARROW, IdSet, most_narrow, size, track_test
from pemr_desktop.library.search.query_parser import parse, terms_of
from pemr_desktop.library.views import ALL, View

_WITHIN_ARTIST = ("sort_artist", "year", "sort_album", "disc_number", "track_number")
ORDERS: dict[str, tuple[str, ...]] = {
    "artist": _WITHIN_ARTIST,
    "album": ("sort_album", "disc_number", "track_number", "sort_title"),
    "title": ("sort_title", "sort_artist"),
    "year": ("year", "sort_artist", "sort_album", "disc_number", "track_number"),
    "genre": ("sort_genre", "sort_artist", "sort_album", "disc_number", "track_number"),
    "duration": ("duration_s",),
    "added": ("added_at",),
    "format": ("format", "sort_artist", "sort_album", "disc_number", "track_number"),
    "path": ("root_id", "rel_path"),
}
"""Each the columns of an index `tracks_by_…`, behind `missing`."""
SORTS = tuple(ORDERS)
IDS_PER_CHUNK = 100_000
"""The table is laid out and painted anew for each."""
MIN_FIRST_ROWS = 100
FIRST_STEPS = (200, 1_800, 3_000)
"""How many tracks of the order are asked about at a time."""
SLOW_FIRST_STEPS = (200, 400)
"""The same where each must be looked up in the full-text index."""
GATHERING_FIRST_STEPS = (1_000, 4_000)
"""The same where each time a set must be gathered."""


class Selection(NamedTuple):
    """Sets that must all hold, with the size of each (BROAD at most), and the order of the tracks."""

    sets: tuple[IdSet, ...]
    sizes: tuple[int, ...]
    most_narrow: int
    with_missing: bool
    order: str
    descending: bool

    @property
    def narrow(self) -> int | None:
        """The index of the set with the fewest tracks, if that is narrow."""
        sizes = [(count, index) for index, count in enumerate(self.sizes) if not self.sets[index].negated]
        return min(sizes)[1] if sizes and min(sizes)[0] < self.most_narrow else None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the index in the wanted order."""
        return ORDERS[self.order]

    def present(self) -> str:
        """The condition on `t` that keeps missing tracks out, or lets them in."""
        return "t.missing IN (0, 1)" if self.with_missing else "t.missing = 0"

    def in_order(self) -> str:
        """What sorts the tracks `t`."""
        direction = " DESC" if self.descending else ""
        return "ORDER BY " + ", ".join(f"t.{column}{direction}" for column in (*self.columns, "id"))


def selection(connection: sqlite3.Connection, query: str, *, view: View, sort: str, descending: bool) -> Selection:
    """What a query line and a view ask for. Raises QueryError."""
    conditions = parse(query)
    sets = condition_sets(conditions)
    of_view = view_set(connection, view)
    if of_view is not None:
        sets.append(of_view)
    with_missing = view.kind in ("offline", "ids", "problems") or any(
        term.field == "is" and not turned and any(value.text == "missing" for value in term.values)
        for term, turned in terms_of(conditions)
    )
    sizes = [size(connection, id_set) for id_set in sets]
    for index, id_set in enumerate(sets):
        if id_set.negated and id_set.test and sizes[index] == BROAD:
            sets[index] = id_set.complement()
            sizes[index] = size(connection, sets[index])
    order = sort if sort in ORDERS else "artist"
    return Selection(tuple(sets), tuple(sizes), most_narrow(connection), with_missing, order, descending)


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
    playlist, of the album or of the ids.
    """
    asked = selection(connection, query, view=view, sort=sort, descending=descending)
    found = array("q", (row[0] for row in connection.execute(*whole(connection, asked))))
    if _has_own_order(view, sort):
        return _in_view_order(connection, view, found, keep=sort != "view", descending=descending)
    return found


def id_chunks(
    connection: sqlite3.Connection, query: str, *, view: View, sort: str, descending: bool
) -> Generator[array[int], None, None]:
    """`track_ids` as they are found: a screenful first, at once, then many at a time. At least one, maybe empty."""
    if _has_own_order(view, sort):
        yield track_ids(connection, query, view=view, sort=sort, descending=descending)
        return
    connection.execute("BEGIN")  # the rest fits the first ones, whatever is written meanwhile
    cursor = connection.cursor()
    try:
        asked = selection(connection, query, view=view, sort=sort, descending=descending)
        first = first_ids(connection, asked)
        if first:
            yield first
        cursor.execute(*whole(connection, asked))
        if first:
            cursor.fetchmany(len(first))
        else:
            yield array("q", (row[0] for row in cursor.fetchmany(MIN_FIRST_ROWS)))
        while chunk := array("q", (row[0] for row in cursor.fetchmany(IDS_PER_CHUNK))):
            yield chunk
    finally:
        cursor.close()  # an interruption would hold for the next statement, too, as long as this one is open
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def whole(connection: sqlite3.Connection, asked: Selection) -> tuple[str, list[object]]:
    """The SQL for all ids, and its values.

    A narrow condition is looked up and the few tracks are sorted. Otherwise the index in the wanted order is walked
    and each track looked up in the sets of the other conditions.
    """
    narrow = asked.narrow
    if narrow is None:
        by = f"INDEXED BY tracks_by_{asked.order}"
        sets = [_smaller(connection, *pair, asked.columns) for pair in zip(asked.sets, asked.sizes, strict=True)]
        where = [id_set.condition(asked.columns) for id_set in sets]
    else:
        by = "NOT INDEXED"
        sets = list(asked.sets)
        few = asked.sizes[narrow] < NARROW
        where = [track_test(connection, *pair, slowly=few)[0] for pair in zip(sets, asked.sizes, strict=True)]
        where[narrow] = f"t.id IN ({sets[narrow].sql})"
    where.append(asked.present())
    values = [value for id_set in sets for value in id_set.values]
    return f"SELECT t.id FROM tracks t {by} WHERE {' AND '.join(where)} {asked.in_order()}", values


def _smaller(connection: sqlite3.Connection, id_set: IdSet, count: int, columns: tuple[str, ...]) -> IdSet:
    """A broad set, or what it leaves out when that is quicker to gather."""
    if count == BROAD and id_set.test and not id_set.is_at_hand(columns):
        rest = id_set.complement()
        if size(connection, rest) < BROAD:
            return rest.turned()
    return id_set


def _has_own_order(view: View, sort: str) -> bool:
    return view.kind == "ids" or (view.has_own_order and sort == "view")


def _in_view_order(
    connection: sqlite3.Connection, view: View, found: array[int], *, keep: bool, descending: bool
) -> array[int]:
    wanted: Iterable[int]
    if view.kind == "ids":
        wanted = view.value if isinstance(view.value, tuple) else ()
    elif view.kind == "album" and isinstance(view.value, int):
        wanted = album_tracks(connection, view.value)
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


def first_ids(connection: sqlite3.Connection, asked: Selection) -> array[int]:
    """The first ids of a broad question, long before all are known: gathering a set of a million takes a second.

    Goes along the wanted order and asks of each track whether it is in the sets. At least MIN_FIRST_ROWS ids; none
    where that many are not among the first tracks of the order, or the sets are small.
    """
    found: array[int] = array("q")
    free = [id_set for id_set in asked.sets if id_set.is_at_hand(asked.columns)]
    others = [pair for pair in zip(asked.sets, asked.sizes, strict=True) if not pair[0].is_at_hand(asked.columns)]
    if asked.narrow is not None or asked.with_missing or not any(_is_worth_it(*pair) for pair in others):
        return found
    tests = [track_test(connection, *pair) for pair in others]
    kinds = set().union(*(kinds for _, kinds in tests))
    steps = SLOW_FIRST_STEPS if "seek slowly" in kinds else GATHERING_FIRST_STEPS if "gather" in kinds else FIRST_STEPS
    sql = "SELECT t.id FROM tracks t NOT INDEXED WHERE t.id IN (SELECT value FROM json_each(?)) AND " + " AND ".join(
        test for test, _ in tests
    )
    values = [value for id_set, _ in others for value in id_set.values]
    where = " AND ".join([*(id_set.condition(asked.columns) for id_set in free), asked.present()])
    walk = connection.execute(
        f"SELECT t.id FROM tracks t INDEXED BY tracks_by_{asked.order} WHERE {where} {asked.in_order()} LIMIT ?",
        [*(value for id_set in free for value in id_set.values), sum(steps)],
    )
    with closing(walk):
        for step in steps:
            some = [row[0] for row in walk.fetchmany(step)]
            inside = {row[0] for row in connection.execute(sql, [json.dumps(some), *values])}
            found.extend(track_id for track_id in some if track_id in inside)
            if len(found) >= MIN_FIRST_ROWS:
                return found
    return array("q")


def _is_worth_it(id_set: IdSet, count: int) -> bool:
    """Whether a set takes long to gather, and need not be gathered to be asked."""
    return count == BROAD and (bool(id_set.parts) or id_set.seeks != "never")
