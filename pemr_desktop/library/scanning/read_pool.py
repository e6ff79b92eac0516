"""Reading many files in child processes: fast on several cores, and no file can hang or crash the scan.

A child that dies, or takes too long over one file, costs that file only; it is replaced for the rest.
"""

from __future__ import annotations

import errno
import logging
import os
import queue
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

import msgspec

from pemr_desktop.child_limits import CLOCK_TIMES, TOO_LATE
from pemr_desktop.library.scanning.file_reading import FileContent, Reading, ToRead, reading_of
from pemr_desktop.library.scanning.read_process import READY, Order, read_frame, write_frame
from pemr_desktop.processes import module_command, put_away
from pemr_desktop.refusals import refusal
from pemr_desktop.system_reasons import system_reason
from pemr_desktop.tagfiles.errors import TagReadError, readable
from pemr_desktop.tagfiles.identity import identity

log = logging.getLogger(__name__)

CHILD_MODULE = "pemr_desktop.library.scanning.read_process"
PATIENCE_S = 10.0
"""Of the processor for one file; by the clock some times as long."""
START_S = 60.0
"""How much longer a process may take to start than to read a file: a busy machine, a cold disk, a virus scanner."""
MAX_FAILED_STARTS = 2
LOOK_UP_EVERY_S = 0.2
FIRST_ORDER, LARGEST_ORDER = 4, 32
ORDERS_AHEAD = 3
"""Orders a child that wait for it, so that it never waits for the walk."""


def usual_children() -> int:
    """One a core, within reason: on network disks several wait better than one."""
    return max(2, min(8, os.cpu_count() or 1))


class TagChild:
    """One child process, started when it is first asked. Used by one thread at a time; `end` may come from any."""

    def __init__(self, command: Sequence[str] = (), patience_s: float = PATIENCE_S, films: bool = True) -> None:
        self._command = list(command)
        self._films = films
        self._patience_s = patience_s
        self._process: subprocess.Popen[bytes] | None = None
        self._decoder = msgspec.msgpack.Decoder(FileContent)
        self._encoder = msgspec.msgpack.Encoder()
        self._ended = False
        self._busy_since: float | None = None
        self._late = False

    def read(self, asked: Sequence[ToRead]) -> list[Reading]:
        """All these files. When the child dies of one, the rest is read one by one until it is known which."""
        readings: list[Reading] = []
        one_by_one, failed_starts = False, 0
        while (left := asked[len(readings) :]) and not self._ended:
            order = left[:1] if one_by_one else left
            try:
                answers = self._ask(order)
            except OSError as error:
                log.warning("No process to read tags could be started: %s", error)
                failed_starts += 1
                if failed_starts < MAX_FAILED_STARTS:
                    continue
                why = refusal("no process to read it", reason=system_reason(error))
                return readings + [Reading(file, None, why, None) for file in left]
            readings += answers
            if len(answers) == len(order) or self._ended:
                continue
            self.reap()
            if len(order) == 1:
                readings.append(_blamed(order[0], self._late))
            one_by_one = len(order) > 1
        return readings

    def give_up_when_late(self) -> None:
        """End the process when it has not answered for too long; the next order starts another."""
        since = self._busy_since
        if since is not None and time.monotonic() - since > CLOCK_TIMES * self._patience_s:
            self._late = True
            self._kill()

    def end(self) -> None:
        """End the child for good, whatever it does."""
        self._ended = True
        self._kill()

    def reap(self) -> None:
        """Leave nothing of the process behind."""
        process, self._process = self._process, None
        if process is not None:
            put_away(process)
            self._late = self._late or process.returncode == TOO_LATE

    def _ask(self, order: Sequence[ToRead]) -> list[Reading]:
        """The answers that come before the child ends."""
        answers: list[Reading] = []
        process = self._running()
        assert process.stdin is not None and process.stdout is not None
        self._late = False
        try:
            self._busy_since = time.monotonic()
            write_frame(process.stdin, self._encoder.encode(self._order(order)))
            process.stdin.flush()
            for file in order:
                message = read_frame(process.stdout)
                if message is None:
                    break
                self._busy_since = time.monotonic()
                answers.append(reading_of(file, self._decoder.decode(message)))
        except (BrokenPipeError, msgspec.MsgspecError) as error:
            log.warning("A tag child broke off: %s", error)
        finally:
            self._busy_since = None
        return answers

    def _order(self, files: Sequence[ToRead]) -> Order:
        first_digests = {
            number: file.first_digest for number, file in enumerate(files) if file.first_digest is not None
        }
        return Order([os.fsencode(file.path) for file in files], self._patience_s, self._films, first_digests)

    def _running(self) -> subprocess.Popen[bytes]:
        """The process, started and ready. Raises OSError."""
        if self._process is not None and self._process.poll() is None:
            return self._process
        self.reap()
        command = self._command or module_command(CHILD_MODULE)
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if self._ended:
            self._process.kill()
        assert self._process.stdout is not None
        try:
            self._busy_since = time.monotonic() + START_S
            if read_frame(self._process.stdout) != READY and not self._ended:
                raise OSError(errno.ECHILD, "the process ended before it was ready")
        finally:
            self._busy_since = None
        return self._process

    def _kill(self) -> None:
        process = self._process
        if process is not None:
            process.kill()


