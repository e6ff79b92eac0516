"""Work outside the library that takes longer than a frame: done on a thread, answered on this one."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

import shiboken6
from PySide6.QtCore import QObject, Qt, Signal, Slot

log = logging.getLogger(__name__)


class OffThread(QObject):
    """One thread for the slow questions of one page. Of several questions on a topic only the newest is answered."""

    _answered = Signal(str, int, object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="off-thread")
        self._newest: dict[str, int] = {}
        self._done: dict[str, Callable[[Any], object]] = {}
        self._answered.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self.destroyed.connect(partial(self._pool.shutdown, wait=False, cancel_futures=True))

    def ask(self, topic: str, function: Callable[..., Any], *args: Any, done: Callable[[Any], object]) -> None:
        """Run `function(*args)` on the thread, then `done(answer)` here. An error is logged and not answered."""
        number = self._newest.get(topic, 0) + 1
        self._newest[topic] = number
        self._done[topic] = done
        self._pool.submit(function, *args).add_done_callback(partial(self._send, topic, number))

    def forget(self, topic: str) -> None:
        """The answer is no longer wanted."""
        self._newest[topic] = self._newest.get(topic, 0) + 1

    def _send(self, topic: str, number: int, future: Future[Any]) -> None:
        if future.cancelled() or not shiboken6.isValid(self):
            return
        error = future.exception()
        self._answered.emit(topic, number, None if error is not None else future.result(), error)

    @Slot(str, int, object, object)
    def _deliver(self, topic: str, number: int, answer: Any, error: Exception | None) -> None:
        if self._newest.get(topic) != number:
            return
        if error is not None:
            log.warning("%s failed: %s", topic, error, exc_info=error)
        else:
            self._done[topic](answer)
