"""Ctrl+C in the terminal and the system's request to end close the window as a click does."""

from __future__ import annotations

import logging
import signal
import socket
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from PySide6.QtCore import QObject, QSocketNotifier, Slot

log = logging.getLogger(__name__)


class EndSignals(QObject):
    """Wakes Qt when a signal arrives; Python alone would notice it only at the next event."""

    def __init__(self, close: Callable[[], object], parent: QObject) -> None:
        super().__init__(parent)
        self._close = close
        self._read, self._write = socket.socketpair()
        for end in (self._read, self._write):
            end.setblocking(False)
        self._notifier = QSocketNotifier(self._read.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._woken)
        self._old_descriptor = signal.set_wakeup_fd(self._write.fileno(), warn_on_full_buffer=False)
        asked = (signal.SIGINT,) if sys.platform == "win32" else (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        self._old: dict[signal.Signals, Any] = {number: signal.signal(number, self._asked_to_end) for number in asked}

    def release(self) -> None:
        """Signals do again what they did before."""
        self._notifier.setEnabled(False)
        signal.set_wakeup_fd(self._old_descriptor)
        for number, handler in self._old.items():
            signal.signal(number, handler)
        self._read.close()
        self._write.close()

    def _asked_to_end(self, number: int, _frame: FrameType | None) -> None:
        log.info("Asked to end by signal %d", number)

    @Slot()
    def _woken(self) -> None:
        if self._read.recv(64):
            self._close()
