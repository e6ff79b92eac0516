"""The worker process: the only writer of the library and of the user's files. Commands come in, events go out.

    python -m pemr_desktop.jobs.worker --library PATH [--model PATH]

A reader thread takes commands from standard input at once, so that a job can be cancelled while it runs. Jobs run in
lanes, each one job at a time (see `lanes`): neither short ones nor scans wait behind an analysis. When standard input
ends, the window is gone: everything is cancelled and the process ends.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import logging.handlers
import os
import signal
import sqlite3
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import msgspec

from pemr.errors import PemrError
from pemr.pending_writes.notes import note_in
from pemr_desktop.errors import JobCancelled, PemrDesktopError, training_reason
from pemr_desktop.jobs.context import JobContext, WorkerResources, open_resources
from pemr_desktop.jobs.lanes import LANES, LaneName
from pemr_desktop.jobs.operations import operation_for
from pemr_desktop.jobs.reporting import Reporter
from pemr_desktop.jobs.task_queue import Task, TaskQueue
from pemr_desktop.paths import Paths, find_paths
from pemr_desktop.private_files import make_private_folder
from pemr_desktop.protocol.messages import (
    Cancel,
    Cancelled,
    Changed,
    Command,
    Event,
    Failed,
    Finished,
    PutBack,
    Quit,
    Ready,
    Start,
    Started,
    encode,
)
from pemr_desktop.refusals import refusal
from pemr_desktop.system_reasons import system_reason
from pemr_desktop.tagfiles.errors import readable

log = logging.getLogger(__name__)

LOG_BYTES = 2_000_000
LOG_FILES = 3
PATIENCE_AT_END_S = 4.0
NICENESS = 5
"""The window and the player come first."""
BACKED_UP_AFTER: frozenset[LaneName] = frozenset({"scan", "long"})
"""When such a lane comes to rest, the library is backed up if that is due."""


class Worker:
    """Lanes over the same resources. `emit` may be called from any thread."""

    def __init__(self, resources: WorkerResources, emit: Callable[[Event], None]) -> None:
        self._resources = resources
        self._emit = emit
        self._tasks = TaskQueue()
        self._threads = [
            threading.Thread(target=self._run_lane, args=(lane,), name=f"{lane} lane", daemon=True) for lane in LANES
        ]

    def begin(self) -> None:
        """Start working."""
        for thread in self._threads:
            thread.start()

    def take(self, command: Command) -> bool:
        """Obey one command; False when it was the last one."""
        match command:
            case Start():
                self._tasks.put(Task(command))
            case Cancel(job_id=job_id):
                if self._tasks.cancel(job_id):
                    self._emit(Cancelled(job_id, Changed(), "waiting"))
            case Quit():
                return False
        return True

    def end(self, patience_s: float = PATIENCE_AT_END_S) -> bool:
        """Cancel everything; True if all lanes came to rest in time."""
        self._tasks.close()
        give_up_s = time.monotonic() + patience_s
        for thread in self._threads:
            thread.join(max(0.0, give_up_s - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _run_lane(self, lane: LaneName) -> None:
        while (task := self._tasks.take(lane)) is not None:
            self._emit(Started(task.job_id))
            event = self._run(task)
            if not isinstance(event, PutBack):
                self._tasks.remove(task)
            self._emit(event)
            if lane in BACKED_UP_AFTER and self._tasks.is_idle(lane):
                self._resources.back_up_if_due()

    def _run(self, task: Task) -> Event:
        """Do one job; whatever happens becomes the event that ends it."""
        reporter = Reporter(task.job_id, self._emit)
        context = JobContext(self._resources, reporter, task.must_stop)
        operation = operation_for(task.request)
        try:
            outcome = operation(task.request, context)
            result = msgspec.Raw(encode(outcome.result))
        except JobCancelled:
            return self._stopped(task, Cancelled(task.job_id, reporter.changed))
        except PemrDesktopError as error:
            log.warning("Job %d failed: %s", task.job_id, error, exc_info=True)
            return Failed(task.job_id, error.refusal, traceback.format_exc())
        except PemrError as error:
            log.warning("Job %d failed: %s", task.job_id, error, exc_info=True)
            return Failed(task.job_id, training_reason(error), traceback.format_exc())
        except (sqlite3.Error, OSError, MemoryError) as error:
            log.exception("Job %d failed", task.job_id)
            return Failed(task.job_id, self._resources.explain(error), traceback.format_exc())
        except Exception:  # a bug: the job ends, the worker and the other jobs go on
            log.exception("Job %d failed for a reason nobody thought of", task.job_id)
            why = refusal("unexpected")
            return Failed(task.job_id, why, traceback.format_exc())
        if outcome.cancelled:
            return self._stopped(task, Cancelled(task.job_id, reporter.changed, result=result))
        return Finished(task.job_id, reporter.changed, result, outcome.then)

    def _stopped(self, task: Task, event: Cancelled) -> Event:
        """The user stopped it, or it made room and waits again."""
        if task.make_room.is_set() and self._tasks.put_back(task):
            return PutBack(task.job_id, event.changed)
        return event


class EventWriter:
    """Writes events as lines. When nobody reads them any more it only remembers that."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self.broken = False

    def __call__(self, event: Event) -> None:
        line = encode(event) + b"\n"
        with self._lock:
            if self.broken:
                return
            try:
                self._stream.write(line)
                self._stream.flush()
            except (OSError, ValueError):
                self.broken = True
                log.warning("Nobody listens to the worker any more")