def _blamed(file: ToRead, late: bool) -> Reading:
    """The answer for a file that a child did not survive. It may have been the disk's fault, so nothing is sure yet."""
    if late:
        log.warning("Given up on %s", readable(file.path))
        why = refusal("reading took too long")
    else:
        log.warning("A tag child died of %s", readable(file.path))
        why = refusal("reading ended its process")
    try:
        return Reading(file, None, why, identity(file.path), sure=False)
    except TagReadError as error:
        return Reading(file, None, error.why, None)


class ReadingPool:
    """Some children with a thread each, and one thread that ends a child that takes too long over a file."""

    def __init__(
        self, count: int, *, patience_s: float = PATIENCE_S, command: Sequence[str] = (), films: bool = True
    ) -> None:
        self._children = [TagChild(command, patience_s, films) for _ in range(count)]
        self._free: queue.LifoQueue[TagChild] = queue.LifoQueue()  # the one that runs already first
        for child in self._children:
            self._free.put(child)
        self._patience_s = patience_s
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="tags")
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._watch_children, name="tags-watch", daemon=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        for child in self._children:
            child.end()
        self._pool.shutdown(wait=True, cancel_futures=True)
        for child in self._children:
            child.reap()
        if self._watch.is_alive():
            self._watch.join()

    def submit(self, files: Sequence[ToRead]) -> Future[list[Reading]]:
        """Read these files in some child."""
        if not self._watch.ident:
            self._watch.start()
        return self._pool.submit(self._read, files)

    def _read(self, files: Sequence[ToRead]) -> list[Reading]:
        child = self._free.get()
        try:
            return child.read(files)
        finally:
            self._free.put(child)

    def _watch_children(self) -> None:
        while not self._over.wait(min(LOOK_UP_EVERY_S, self._patience_s / 4)):
            for child in self._children:
                child.give_up_when_late()


def read_files(
    files: Iterable[ToRead | None],
    cancelled: Callable[[], bool],
    children: int,
    *,
    patience_s: float = PATIENCE_S,
    command: Sequence[str] = (),
    films: bool = True,
) -> Iterator[Reading]:
    """Read files in `children` processes, answers in order; the next ones are read while the caller stores the last.

    None among the files says that no more may come for a while: what waits to be ordered is ordered then.
    """
    waiting: deque[Future[list[Reading]]] = deque()
    order: list[ToRead] = []
    size = FIRST_ORDER
    with ReadingPool(children, patience_s=patience_s, command=command, films=films) as pool:
        for file in files:
            if file is not None:
                order.append(file)
            if len(order) >= size or (file is None and len(order) >= size // 2):
                waiting.append(pool.submit(order))
                order, size = [], min(LARGEST_ORDER, size * 2)
            while waiting and (waiting[0].done() or len(waiting) >= children * ORDERS_AHEAD):
                yield from _answered(waiting, cancelled)
            if cancelled():
                return
        if order:
            waiting.append(pool.submit(order))
        while waiting and not cancelled():
            yield from _answered(waiting, cancelled)


def _answered(waiting: deque[Future[list[Reading]]], cancelled: Callable[[], bool]) -> list[Reading]:
    """The answers to the oldest order; none when cancelled before they come."""
    first = waiting.popleft()
    while not cancelled():
        try:
            return first.result(timeout=LOOK_UP_EVERY_S)
        except TimeoutError:
            continue
    return []
