"""Folders with music in them, level by level: nobody has to count a million tracks to open one folder."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator

from pemr_desktop.library.paths import after, decode, folder_of, relative, show
from pemr_desktop.library.rows import FolderRow

_NEXT = (
    "SELECT folder FROM tracks WHERE root_id = ? AND folder >= ? AND folder < ? AND missing = 0 ORDER BY folder LIMIT 1"
)
_COUNT = "SELECT count(*) FROM tracks WHERE root_id = ? AND folder >= ? AND folder < ? AND missing = 0"
_AFTER_ALL = b"\xff" * 256


def folders_in(connection: sqlite3.Connection, path: bytes, limit: int) -> list[FolderRow]:
    """The folders directly below a folder (`os.fsencode(absolute path)`) that have music below them, by name.

    The index of folders is jumped through from one to the next, so that it takes `limit` steps and not all folders.
    """
    wanted = decode(path)
    for root_id, root in connection.execute("SELECT id, path FROM roots ORDER BY length(path) DESC").fetchall():
        if wanted.is_relative_to(decode(root)):
            below = relative(decode(root), wanted)
            found: list[FolderRow] = []
            for name in _names_in(connection, root_id, below):
                if len(found) == limit:
                    break
                found.append(_folder(connection, root_id, root, name))
            return sorted(found, key=lambda folder: folder.path)
    return []


def music_folders(connection: sqlite3.Connection, root_id: int, root: bytes) -> Iterator[bytes]:
    """Every folder of a root (absolute) with music in it or below it, the root first, parents before children."""
    yield root
    met: set[bytes] = set()
    for (folder,) in connection.execute(
        "SELECT DISTINCT folder FROM tracks WHERE root_id = ? AND missing = 0 AND folder > x'' ORDER BY folder",
        (root_id,),
    ):
        parts = folder.split(b"/")
        for depth in range(1, len(parts) + 1):
            part = b"/".join(parts[:depth])
            if part not in met:
                met.add(part)
                yield _absolute(root, part)


def _names_in(connection: sqlite3.Connection, root_id: int, below: bytes) -> Iterator[bytes]:
    """Relative paths of the folders directly below, each once. `a b` stands between `a` and what is in `a/`."""
    first, end = (below + b"/", after(below)) if below else (b"\0", _AFTER_ALL)
    inside = len(first) if below else 0
    met: set[bytes] = set()
    row = connection.execute(_NEXT, (root_id, first, end)).fetchone()
    while row:
        name = first[:inside] + row[0][inside:].partition(b"/")[0]
        if name not in met:
            yield name
            met.add(name)
        next_one = row[0] + b"\0" if row[0] == name else after(name)
        row = connection.execute(_NEXT, (root_id, next_one, end)).fetchone()


def _folder(connection: sqlite3.Connection, root_id: int, root: bytes, folder: bytes) -> FolderRow:
    here = connection.execute(_COUNT, (root_id, folder, folder + b"\0")).fetchone()[0]
    below = connection.execute(_COUNT, (root_id, folder + b"/", after(folder))).fetchone()[0]
    path = _absolute(root, folder)
    return FolderRow(
        path=path,
        name=show(folder[len(folder_of(folder)) :].lstrip(b"/")),
        track_count=here + below,
        has_folders=below > 0,
    )


def _absolute(root: bytes, folder: bytes) -> bytes:
    separator = os.sep.encode()
    inside = root if root.endswith(separator) else root + separator
    return inside + folder.replace(b"/", separator)
