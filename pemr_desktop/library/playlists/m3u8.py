"""Playlist files: written as M3U8 with relative paths."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from pemr_desktop.library.errors import LibraryError
from pemr_desktop.library.paths import decode
from pemr_desktop.library.playlists.file_output import write_file
from pemr_desktop.library.tracks.reading import rows


def export_playlist(connection: sqlite3.Connection, playlist_id: int, path: Path) -> tuple[str, ...]:
    """Write a playlist of the library as M3U8 -> files that it cannot name. Raises LibraryError."""
    row = connection.execute("SELECT name FROM playlists WHERE id = ?", (playlist_id,)).fetchone()
    if row is None:
        raise LibraryError("playlist gone")
    found = connection.execute(
        "SELECT track_id FROM playlist_tracks WHERE playlist_id = ? ORDER BY position", (playlist_id,)
    )
    return export_m3u8(connection, [track_id for (track_id,) in found], path, name=row[0])


def export_m3u8(connection: sqlite3.Connection, ids: Sequence[int], path: Path, *, name: str = "") -> tuple[str, ...]:
    """Write tracks as M3U8: UTF-8, line feeds, paths relative to the file. Raises LibraryError.

    -> the files that were left out, readable: a line cannot hold a name with a line break in it.
    """
    lines = [b"#EXTM3U"]
    left_out: list[str] = []
    if name:
        lines.append(f"#PLAYLIST:{_one_line(name)}".encode())
    for row in rows(connection, ids):
        title = " - ".join(filter(None, (row.artist, row.title)))
        seconds = round(row.duration_s) if row.duration_s else -1
        entry = os.fsencode(_relative(decode(row.path), path.parent))
        if b"\n" in entry or b"\r" in entry:
            left_out.append(row.location)
            continue
        lines.append(f"#EXTINF:{seconds},{_one_line(title)}".encode())
        lines.append(b"./" + entry if entry.startswith(b"#") else entry)
    write_file(path, b"\n".join(lines) + b"\n")
    return tuple(left_out)


def _relative(path: Path, folder: Path) -> str:
    """Relative with '/', unless that would leave all folders behind (another drive, nothing in common)."""
    try:
        common = os.path.commonpath([path, folder])
    except ValueError:
        return str(path)
    if common == path.anchor:
        return path.as_posix()
    return Path(os.path.relpath(path, folder)).as_posix()


def _one_line(text: str) -> str:
    return " ".join(text.split())
