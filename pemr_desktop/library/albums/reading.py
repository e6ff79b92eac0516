"""What the pages of albums and artists show."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Sequence
from typing import Any

from pemr_desktop.library.paths import absolute, encode
from pemr_desktop.library.rows import AlbumRow, TrackState
from pemr_desktop.library.suggestions import in_batches
from pemr_desktop.library.text_folding import fold

ALBUM_ORDERS = {
    "artist": "sort_artist, first_year, sort_title, id",
    "title": "sort_title, sort_artist, first_year, id",
    "year": "first_year IS NULL, first_year DESC, sort_artist, sort_title, id",
    "added": "added_at DESC, sort_artist, sort_title, id",
}
_COLUMNS = (
    "a.id, a.title, a.artist, a.first_year, a.last_year, a.duration_s, a.track_count, a.disc_count, "
    "r.path, t.rel_path, t.has_artwork, r.online"
)
_OF_ARTIST = (
    "SELECT t.album_id FROM track_tags g JOIN tracks t ON t.id = g.track_id "
    "WHERE g.field IN ('artist', 'albumartist') AND g.folded = ?"
)


def albums_of_artist(connection: sqlite3.Connection, artist: str) -> array[int]:
    """The artist's own albums by year, then those with a track of theirs."""
    folded = fold(artist)
    found = connection.execute(
        f"SELECT id FROM albums WHERE folded_artist = ? OR id IN ({_OF_ARTIST}) "
        f"ORDER BY folded_artist != ?, {ALBUM_ORDERS['artist'].removeprefix('sort_artist, ')}",
        (folded, folded, folded),
    )
    return array("q", (row[0] for row in found))


def albums(connection: sqlite3.Connection, ids: Sequence[int]) -> list[AlbumRow]:
    """Rows in the order of `ids`; ids that are gone are passed over. Meant for the albums that are on screen."""
    found: dict[int, AlbumRow] = {}
    for marks, some in in_batches(ids):
        for row in connection.execute(
            f"SELECT {_COLUMNS} FROM albums a JOIN tracks t ON t.id = a.cover_track JOIN roots r ON r.id = t.root_id "
            f"WHERE a.id IN ({marks})",
            some,
        ):
            found[row[0]] = _row(row)
    return [found[album_id] for album_id in ids if album_id in found]


def album_tracks(connection: sqlite3.Connection, album_id: int) -> array[int]:
    """The tracks of an album in its order: disc, number, path."""
    found = connection.execute("SELECT id FROM tracks WHERE album_id = ? ORDER BY album_position", (album_id,))
    return array("q", (row[0] for row in found))


def album_of_track(connection: sqlite3.Connection, track_id: int) -> int | None:
    """The album that a track is of, if it is of any."""
    row = connection.execute("SELECT album_id FROM tracks WHERE id = ?", (track_id,)).fetchone()
    return None if row is None else row[0]


def _row(row: tuple[Any, ...]) -> AlbumRow:
    state: TrackState = "present" if row[11] else "offline"
    return AlbumRow(
        id=row[0],
        album=row[1],
        album_artist=row[2],
        first_year=row[3],
        last_year=row[4],
        duration_s=row[5],
        track_count=row[6],
        disc_count=row[7],
        path=encode(absolute(row[8], row[9])),
        has_artwork=bool(row[10]),
        state=state,
    )


def versions_elsewhere(connection: sqlite3.Connection, album_id: int) -> array[int]:
    """Tracks that are not on an album and are versions of tracks on it, in the order of these."""
    found = connection.execute(
        "SELECT b.id FROM tracks a JOIN tracks b ON b.cover_group = a.cover_group "
        "WHERE a.album_id = ? AND b.album_id IS NOT a.album_id AND b.missing = 0 "
        "GROUP BY b.id ORDER BY min(a.album_position), b.id",
        (album_id,),
    )
    return array("q", (row[0] for row in found))