def serve(resources: WorkerResources, commands: BinaryIO, emit: Callable[[Event], None]) -> bool:
    """Work until the commands end; True if everything came to rest."""
    worker = Worker(resources, emit)
    worker.begin()
    recovery = resources.library.recovery if resources.library is not None else None
    emit(Ready(os.getpid(), resources.model_id, resources.read_only, recovery))
    for command in _read_commands(commands):
        if not worker.take(command):
            break
    return worker.end()


def _read_commands(stream: BinaryIO) -> Iterator[Command]:
    decode = msgspec.json.Decoder(Command).decode
    for line in iter(stream.readline, b""):
        try:
            yield decode(line)
        except msgspec.MsgspecError as error:
            log.error("A command was not understood (%s): %r", error, line[:500])


def _protect_standard_output() -> BinaryIO:
    """Events keep the real standard output; whatever else prints, also from native libraries, goes to the log."""
    events = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return events


def _log_to_file(paths: Paths) -> None:
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr)]
    try:
        make_private_folder(paths.log)
        handlers.append(
            logging.handlers.RotatingFileHandler(
                paths.worker_log_file,
                maxBytes=LOG_BYTES,
                backupCount=LOG_FILES,
                encoding="utf-8",
                errors="backslashreplace",
            )
        )
    except OSError as error:
        why = refusal("log not written", path=readable(paths.worker_log_file), reason=system_reason(error))
        print(why.message, file=sys.stderr)  # noqa: T201
    form = "%(asctime)s %(levelname)s %(name)s: %(message)s"
    logging.basicConfig(level=logging.INFO, format=form, handlers=handlers)
    logging.getLogger("faiss").setLevel(logging.WARNING)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the worker until its standard input ends. 0: ended in good order; 1: a job had to be abandoned."""
    parser = argparse.ArgumentParser(prog="pemr-desktop worker")
    parser.add_argument("--library", type=Path, required=True)
    parser.add_argument("--model", type=Path, default=None)
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in a terminal is for the one who gives the commands
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    paths = find_paths()
    note_in(paths.pending_writes_dir)
    commands = os.fdopen(os.dup(sys.stdin.fileno()), "rb")
    events = _protect_standard_output()
    _log_to_file(paths)
    with contextlib.suppress(KeyboardInterrupt):
        resources = open_resources(options.library, paths, options.model)
        at_rest = serve(resources, commands, EventWriter(events))
        if not at_rest:
            log.warning("A job did not come to rest; the process ends all the same. The library is consistent.")
            logging.shutdown()
            os._exit(1)
        resources.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
