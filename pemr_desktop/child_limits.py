"""A process that parses untrusted input: its limits of memory and of processor time, and how it ends."""

from __future__ import annotations

import math
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import NoReturn

TOO_LATE = 75
"""The exit code of a child that took too much of the processor."""
CLOCK_TIMES = 4.0
"""A child may wait for the disk or for other programs so many times as long as it may compute."""
LOOK_UP_EVERY_S = 0.1


def limit_memory(headroom_mb: int) -> None:
    """From now on this process may take so much more memory; what asks for more gets a MemoryError, or ends it.

    Counted are its own writable pages, not what it maps of files. Windows and macOS know no such limit.
    """
    if sys.platform != "linux":
        return
    import resource

    taken = _own_pages()
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = taken + (headroom_mb << 20)
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (wanted, hard))


def run_child(main: Callable[[], int]) -> NoReturn:
    """Be a child that answers: exit with what `main` returns, or without a word when whoever asked is gone.

    A program that was killed leaves its children with answers that nobody takes; that is no fault of theirs.
    """
    try:
        code = main()
    except BrokenPipeError:
        os._exit(0)  # not by the usual way, on which streams are flushed once more
    sys.exit(code)


def _own_pages() -> int:
    """Bytes of writable memory that this process has mapped already."""
    with open("/proc/self/statm", "rb") as stream:  # noqa: PTH123 - no file of the user
        pages = int(stream.read().split()[5])
    return pages * os.sysconf("SC_PAGE_SIZE")


class Patience(threading.Thread):
    """Ends this process when what it is at has taken too much of the processor: a busy machine costs no file."""

    def __init__(self) -> None:
        super().__init__(name="patience", daemon=True)
        self._until_s = math.inf

    def allow(self, processor_s: float) -> None:
        """What begins now may take so many seconds."""
        self._until_s = time.process_time() + processor_s

    def rest(self) -> None:
        """Nothing is to be done; waiting takes as long as it takes."""
        self._until_s = math.inf

    def run(self) -> None:
        """Look again and again."""
        while time.process_time() < self._until_s:
            time.sleep(LOOK_UP_EVERY_S)
        os._exit(TOO_LATE)
