"""A pool of decode children: files in, samples out, in whatever order they are ready.

A child that dies or takes too long costs the file it was busy with; it is started anew for the next one.
"""

from __future__ import annotations

import logging
import os
import queue
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Generic, Self, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt

from pemr_desktop.analysis.decoding.process import Answer, Order
from pemr_desktop.child_limits import CLOCK_TIMES, TOO_LATE
from pemr_desktop.processes import module_command, put_away
from pemr_desktop.refusals import Refusal, refusal
from pemr_desktop.system_reasons import system_reason
from pemr_desktop.tagfiles.errors import TagFileError
from pemr_desktop.tagfiles.identity import FileIdentity, identity

log = logging.getLogger(__name__)

CHILD_MODULE = "pemr_desktop.analysis.decoding.process"
LISTEN_LIMIT_S = 1800.0
"""Of a longer mix the first half hour is listened to: a two-hour file would need half a gigabyte."""

LOOK_UP_EVERY_S = 0.1

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Sound:
    """A decoded file: mono samples (n,) at `sample_rate`, `duration_s` of the whole, peaks over the whole.

    `is_counted`: the whole was decoded; else its end was not reached, and the length is what others say.
    """

    samples: npt.NDArray[np.float32]
    sample_rate: int
    duration_s: float
    peaks: bytes
    truncated: bool
    corrupt_packets: int
    spent_s: float
    before: FileIdentity
    is_counted: bool = True


@dataclass(frozen=True)
class NoSound:
    """A file that could not be decoded, and why."""

    why: Refusal


