"""Which albums answer a query line, in which order."""

from __future__ import annotations

import sqlite3
from array import array

from pemr_desktop.library.albums.reading import ALBUM_ORDERS
from pemr_desktop.library.search.track_ids import selection, whole
from pemr_desktop.library.views import ALL


def album_ids(connection: sqlite3.Connection, query: str = "", *, sort: str = "artist") -> array[int]:
    """Albums with a track that answers a query line, in one of `ALBUM_ORDERS`. Raises QueryError."""
    where = ""
    values: list[object] = []
    if query.strip():
        asked = selection(connection, query, view=ALL, sort="album", descending=False)
        tracks, values = whole(connection, asked)
        where = f"WHERE id IN (SELECT album_id FROM tracks WHERE id IN ({tracks}))"
    found = connection.execute(f"SELECT id FROM albums {where} ORDER BY {ALBUM_ORDERS[sort]}", values)
    return array("q", (row[0] for row in found))
