"""The command line's side of the worker: the same process and messages as the window has, without Qt."""

from __future__ import annotations

import logging
import queue
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from pemr_desktop.errors import JobCancelled, JobRefused, WorkerUnavailable
from pemr_desktop.jobs.ledger import CrashLimit, Ledger
from pemr_desktop.processes import worker_command, worker_environment
from pemr_desktop.protocol.messages import (
    Cancel,
    Cancelled,
    Command,
    Event,
    Failed,
    Finished,
    Progress,
    Quit,
    Ready,
    Request,
)

log = logging.getLogger(__name__)

END_WITHIN_S = 15.0


class WorkerSession:
    """A worker for as long as the `with` block lasts. One job at a time."""

    def __init__(self, library: Path, model: Path | None = None) -> None:
        self._command = worker_command(library, model)
        self._ledger = Ledger()
        self._crash_limit = CrashLimit()
        self._process: subprocess.Popen[bytes] | None = None
        self._events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._reader: threading.Thread | None = None
        self.ready: Ready | None = None

    def __enter__(self) -> Self:
        self._launch()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            return
        self._send(Quit())
        try:
            process.stdin.close()
            process.wait(END_WITHIN_S)
        except (BrokenPipeError, subprocess.TimeoutExpired):
            process.kill()
            process.wait()
        if self._reader is not None:
            self._reader.join()
        process.stdout.close()

    def run(
        self, request: Request, title: str, progress: Callable[[Progress], None] = lambda _event: None
    ) -> tuple[Finished, msgspec.Struct | None]:
        """Do one job and wait for it: how it ended, and its result.

        Raises `JobRefused` with the reason when it failed, `JobCancelled` after Ctrl+C, `WorkerUnavailable` when the
        worker keeps dying. A worker that dies is started again and the job goes on where it stopped.
        """
        start = self._ledger.add(request, title)
        self._send(start)
        while True:
            try:
                event = self._events.get()
            except KeyboardInterrupt:
                self._ledger.cancelling(start.job_id)
                self._send(Cancel(start.job_id))
                continue
            if event is None:
                self._start_again()
                continue
            self._ledger.take(event)
            match event:
                case Progress():
                    if event.done:
                        self._crash_limit.worker_was_useful()
                    progress(event)
                case Finished():
                    return event, self._ledger.result(event)
                case Failed():
                    raise JobRefused(event.why)
                case Cancelled():
                    raise JobCancelled
                case _:
                    pass

    def _launch(self) -> None:
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=worker_environment(),
        )
        self._reader = threading.Thread(target=self._read, args=(self._process,), name="events", daemon=True)
        self._reader.start()
        event = self._events.get()
        if isinstance(event, Ready):
            self.ready = event
        else:
            self._start_again()

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        decode = msgspec.json.Decoder(Event).decode
        assert process.stdout is not None
        for line in iter(process.stdout.readline, b""):
            try:
                self._events.put(decode(line))
            except msgspec.MsgspecError:
                log.warning("The worker said something that is no event: %r", line[:200])
        self._events.put(None)

    def _start_again(self) -> None:
        """After a death of the worker: a new one, told what was not finished."""
        if self._process is not None:
            self._process.kill()
            log.warning("The worker ended with %s; it is started again", self._process.wait())
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    pipe.close()
        for event in self._ledger.worker_died():
            self._events.put(event)
        wait_s = self._crash_limit.crashed(time.monotonic())
        if wait_s is None:
            raise WorkerUnavailable("worker ended several times")
        time.sleep(wait_s)
        self._launch()
        for start in self._ledger.unfinished():
            self._send(start)

    def _send(self, command: Command) -> None:
        process = self._process
        if process is None or process.stdin is None:
            return
        try:
            process.stdin.write(msgspec.json.encode(command) + b"\n")
            process.stdin.flush()
        except (BrokenPipeError, ValueError):
            log.info("The worker ended before it could be told %s", command)