class DecodeChild:
    """One child process. Used by one thread at a time; `kill` may come from any."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._killed = False

    def decode(
        self, path: Path, sample_rate: int, limit_s: float, patience_s: float, known_s: float = 0.0
    ) -> Sound | NoSound:
        """Decode a file, giving it `patience_s` of the processor, and some times that by the clock."""
        try:
            before = identity(path)
        except TagFileError as error:
            return NoSound(error.why)
        try:
            process = self._running()
        except OSError as error:
            log.exception("No decode child could be started")
            return NoSound(refusal("no process to decode it", reason=system_reason(error)))
        assert process.stdin is not None and process.stdout is not None
        too_late = threading.Event()

        def give_up() -> None:
            too_late.set()
            process.kill()

        timer = threading.Timer(CLOCK_TIMES * patience_s, give_up)
        timer.daemon = True
        timer.start()
        try:
            order = Order(os.fsencode(path), sample_rate, limit_s, patience_s, known_s)
            process.stdin.write(msgspec.json.encode(order) + b"\n")
            process.stdin.flush()
            line = process.stdout.readline()
            answer = msgspec.json.decode(line, type=Answer) if line else None
            samples = np.empty(answer.count if answer else 0, np.float32)
            complete = _read_into(process.stdout, samples)
        except (OSError, msgspec.MsgspecError):
            answer, complete = None, False
        finally:
            timer.cancel()
        if answer is None or not complete:
            if self._reap() == TOO_LATE or too_late.is_set():
                return NoSound(refusal("decoding took too long", seconds=f"{patience_s:g}"))
            return NoSound(refusal("decoding ended the decoder"))
        if answer.why is not None:
            return NoSound(answer.why)
        return Sound(
            samples,
            sample_rate,
            answer.duration_s,
            answer.peaks,
            answer.truncated,
            answer.corrupt_packets,
            answer.spent_s,
            before,
            answer.is_counted,
        )

    @property
    def process_id(self) -> int | None:
        """The id of the child while it runs."""
        return self._process.pid if self._process is not None else None

    def kill(self) -> None:
        """End the child now, whatever it does."""
        self._killed = True
        if self._process is not None:
            self._process.kill()

    def close(self) -> None:
        """End the child and leave nothing behind."""
        self.kill()
        self._reap()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._reap()
            self._process = subprocess.Popen(
                module_command(CHILD_MODULE), stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=-1
            )
            if self._killed:
                self._process.kill()
        return self._process

    def _reap(self) -> int | None:
        """Put the child away -> its exit code."""
        process, self._process = self._process, None
        if process is None:
            return None
        put_away(process)
        return process.returncode


class DecodePool(Generic[Item, Result]):
    """Decodes files in `count` children at the same time, and does something with each sound right there.

    Each child has a thread, which hands the sound to `then(number of the child, item, sound)` before it orders the
    next file. Use as a context manager; leaving it ends the children, also in the middle of a file.
    """

    def __init__(
        self,
        count: int,
        sample_rate: int,
        patience_s: float,
        then: Callable[[int, Item, Sound | NoSound], Result],
        ahead: int = 2,
    ) -> None:
        self._sample_rate = sample_rate
        self._patience_s = patience_s
        self._then = then
        self._children = [DecodeChild() for _ in range(count)]
        self._orders: queue.SimpleQueue[tuple[Item, Path, float] | None] = queue.SimpleQueue()
        self._results: queue.Queue[tuple[Item, Result] | BaseException] = queue.Queue(maxsize=ahead)
        self._threads = [
            threading.Thread(target=self._work, args=(number,), name=f"listener {number}", daemon=True)
            for number in range(count)
        ]
        self._outstanding = 0
        self._stopped = threading.Event()

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        for child in self._children:
            child.kill()
        for _ in self._threads:
            self._orders.put(None)
        for thread in self._threads:
            thread.join()
        for child in self._children:
            child.close()

    def order(self, item: Item, path: Path, known_s: float = 0.0) -> None:
        """Ask for one more file. `known_s`: its length, as far as others know it."""
        self._outstanding += 1
        self._orders.put((item, path, known_s))

    def results(
        self, orders: Iterable[tuple[Item, Path]] = (), stop: Callable[[], bool] = lambda: False
    ) -> Iterator[tuple[Item, Result]]:
        """All results as they come, until every order is answered or `stop` says so.

        More may be ordered while results are taken. An exception of `then` is raised here.
        """
        for item, path in orders:
            self.order(item, path)
        while self._outstanding and not stop():
            try:
                result = self._results.get(timeout=LOOK_UP_EVERY_S)
            except queue.Empty:
                continue
            if isinstance(result, BaseException):
                raise result
            self._outstanding -= 1
            yield result

    @property
    def is_done(self) -> bool:
        """Whether every order has been answered."""
        return not self._outstanding

    def process_ids(self) -> list[int]:
        """The children that run now."""
        return [child.process_id for child in self._children if child.process_id is not None]

    def _work(self, number: int) -> None:
        while (order := self._orders.get()) is not None and not self._stopped.is_set():
            item, path, known_s = order
            child = self._children[number]
            try:
                sound = child.decode(path, self._sample_rate, LISTEN_LIMIT_S, self._patience_s, known_s)
                if not self._stopped.is_set():
                    self._offer((item, self._then(number, item, sound)))
            except Exception as error:  # an order without an answer would stop everything: it is raised in `results`
                log.exception("Listening to %s failed", path)
                self._offer(error)

    def _offer(self, result: tuple[Item, Result] | BaseException) -> None:
        while not self._stopped.is_set():
            try:
                self._results.put(result, timeout=LOOK_UP_EVERY_S)
                return
            except queue.Full:
                continue


def decode_one(
    path: Path, sample_rate: int, patience_s: float, stop: Callable[[], bool] = lambda: False
) -> Sound | NoSound | None:
    """Decode a single file in a child of its own; None if `stop` said so before it was done."""
    with DecodePool[None, Sound | NoSound](1, sample_rate, patience_s, lambda _number, _item, sound: sound) as pool:
        return next((sound for _item, sound in pool.results([(None, path)], stop)), None)


def _read_into(stream: IO[bytes], samples: npt.NDArray[np.float32]) -> bool:
    """Fill `samples` from a buffered stream; False if it ends before."""
    view = samples.view(np.uint8).data
    have = 0
    while have < len(view):
        count = stream.readinto(view[have:])  # type: ignore[attr-defined]
        if not count:
            return False
        have += count
    return True
