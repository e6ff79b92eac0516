"""Playlists in the library."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence

from pemr_desktop.library.errors import LibraryError


def save_playlist(
    connection: sqlite3.Connection, name: str, track_ids: Sequence[int], playlist_id: int | None = None
) -> int:
    """Make a playlist, or replace name and content of one -> its id. Tracks that are gone are passed over."""
    now = time.time()
    if playlist_id is None:
        made = connection.execute(
            "INSERT INTO playlists (name, made_at, changed_at) VALUES (?, ?, ?)", (name, now, now)
        )
        assert made.lastrowid is not None
        playlist_id = made.lastrowid
    elif not connection.execute(
        "UPDATE playlists SET name = ?, changed_at = ? WHERE id = ?", (name, now, playlist_id)
    ).rowcount:
        raise LibraryError("playlist gone")
    connection.execute("DELETE FROM playlist_tracks WHERE playlist_id = ?", (playlist_id,))
    connection.executemany(
        "INSERT INTO playlist_tracks (playlist_id, position, track_id) SELECT ?, ?, id FROM tracks WHERE id = ?",
        [(playlist_id, position, track_id) for position, track_id in enumerate(track_ids)],
    )
    return playlist_id


def delete_playlist(connection: sqlite3.Connection, playlist_id: int) -> None:
    """Delete a playlist. No track is touched."""
    connection.execute("DELETE FROM playlists WHERE id = ?", (playlist_id,))
