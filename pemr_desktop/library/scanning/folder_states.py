"""Folders that are exactly as the library knows them: one digest a folder, so that a rescan need not look at tracks."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from pemr_desktop.library.paths import after
from pemr_desktop.library.scanning.roots import ScanTarget
from pemr_desktop.tagfiles.identity import changed_ns

STATE_VERSION = 1
_encoder = msgspec.msgpack.Encoder()


@dataclass(slots=True)
class FolderVisit:
    """A folder under way in a scan. `waiting`: files still to be read; `spoiled`: something in it is not all right."""

    folder: bytes
    state: bytes
    waiting: int = 0
    spoiled: bool = False

    @property
    def is_settled(self) -> bool:
        """Whether every track of the folder is now as its file."""
        return not self.waiting and not self.spoiled


def state_of(files: Sequence[tuple[str, os.stat_result]]) -> bytes:
    """A digest (16 bytes) of names, sizes, times, inodes and last changes: no two states of a folder share one."""
    names = os.fsencode("/".join([name for name, _ in files]))
    numbers = [(status.st_size, status.st_mtime_ns, status.st_ino, changed_ns(status)) for _, status in files]
    return hashlib.blake2b(_encoder.encode((STATE_VERSION, names, numbers)), digest_size=16).digest()


def known_states(connection: sqlite3.Connection, target: ScanTarget) -> dict[bytes, bytes]:
    """The folders of a target that were all right at the end of an earlier scan: folder -> state."""
    where, values = _below(target)
    return dict(connection.execute(f"SELECT folder, state FROM folder_states WHERE {where}", values).fetchall())


def keep_states(connection: sqlite3.Connection, root_id: int, visits: Iterable[FolderVisit]) -> None:
    """Remember these folders, after everything about their tracks has been stored."""
    connection.executemany(
        "INSERT OR REPLACE INTO folder_states (root_id, folder, state) VALUES (?, ?, ?)",
        [(root_id, visit.folder, visit.state) for visit in visits],
    )


def folders_with_tracks(connection: sqlite3.Connection, target: ScanTarget) -> set[bytes]:
    """The folders of a target that hold tracks which are not missing."""
    where, values = _below(target)
    return {
        row[0]
        for row in connection.execute(f"SELECT DISTINCT folder FROM tracks WHERE {where} AND missing = 0", values)
    }


def _below(target: ScanTarget) -> tuple[str, list[object]]:
    if not target.below:
        return "root_id = ?", [target.root_id]
    return (
        "root_id = ? AND (folder = ? OR (folder > ? AND folder < ?))",
        [target.root_id, target.below, target.below + b"/", after(target.below)],
    )
