"""Which tracks, in which order: ids only, so that a table of a million rows costs eight bytes a row."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Iterable

from pemr_desktop.library.conditions import term_conditions, view_condition
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
SORTS = tuple(ORDERS)


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
    sql, values = selection(connection, query, view=view, sort=sort, descending=descending)
    found = array("q", (row[0] for row in connection.execute(sql, values)))
    if view.kind == "ids" or (view.kind == "playlist" and sort == "view"):
        return _in_view_order(connection, view, found, keep=sort != "view", descending=descending)
    return found


def selection(
    connection: sqlite3.Connection, query: str, *, view: View, sort: str, descending: bool
) -> tuple[str, list[object]]:
    """The SQL behind `track_ids`, and its values."""
    conditions = term_conditions(parse(query))
    of_view = view_condition(connection, view)
    if of_view is not None:
        conditions.append(of_view)
    wants_missing = view.kind in ("offline", "ids", "problems") or "is:missing" in query.casefold()
    where = [f"({sql})" for sql, _ in conditions]
    where.append("t.missing IN (0, 1)" if wants_missing else "t.missing = 0")
    values = [value for _, some in conditions for value in some]
    direction = " DESC" if descending else ""
    columns = ORDERS.get(sort, ORDERS["artist"])
    order = ", ".join(f"t.{column}{direction}" for column in (*columns, "id"))
    return f"SELECT t.id FROM tracks t WHERE {' AND '.join(where)} ORDER BY {order}", values


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
