"""The folders of the library: adding, forgetting, and noticing that one is not mounted."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from pemr_desktop.library.database.store import Store
from pemr_desktop.library.errors import LibraryError
from pemr_desktop.library.paths import after, decode, encode, folder_of, relative, show
from pemr_desktop.library.scanning.walk import is_music_name
from pemr_desktop.refusals import Refusal, refusal
from pemr_desktop.system_reasons import system_reason
from pemr_desktop.tagfiles.errors import readable


class ScanTarget(msgspec.Struct, frozen=True):
    """What to scan: a root, and the folder or file below it (empty: all of it)."""

    root_id: int
    below: bytes = b""


def add_root(store: Store, path: Path) -> ScanTarget:
    """Take in a folder, or one file of a folder. A folder inside a root stays part of that root.

    A root inside the new folder becomes part of the new one and keeps its tracks. Raises LibraryError, also for a file
    that is no music by its name.
    """
    try:
        path = Path(os.path.abspath(path))  # noqa: PTH100 - links stay as the user chose them
        is_folder = path.is_dir()
        if not is_folder and not path.exists():
            raise LibraryError("folder not there", folder=readable(path))
    except OSError as error:
        raise LibraryError("folder not added", folder=readable(path), reason=system_reason(error)) from error
    if not is_folder and not is_music_name(path.name):
        raise LibraryError("file is no music", path=readable(path))
    with store.writing() as connection:
        inside = _root_around(connection, path if is_folder else path.parent)
        if inside is not None:
            root_id, root = inside
            return ScanTarget(root_id, relative(root, path))
        if not is_folder:
            return ScanTarget(_loose_root(connection, path.parent), relative(path.parent, path))
        root_id = _whole_root(connection, path)
        _swallow(connection, root_id, path)
        return ScanTarget(root_id)


def remove_root(store: Store, root_id: int) -> None:
    """Forget a folder and its tracks. No file is touched."""
    with store.writing() as connection:
        connection.execute("DELETE FROM roots WHERE id = ?", (root_id,))
        connection.execute(
            "DELETE FROM cover_groups WHERE id NOT IN (SELECT cover_group FROM tracks WHERE cover_group IS NOT NULL)"
        )


def drop_fruitless(store: Store, targets: Sequence[ScanTarget]) -> list[Refusal]:
    """Forget the folders of single files of which none was music -> why, where the scan of these targets says it.

    Nobody asked for such a folder, and scanning it again finds nothing.
    """
    why: list[Refusal] = []
    with store.writing() as connection:
        for root_id in {target.root_id for target in targets if target.below}:
            fruitless = connection.execute(
                "SELECT path FROM roots WHERE id = ? AND whole = 0 AND NOT EXISTS "
                "(SELECT 1 FROM tracks WHERE root_id = roots.id)",
                (root_id,),
            ).fetchone()
            if fruitless is None:
                continue
            problems = connection.execute("SELECT path, reason FROM problems WHERE root_id = ?", (root_id,)).fetchall()
            why += [refusal("file not added", path=show(path), reason=Refusal(reason)) for path, reason in problems]
            connection.execute("DELETE FROM roots WHERE id = ?", (root_id,))
    return why


def check_roots(store: Store) -> bool:
    """Mark roots online or offline; True when one changed."""
    with store.reading() as connection:
        known = connection.execute("SELECT id, path, online FROM roots").fetchall()
    changed = [
        (int(is_there), root_id)
        for root_id, path, online in known
        if (is_there := is_online(store, root_id, decode(path))) != bool(online)
    ]
    if changed:
        with store.writing() as connection:
            connection.executemany("UPDATE roots SET online = ? WHERE id = ?", changed)
    return bool(changed)


def is_online(store: Store, root_id: int, path: Path) -> bool:
    """Whether a root can be looked into. An empty folder that should hold tracks is an unmounted disk's mount point."""
    try:
        with os.scandir(path) as entries:
            if any(True for _ in entries):
                return True
    except OSError:
        return False
    with store.reading() as connection:
        return connection.execute("SELECT 1 FROM tracks WHERE root_id = ? LIMIT 1", (root_id,)).fetchone() is None


def _root_around(connection: sqlite3.Connection, folder: Path) -> tuple[int, Path] | None:
    for root_id, path in connection.execute("SELECT id, path FROM roots WHERE whole = 1"):
        root = decode(path)
        if folder.is_relative_to(root):
            return int(root_id), root
    return None


def _loose_root(connection: sqlite3.Connection, folder: Path) -> int:
    row = connection.execute("SELECT id FROM roots WHERE path = ?", (encode(folder),)).fetchone()
    if row:
        return int(row[0])
    made = connection.execute(
        "INSERT INTO roots (path, whole, added_at) VALUES (?, 0, ?)", (encode(folder), time.time())
    )
    assert made.lastrowid is not None
    return made.lastrowid


def _whole_root(connection: sqlite3.Connection, folder: Path) -> int:
    connection.execute(
        "INSERT INTO roots (path, whole, added_at) VALUES (?, 1, ?) ON CONFLICT (path) DO UPDATE SET whole = 1",
        (encode(folder), time.time()),
    )
    return int(connection.execute("SELECT id FROM roots WHERE path = ?", (encode(folder),)).fetchone()[0])


def _swallow(connection: sqlite3.Connection, root_id: int, folder: Path) -> None:
    """Roots below `folder` become part of it; their tracks keep their ids."""
    for other_id, other in connection.execute("SELECT id, path FROM roots WHERE id <> ?", (root_id,)).fetchall():
        other_folder = decode(other)
        if not other_folder.is_relative_to(folder):
            continue
        prefix = relative(folder, other_folder) + b"/"
        rows = connection.execute("SELECT id, rel_path FROM tracks WHERE root_id = ?", (other_id,)).fetchall()
        for track_id, rel_path in rows:
            new_path = prefix + rel_path
            connection.execute(
                "UPDATE tracks SET root_id = ?, rel_path = ?, folder = ?, location = ? WHERE id = ?",
                (root_id, new_path, folder_of(new_path), new_path.decode("utf-8", "replace"), track_id),
            )
        connection.execute("UPDATE problems SET root_id = ? WHERE root_id = ?", (root_id, other_id))
        connection.execute("DELETE FROM roots WHERE id = ?", (other_id,))


def below_clause(target: ScanTarget) -> tuple[str, list[object]]:
    """SQL for the tracks of a target, on the index of root and path."""
    if not target.below:
        return "root_id = ?", [target.root_id]
    return (
        "root_id = ? AND (rel_path = ? OR (rel_path > ? AND rel_path < ?))",
        [target.root_id, target.below, target.below + b"/", after(target.below)],
    )
