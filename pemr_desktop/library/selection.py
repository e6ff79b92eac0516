"""A question for tracks: sets that must all hold, and the order."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from pemr_desktop.library.conditions import term_sets, view_set
from pemr_desktop.library.id_sets import BROAD, IdSet, most_narrow, size
from pemr_desktop.library.query_line import parse
from pemr_desktop.library.views import View

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
        """The place of the set with the fewest tracks, if that is narrow."""
        sizes = [(count, place) for place, count in enumerate(self.sizes) if not self.sets[place].negated]
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
    terms = parse(query)
    sets = term_sets(terms)
    of_view = view_set(connection, view)
    if of_view is not None:
        sets.append(of_view)
    with_missing = view.kind in ("offline", "ids", "problems") or any(
        term.field == "is" and not term.negated and any(value.text == "missing" for value in term.values)
        for term in terms
    )
    sizes = [size(connection, one) for one in sets]
    for place, one in enumerate(sets):
        if one.negated and one.test and sizes[place] == BROAD:
            sets[place] = one.complement()
            sizes[place] = size(connection, sets[place])
    order = sort if sort in ORDERS else "artist"
    return Selection(tuple(sets), tuple(sizes), most_narrow(connection), with_missing, order, descending)
