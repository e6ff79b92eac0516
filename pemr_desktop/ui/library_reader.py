"""Questions to the library, asked by the window and answered off its thread.

A few threads hold a read-only connection each. A question is a function `f(connection, *args)`; its answer arrives
on the window's thread; of a generator each part does, as soon as it is there. A newer question on the same topic
makes the older one stale: it is taken out of the queue, interrupted when it already runs, and its answer is never
delivered, not even one that was found before the newer question and waits for the window.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import weakref
from collections import deque
from collections.abc import Callable, Generator
from contextlib import closing, suppress
from pathlib import Path
from types import MethodType
from typing import Any

import shiboken6
from PySide6.QtCore import QObject, Qt, Signal, Slot

log = logging.getLogger(__name__)

Answer = Callable[[Any], object]
_SENT = object()
OpenReader = Callable[[Path], sqlite3.Connection]


class Question:
    """One question under way. `drop()` makes sure that its answer is never delivered."""

    __slots__ = ("__weakref__", "_done", "_failed", "args", "dropped", "function", "topic")

    def __init__(
        self,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        done: Answer,
        failed: Answer | None,
        topic: object | None,
    ) -> None:
        self.function = function
        self.args = args
        self.topic = topic
        self.dropped = False
        self._done = _hold(done)
        self._failed = _hold(failed) if failed is not None else None

    def drop(self) -> None:
        """Forget this question."""
        self.dropped = True

    def deliver(self, answer: Any, error: Exception | None) -> None:
        """Hand the answer over; on the window's thread only. A receiver that is gone is not called."""
        if self.dropped:
            return
        held = self._done if error is None else self._failed
        if held is None:
            log.warning("A question to the library failed: %s", error, exc_info=error)
            return
        receiver = held()
        if receiver is not None:
            receiver(answer if error is None else error)


class Reader(QObject):
    """Asks the library without ever blocking the window. Belongs to the window's thread."""

    _answered = Signal(object, object, object)

    def __init__(
        self, library_file: Path, open_reader: OpenReader, threads: int = 2, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._library_file = library_file
        self._open_reader = open_reader
        self._queue: deque[Question] = deque()
        self._lock = threading.Lock()
        self._wake = threading.Condition(self._lock)
        self._running: dict[Question, sqlite3.Connection | None] = {}
        self._newest: weakref.WeakValueDictionary[object, Question] = weakref.WeakValueDictionary()
        self._closing = False
        self._opening = 0
        self._answered.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._threads = [
            threading.Thread(target=self._serve, name=f"library-reader-{number}", daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def ask(
        self,
        function: Callable[..., Any],
        *args: Any,
        done: Answer,
        failed: Answer | None = None,
        topic: object | None = None,
    ) -> Question:
        """Run `function(connection, *args)` on a reader thread, then `done(answer)` on this thread.

        A generator function answers several times: `done(part)` for each part.
        `failed(error)` is called instead when it raised; without it the error is logged. Bound methods are held
        weakly, so a closed page is simply not called. A question on the same `topic` that is still open becomes stale.
        """
        question = Question(function, args, done, failed, topic)
        with self._lock:
            if topic is not None:
                self._make_stale(topic)
                self._newest[topic] = question
            self._queue.append(question)
            self._wake.notify()
        return question

    def reopen(self) -> None:
        """Ask what comes next of the file that lies at the library's place then, be it another one."""
        with self._lock:
            self._opening += 1

    def forget(self, topic: object) -> None:
        """Make every open question on this topic stale."""
        with self._lock:
            self._make_stale(topic)

    def idle(self) -> bool:
        """True when nothing is waiting or running."""
        with self._lock:
            return not self._queue and not self._running

    def close(self, timeout_s: float = 5.0) -> bool:
        """Drop everything, interrupt what runs, join the threads. True when all of them ended in time."""
        with self._lock:
            self._closing = True
            self._queue.clear()
            for question in self._running:
                self._stop(question)
            self._wake.notify_all()
        for thread in self._threads:
            thread.join(timeout_s)
        return not any(thread.is_alive() for thread in self._threads)

    def _make_stale(self, topic: object) -> None:
        question = self._newest.pop(topic, None)
        if question is None:
            return
        self._stop(question)
        with suppress(ValueError):  # it runs already, or has been answered
            self._queue.remove(question)

    def _stop(self, question: Question) -> None:
        question.drop()
        connection = self._running.get(question)
        if connection is not None:
            connection.interrupt()

    def _serve(self) -> None:
        """The life of a reader thread: one connection, opened at the first question, reopened after a failure."""
        connection: sqlite3.Connection | None = None
        opening = self._opening
        try:
            while (question := self._next()) is not None:
                try:
                    if connection is not None and opening != self._opening:
                        connection.close()
                        connection = None
                    if connection is None:
                        opening = self._opening
                        connection = self._open_reader(self._library_file)
                    with self._lock:
                        self._running[question] = connection
                    answer, error = self._answer(question, connection), None
                except Exception as caught:  # noqa: BLE001  every error is handed to the asker
                    answer, error = None, caught
                finally:
                    with self._lock:
                        self._running.pop(question, None)
                        ending = self._closing
                if question.dropped:
                    answer, error = _SENT, None  # with the error go the frames, and with them cursors that are open
                if connection is not None and not _is_clean(connection, error):
                    connection.close()
                    connection = None
                if not question.dropped and not ending and answer is not _SENT:
                    self._answered.emit(question, answer, error)
        finally:
            if connection is not None:
                connection.close()

    def _answer(self, question: Question, connection: sqlite3.Connection) -> object:
        if question.dropped:  # while the connection was being opened
            return _SENT
        answer = question.function(connection, *question.args)
        if isinstance(answer, Generator):
            with closing(answer):
                return self._send_parts(question, answer)
        return answer

    def _send_parts(self, question: Question, parts: Generator[Any, None, None]) -> object:
        for part in parts:
            if question.dropped or self._closing:
                break
            self._answered.emit(question, part, None)
        return _SENT

    def _next(self) -> Question | None:
        with self._lock:
            while not self._queue and not self._closing:
                self._wake.wait()
            if self._closing:
                return None
            question = self._queue.popleft()
            self._running[question] = None
            return question

    @Slot(object, object, object)
    def _deliver(self, question: Question, answer: Any, error: Exception | None) -> None:
        question.deliver(answer, error)


def _is_clean(connection: sqlite3.Connection, error: Exception | None) -> bool:
    """Whether the next question may use a connection, which an interruption may have left amid a transaction.

    Such a transaction is ended, or the next one could not begin and would see the library as it was. While any
    statement is still open the interruption holds for whatever comes next; a connection in that state is given up.
    """
    if isinstance(error, sqlite3.DatabaseError):
        return False
    try:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        connection.execute("SELECT 1").fetchone()
    except sqlite3.Error as left:
        log.debug("A connection to the library is given up: %s", left)
        return False
    return True


def _hold(receiver: Answer) -> Callable[[], Answer | None]:
    """A way back to the receiver that keeps no widget alive and never calls into a deleted one."""
    if not isinstance(receiver, MethodType):
        return lambda: receiver
    weak = weakref.WeakMethod(receiver)

    def look_up() -> Answer | None:
        method = weak()
        if method is None:
            return None
        owner = method.__self__
        if isinstance(owner, QObject) and not shiboken6.isValid(owner):
            return None
        return method

    return look_up
