"""From roots and relative paths to files and back. In the database a path is bytes with '/' between folders."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from pemr_desktop.library.errors import UnknownTrack


def encode(path: Path) -> bytes:
    """An absolute path as the database and the wire hold it."""
    return os.fsencode(path)


def decode(path: bytes) -> Path:
    """The path of `encode`."""
    return Path(os.fsdecode(path))


def relative(root: Path, path: Path) -> bytes:
    """A path below a root, with '/' on every system; empty for the root itself."""
    text = path.relative_to(root).as_posix()
    return b"" if text == "." else os.fsencode(text)


def absolute(root: bytes, rel_path: bytes) -> Path:
    """The file of a track."""
    return decode(root) / os.fsdecode(rel_path)


def folder_of(rel_path: bytes) -> bytes:
    """The folder part of a relative path; empty for the root itself."""
    return rel_path.rpartition(b"/")[0]


def after(prefix: bytes) -> bytes:
    """The first path that is not below a folder: `prefix/` <= path < `prefix0`, since '0' follows '/'."""
    return prefix + b"0"


def show(path: bytes) -> str:
    """A path for people: bytes that are not Unicode are shown as U+FFFD."""
    return path.decode("utf-8", "replace")


def track_path(connection: sqlite3.Connection, track_id: int) -> Path:
    """The file of a track, wherever it was last. Raises UnknownTrack."""
    row = connection.execute(
        "SELECT r.path, t.rel_path FROM tracks t JOIN roots r ON r.id = t.root_id WHERE t.id = ?", (track_id,)
    ).fetchone()
    if row is None:
        raise UnknownTrack("track gone")
    return absolute(*row)


def find_track(connection: sqlite3.Connection, path: Path) -> int | None:
    """The track of a file, if the library has it."""
    for root_id, root in connection.execute("SELECT id, path FROM roots"):
        folder = decode(root)
        if path.is_relative_to(folder):
            row = connection.execute(
                "SELECT id FROM tracks WHERE root_id = ? AND rel_path = ?", (root_id, relative(folder, path))
            ).fetchone()
            if row:
                return int(row[0])
    return None
