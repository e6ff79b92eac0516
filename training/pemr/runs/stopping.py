"""How a run is asked to stop: a signal, a file named `stop` in its folder, or the line `stop` on standard input."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

log = logging.getLogger(__name__)


class StopRequest:
    """`asked` turns True once; the loop then finishes its step, saves and ends. Signals are restored on exit.

    Of several processes that train together one on each machine is the `owner` of the stop file and takes it away.
    """

    def __init__(self, stop_file: Path, *, listen: bool = False, owner: bool = True) -> None:
        self.stop_file = stop_file
        self._signalled = False
        self._before: dict[int, Any] = {}
        self._listen = listen
        self._owner = owner

    @property
    def asked(self) -> bool:
        return self._signalled or self.stop_file.exists()

    def __enter__(self) -> StopRequest:
        if self._owner:
            self.stop_file.unlink(missing_ok=True)
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._on_signal)
        if self._listen:
            threading.Thread(target=self._read_lines, name="stop-line", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if self._owner:
            self.stop_file.unlink(missing_ok=True)

    def _read_lines(self) -> None:
        for line in sys.stdin:
            if line.strip() == "stop":
                self._signalled = True
                return

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._signalled and number == signal.SIGINT:
            raise KeyboardInterrupt
        self._signalled = True
        log.info("Asked to stop; the current step is finished and saved first")


@contextmanager
def raised_on_signal(error: type[Exception]) -> Iterator[None]:
    """Ctrl+C and SIGTERM raise `error` at once: for work that has nothing to save, such as judging.

    A `StopRequest` inside takes the signals over while it lasts.
    """

    def on_signal(number: int, frame: FrameType | None) -> None:
        raise error

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
