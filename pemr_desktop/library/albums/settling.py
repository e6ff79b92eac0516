"""Keeping the albums in step with the tracks: done at the end of each transaction, for the groups it touched."""

from __future__ import annotations

import sqlite3
from typing import Any

import msgspec

from pemr_desktop.library.albums.grouping import AlbumTrack, FoundAlbum, albums_of_group
from pemr_desktop.library.albums.identity import album_group, release_of
from pemr_desktop.library.text_folding import fold, sort_key

_TRACKS = (
    "SELECT t.id, t.root_id, t.rel_path, t.folder, t.album, t.album_artist, t.artist, t.disc_number, t.track_number, "
    "t.year, t.duration_s, t.has_artwork, t.added_at, f.fields "
    "FROM tracks t INDEXED BY tracks_by_album_group "
    "LEFT JOIN track_fields f ON f.track_id = t.id WHERE t.album_group = ? AND t.missing = 0 ORDER BY t.id"
)
_COLUMNS = (
    "variant, title, artist, folded_artist, sort_title, sort_artist, first_year, last_year, duration_s, track_count, "
    "disc_count, cover_track, added_at"
)
_NOT_FLAGGED = frozenset({"", "0", "false", "no"})


class _Named(msgspec.Struct):
    """What albums need of the fields of a file, beside the columns of its track."""

    musicbrainz_albumid: tuple[str, ...] = ()
    compilation: tuple[str, ...] = ()


_named = msgspec.json.Decoder(_Named).decode


def settle_albums(connection: sqlite3.Connection) -> None:
    """Make the albums of the groups that were touched anew. An album that goes on existing keeps its id."""
    for (group,) in connection.execute("SELECT album_group FROM unsettled_albums").fetchall():
        _settle(connection, group)
    connection.execute("DELETE FROM unsettled_albums")


def name_groups(connection: sqlite3.Connection) -> None:
    """Give tracks of earlier versions their groups, and settle all albums: in one transaction, once."""
    if connection.execute("SELECT 1 FROM tracks WHERE album_group IS NULL LIMIT 1").fetchone() is None:
        return
    connection.execute("BEGIN IMMEDIATE")
    found = connection.execute(
        "SELECT t.id, t.root_id, t.folder, t.album, f.fields FROM tracks t "
        "LEFT JOIN track_fields f ON f.track_id = t.id WHERE t.album_group IS NULL"
    ).fetchall()
    connection.executemany(
        "UPDATE tracks SET album_group = ? WHERE id = ?",
        [
            (album_group(root_id, folder, album, release_of(_fields(packed).musicbrainz_albumid)), track_id)
            for track_id, root_id, folder, album, packed in found
        ],
    )
    settle_albums(connection)
    connection.execute("COMMIT")


def _fields(packed: bytes | None) -> _Named:
    return _named(packed) if packed else _Named()


def _settle(connection: sqlite3.Connection, group: bytes) -> None:
    tracks = [_track(row) for row in connection.execute(_TRACKS, (group,))]
    old = dict(connection.execute("SELECT variant, id FROM albums WHERE album_group = ?", (group,)).fetchall())
    found = albums_of_group(tracks)
    kept = {album.variant: old.pop(album.variant) for album in found if album.variant in old}
    new = [album for album in found if album.variant not in kept]
    if len(new) == len(old) == 1:  # the same album, told apart by something else now
        kept[new[0].variant] = old.popitem()[1]
    if old:
        marks = ", ".join("?" * len(old))
        connection.execute(f"DELETE FROM albums WHERE id IN ({marks})", tuple(old.values()))
    connection.execute(
        "UPDATE tracks INDEXED BY tracks_of_album SET album_id = NULL, album_position = NULL WHERE album_id IN "
        "(SELECT id FROM albums WHERE album_group = ?) AND (album_group IS NOT ? OR missing = 1)",
        (group, group),
    )
    for album in found:
        album_id = _store(connection, group, kept.get(album.variant), album)
        connection.executemany(
            "UPDATE tracks SET album_id = ?, album_position = ? WHERE id = ? "
            "AND (album_id IS NOT ? OR album_position IS NOT ?)",
            [(album_id, place, track.id, album_id, place) for place, track in enumerate(album.tracks)],
        )


def _track(row: tuple[Any, ...]) -> AlbumTrack:
    *columns, packed = row
    named = _fields(packed)
    flagged = any(value.strip().lower() not in _NOT_FLAGGED for value in named.compilation)
    release = release_of(named.musicbrainz_albumid)
    return AlbumTrack(*columns)._replace(flagged=flagged, release=release)


def _store(connection: sqlite3.Connection, group: bytes, album_id: int | None, album: FoundAlbum) -> int:
    tracks = album.tracks
    years = [track.year for track in tracks if track.year is not None]
    values = (
        album.variant,
        album.title,
        album.artist,
        fold(album.artist),
        sort_key(album.title),
        sort_key(album.artist),
        min(years, default=None),
        max(years, default=None),
        sum(track.duration_s or 0.0 for track in tracks),
        len(tracks),
        len({track.disc for track in tracks}),
        next((track.id for track in tracks if track.has_artwork), tracks[0].id),
        max(track.added_at for track in tracks),
    )
    marks = ", ".join("?" * len(values))
    if album_id is not None:
        connection.execute(f"UPDATE albums SET ({_COLUMNS}) = ({marks}) WHERE id = ?", (*values, album_id))
        return album_id
    made = connection.execute(f"INSERT INTO albums (album_group, {_COLUMNS}) VALUES (?, {marks})", (group, *values))
    assert made.lastrowid is not None
    return made.lastrowid
