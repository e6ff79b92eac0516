"""Which tracks, in which order: ids only, so that a table of a million rows costs eight bytes a row."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Iterable, Iterator

from pemr_desktop.library.conditions import term_sets, view_set
from pemr_desktop.library.id_sets import narrowest
from pemr_desktop.library.query_line import parse
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
FIRST_CHUNK, CHUNK = 200, 20_000


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
    found: array[int] = array("q")
    for chunk in id_chunks(connection, query, view=view, sort=sort, descending=descending):
        found.extend(chunk)
    return found


def id_chunks(
    connection: sqlite3.Connection, query: str, *, view: View, sort: str, descending: bool
) -> Iterator[array[int]]:
    """`track_ids` as they are found: a screenful first, at once, then many at a time. At least one, maybe empty."""
    sql, values = selection(connection, query, view=view, sort=sort, descending=descending)
    cursor = connection.execute(sql, values)
    if view.kind == "ids" or (view.kind == "playlist" and sort == "view"):
        found = array("q", (row[0] for row in cursor))
        yield _in_view_order(connection, view, found, keep=sort != "view", descending=descending)
        return
    size = FIRST_CHUNK
    while True:
        chunk = array("q", (row[0] for row in cursor.fetchmany(size)))
        if chunk or size == FIRST_CHUNK:
            yield chunk
        if len(chunk) < size:
            return
        size = CHUNK


def selection(
    connection: sqlite3.Connection, query: str, *, view: View, sort: str, descending: bool
) -> tuple[str, list[object]]:
    """The SQL behind `track_ids`, and its values.

    A narrow condition is looked up and the few tracks are sorted. Otherwise the index in the wanted order is walked
    and each track looked up in the sets of the other conditions: the first rows are there as soon as the sets are.
    """
    terms = parse(query)
    sets = term_sets(terms)
    of_view = view_set(connection, view)
    if of_view is not None:
        sets.append(of_view)
    wants_missing = view.kind in ("offline", "ids", "problems") or any(
        term.field == "is" and any(value.text == "missing" for value in term.values) for term in terms
    )
    name = sort if sort in ORDERS else "artist"
    narrow = narrowest(connection, sets)
    if narrow is None:
        where = [one.condition(ORDERS[name]) for one in sets]
    else:
        where = [one.condition() for one in sets]
        where[narrow] = f"t.id IN ({sets[narrow].sql})"
    where.append("t.missing IN (0, 1)" if wants_missing else "t.missing = 0")
    by = f"INDEXED BY tracks_by_{name}" if narrow is None else "NOT INDEXED"
    direction = " DESC" if descending else ""
    order = ", ".join(f"t.{column}{direction}" for column in (*ORDERS[name], "id"))
    values = [value for one in sets for value in one.values]
    return f"SELECT t.id FROM tracks t {by} WHERE {' AND '.join(where)} ORDER BY {order}", values


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
