"""Playlist files: written as M3U8 with relative paths, read in all the ways people have them."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path, PureWindowsPath
from urllib.parse import unquote_to_bytes, urlsplit

import msgspec

from pemr_desktop.library.errors import LibraryError
from pemr_desktop.library.paths import decode, find_track, show
from pemr_desktop.library.playlists.file_output import write_file
from pemr_desktop.library.playlists.playlists import save_playlist
from pemr_desktop.library.tracks.reading import rows
from pemr_desktop.tagfiles.errors import readable
from pemr_desktop.tagfiles.identity import system_reason

MAX_NESTED_LISTS = 5
MAX_LIST_BYTES = 64 << 20
SUFFIXES = (".m3u", ".m3u8")


class ImportedPlaylist(msgspec.Struct, frozen=True):
    """What became of a playlist file. `not_found`: entries that are not in the library, readable."""

    playlist_id: int
    found: int
    not_found: tuple[str, ...]


def export_playlist(connection: sqlite3.Connection, playlist_id: int, path: Path) -> tuple[str, ...]:
    """Write a playlist of the library as M3U8 -> files that it cannot name. Raises LibraryError."""
    row = connection.execute("SELECT name FROM playlists WHERE id = ?", (playlist_id,)).fetchone()
    if row is None:
        raise LibraryError("This playlist is no longer there.")
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


def import_playlist(connection: sqlite3.Connection, path: Path) -> ImportedPlaylist:
    """Make a playlist of the file's entries that the library has. Raises LibraryError."""
    name = path.stem
    for line in _lines(path):
        if line.startswith(b"#PLAYLIST:"):
            name = line[len(b"#PLAYLIST:") :].decode("utf-8", "replace").strip() or name
    found: list[int] = []
    missing: list[str] = []
    for entry in playlist_entries(path):
        track_id = find_track(connection, entry)
        if track_id is None:
            track_id = _find_behind_links(connection, entry)
        if track_id is None:
            missing.append(show(os.fsencode(entry)))
        else:
            found.append(track_id)
    return ImportedPlaylist(save_playlist(connection, name, found), len(found), tuple(missing))


def playlist_entries(path: Path, inside: tuple[Path, ...] = ()) -> Iterator[Path]:
    """The files a playlist names, as absolute paths. Raises LibraryError.

    Playlists inside it are followed, a few levels deep and never in a circle.
    """
    for line in _lines(path):
        if not line or line.startswith(b"#"):
            continue
        entry = _entry(line, path.parent)
        if entry is None:
            continue
        if entry.suffix.lower() in SUFFIXES:
            if entry.is_file() and entry not in (path, *inside) and len(inside) < MAX_NESTED_LISTS:
                yield from playlist_entries(entry, (*inside, path))
            continue
        yield entry


def _lines(path: Path) -> list[bytes]:
    try:
        if path.stat().st_size > MAX_LIST_BYTES:
            raise LibraryError(f"{readable(path)} is too large for a playlist. Nothing was imported.")
        content = path.read_bytes()
    except OSError as error:
        raise LibraryError(f"{readable(path)} could not be read. {system_reason(error)}") from error
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        content = content.decode("utf-16", "replace").encode()
    content = content.removeprefix(b"\xef\xbb\xbf")
    return [line.strip() for line in content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")]


def _entry(line: bytes, folder: Path) -> Path | None:
    """A line as a path; None for addresses on the network. Old files are in Latin-1: tried when nothing is there."""
    if b"://" in line[:12]:
        address = urlsplit(line.decode("utf-8", "surrogateescape"))
        if address.scheme.lower() != "file":
            return None
        line = unquote_to_bytes(address.path)
        if os.name == "nt":
            line = line.lstrip(b"/")
    path = _beside(folder, os.fsdecode(line))
    if not path.exists():
        for other in _other_spellings(line):
            candidate = _beside(folder, other)
            if candidate.exists():
                return candidate
    return path


def _other_spellings(line: bytes) -> Iterator[str]:
    text = line.decode("utf-8", "replace")
    yield line.decode("latin-1")
    if os.name != "nt" and "\\" in text:
        yield PureWindowsPath(text).as_posix()


def _beside(folder: Path, entry: str) -> Path:
    return Path(os.path.abspath(folder / entry))  # noqa: PTH100 - links stay as the user chose them


def _find_behind_links(connection: sqlite3.Connection, entry: Path) -> int | None:
    try:
        return find_track(connection, entry.resolve(strict=True))
    except (OSError, RuntimeError):
        return None


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
