"""What a scan knows of files beforehand: the tracks of a folder, and files that could not be read as they were."""

from __future__ import annotations

import os
import sqlite3
from typing import NamedTuple

from pemr_desktop.library.scanning.file_reading import ToRead
from pemr_desktop.library.tracks.storing import same_file
from pemr_desktop.tagfiles.first_quick_digest import FIRST_VERSION
from pemr_desktop.tagfiles.identity import changed_ns


class KnownFile(NamedTuple):
    """A file as its track says. `ctime_ns`: when the system last saw it change; None: not known.

    `first_digest`: of its sound, where 0.1.0 made it.
    """

    track_id: int
    size: int
    mtime_ns: int
    inode: int
    missing: bool
    ctime_ns: int | None
    first_digest: bytes | None

    def is_same(self, status: os.stat_result) -> bool:
        """Whether size, modification time and inode are as they were."""
        return same_file(status, self.size, self.mtime_ns, self.inode)

    def asked_of(self, asked: ToRead, status: os.stat_result) -> ToRead:
        """What is to be read of the file now."""
        return asked._replace(known_id=self.track_id, unchanged=self.is_same(status), first_digest=self.first_digest)

    def is_untouched(self, status: os.stat_result) -> bool:
        """Whether nobody changed it either who set the modification time back."""
        return self.is_same(status) and self.ctime_ns in (None, changed_ns(status))


class TriedFile(NamedTuple):
    """The state in which a file could not be read, or was odd. `ctime_ns` None: not known."""

    size: int
    mtime_ns: int
    ctime_ns: int | None

    def is_as_tried(self, status: os.stat_result) -> bool:
        """Whether the file is still in that state."""
        return (self.size, self.mtime_ns) == (status.st_size, status.st_mtime_ns) and self.ctime_ns in (
            None,
            changed_ns(status),
        )

    def says_all_of(self, known: KnownFile) -> bool:
        """Whether a file as it was tried needs no reading for its track either.

        Without a ctime, a file of the size and time of its track may be another file: one exchanged for it.
        """
        return self.ctime_ns is not None or (known.size, known.mtime_ns) != (self.size, self.mtime_ns)


def known_files(connection: sqlite3.Connection, root_id: int, folder: bytes) -> dict[bytes, KnownFile]:
    """The tracks of one folder by relative path."""
    rows = connection.execute(
        "SELECT rel_path, id, size, mtime_ns, inode, missing, ctime_ns, "
        "CASE quick_version WHEN ? THEN quick_digest END FROM tracks WHERE root_id = ? AND folder = ?",
        (FIRST_VERSION, root_id, folder),
    )
    return {row[0]: KnownFile(*row[1:]) for row in rows}


def tried_files(
    connection: sqlite3.Connection, root_id: int, forget: str = ""
) -> tuple[dict[bytes, TriedFile], set[int]]:
    """The files of a root that had a problem in a known state, by path, and the tracks among them.

    `forget`: files with this reason are to be tried again.
    """
    rows = connection.execute(
        "SELECT path, track_id, size, mtime_ns, ctime_ns FROM problems "
        "WHERE stage = 'scan' AND size IS NOT NULL AND root_id = ? AND reason <> ?",
        (root_id, forget),
    ).fetchall()
    return {row[0]: TriedFile(*row[2:]) for row in rows}, {row[1] for row in rows if row[1] is not None}


def happened_before(connection: sqlite3.Connection, path: bytes, reason: str) -> bool:
    """Whether the same went wrong with the same file at the last scan: then it is the file's fault."""
    found = connection.execute(
        "SELECT 1 FROM problems WHERE path = ? AND stage = 'scan' AND reason = ?", (path, reason)
    )
    return found.fetchone() is not None
