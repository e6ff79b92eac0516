"""Temporary files that a killed process left: named by a note that nobody holds any more, and by nothing else."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from pemr.pending_writes.notes import NOTE_SUFFIX, TEMPORARY_NAME, lock, notes_folder

log = logging.getLogger(__name__)

FORGOTTEN_S = 366 * 86400.0
"""A note of a folder that is not there (a disk that is unplugged) is kept this long."""


def strays(folder: Path | None = None) -> list[Path]:
    """Temporary files of processes that are dead, by the notes of a folder (of `notes_folder` when none is named)."""
    return [found.temporary for found in _dead_notes(folder or notes_folder()) if found.temporary_is_there]


def remove_strays(folder: Path | None = None) -> list[Path]:
    """Remove what `strays` finds, and the notes that are settled -> the files removed."""
    removed = []
    for found in _dead_notes(folder or notes_folder()):
        try:
            if found.temporary_is_there:
                found.temporary.unlink()
                removed.append(found.temporary)
                log.info("Removed %s, which an interrupted write had left", found.temporary)
            if found.is_settled:
                found.note.unlink(missing_ok=True)
        except OSError as error:
            log.warning("%s, which an interrupted write left, could not be removed: %s", found.temporary, error)
    return removed


class _Found(NamedTuple):
    """The note of a process that is dead. `folder_inode`: the number of the folder of the temporary file."""

    note: Path
    temporary: Path
    folder_inode: int
    age_s: float

    @property
    def temporary_is_there(self) -> bool:
        return TEMPORARY_NAME.match(self.temporary.name) is not None and self.temporary.is_file()

    @property
    def is_settled(self) -> bool:
        """Whether the temporary file is gone for good, not only out of reach on a disk that is not there."""
        if self.age_s > FORGOTTEN_S:
            return True
        try:
            same_folder = self.temporary.parent.stat().st_ino == self.folder_inode
        except OSError:
            return False
        return same_folder and not self.temporary.exists()


def _dead_notes(folder: Path | None) -> Iterator[_Found]:
    if folder is None:
        return
    try:
        notes = sorted(path for path in folder.iterdir() if path.suffix == NOTE_SUFFIX)
    except OSError:
        return
    for note in notes:
        found = _read_if_dead(note)
        if found is not None:
            yield found


def _read_if_dead(note: Path) -> _Found | None:
    """None for a note whose process lives, and for one that names nothing, which is removed.

    That happens under its lock: a process that is only about to write it finds it gone, and makes another one.
    """
    try:
        descriptor = os.open(note, os.O_RDWR)
    except OSError:
        return None
    try:
        lock(descriptor, wait=False)
        said = json.loads(os.read(descriptor, 1 << 16))
        age_s = time.time() - os.fstat(descriptor).st_mtime
        return _Found(note, Path(said["temporary"]), int(said["folder"]), age_s)
    except OSError:
        return None
    except (ValueError, KeyError, TypeError):
        with suppress(OSError):
            note.unlink(missing_ok=True)
        return None
    finally:
        os.close(descriptor)
