"""One writer at a time: a file that the operating system locks, and unlocks when its process ends, however it ends."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pemr_desktop.errors import LibraryInUse
from pemr_desktop.private_files import PRIVATE_FILE
from pemr_desktop.tagfiles.errors import readable


class LibraryLock:
    """Holds `<library>.lock` until `release`. Raises LibraryInUse when another process holds it, and OSError."""

    def __init__(self, library: Path) -> None:
        self.path = library.with_name(library.name + ".lock")
        self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, PRIVATE_FILE)
        try:
            _lock(self._descriptor)
        except (BlockingIOError, PermissionError) as error:
            os.close(self._descriptor)
            raise LibraryInUse("library in use", library=readable(library)) from error
        except OSError:  # a network disk that knows no locks: nobody could be kept out
            os.close(self._descriptor)
            raise

    def release(self) -> None:
        """Let others in. The file stays: removing it would let two processes hold two different locks."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
