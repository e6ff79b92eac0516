"""Notes of the temporary files that are being written.

One small file an unfinished write, in a folder of the application's own: written before the temporary file is made,
locked by the operating system for as long as the writing process lives (so that a process id that is used again
confuses nobody), and removed when the write has ended. Whatever this folder does not name is nobody's stray. Notes are
not synced: a power cut, unlike a kill, may lose one.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

log = logging.getLogger(__name__)

FOLDER_VARIABLE = "PEMR_PENDING_WRITES"
"""Names the folder for a process and those it starts. Without it nothing is noted."""
TEMPORARY_NAME = re.compile(r"^\.pemr-new-[0-9a-f]{16}\.part$")
NOTE_SUFFIX = ".json"


def temporary_beside(path: Path) -> Path:
    """A hidden name that no other program gives, never longer than the file system allows."""
    return path.parent / f".pemr-new-{os.urandom(8).hex()}.part"


def note_in(folder: Path) -> None:
    """From now on this process, and those it starts, note their unfinished writes in this folder."""
    os.environ[FOLDER_VARIABLE] = str(folder)


def notes_folder() -> Path | None:
    """Where unfinished writes are noted, None when they are not."""
    folder = os.environ.get(FOLDER_VARIABLE)
    return Path(folder) if folder else None


@contextmanager
def noted(temporary: Path) -> Iterator[None]:
    """Keep a note of a temporary file while the block runs. Where none can be kept the write goes on without."""
    folder = notes_folder()
    note = _begin(folder, temporary) if folder is not None else None
    try:
        yield
    finally:
        if note is not None:
            note.end(settled=not temporary.exists())


class _Note:
    """A note whose file is open and locked."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self.descriptor = descriptor

    def end(self, *, settled: bool = True) -> None:
        """Unlock it; remove it too unless the temporary file is still there, for the next start to remove."""
        if settled and os.name != "nt":
            self._remove()
        os.close(self.descriptor)
        if settled and os.name == "nt":  # an open file cannot be removed there
            self._remove()

    def _remove(self) -> None:
        with suppress(OSError):
            self.path.unlink(missing_ok=True)


def _begin(folder: Path, temporary: Path) -> _Note | None:
    try:
        content = {"temporary": str(temporary.absolute()), "folder": temporary.parent.stat().st_ino}
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        note = _made(folder)
    except OSError as error:
        log.debug("No note of %s can be kept in %s: %s", temporary, folder, error)
        return None
    try:
        os.write(note.descriptor, json.dumps(content).encode("ascii"))
    except OSError as error:
        log.debug("No note of %s can be kept in %s: %s", temporary, folder, error)
        note.end()
        return None
    return note


def _made(folder: Path) -> _Note:
    """An empty note that is locked. One that a start elsewhere removed before we had locked it is made anew."""
    while True:
        path = folder / f"{os.urandom(8).hex()}{NOTE_SUFFIX}"
        note = _Note(path, os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            lock(note.descriptor, wait=True)
        except OSError:
            note.end()
            raise
        if path.exists():
            return note
        note.end()


if sys.platform == "win32":
    import msvcrt

    LOCKED_BYTE = 1 << 20

    def lock(descriptor: int, *, wait: bool) -> None:
        """Lock one byte far behind the content, which others may read then. Raises OSError when it is locked."""
        os.lseek(descriptor, LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)

else:
    import fcntl

    def lock(descriptor: int, *, wait: bool) -> None:
        """Lock the file. Raises OSError when another process has locked it and we do not wait."""
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
