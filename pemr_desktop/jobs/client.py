"""The window's side of the worker: starts the process, hands it jobs, tells what it says, starts it anew if it dies."""

from __future__ import annotations

import logging
import time
from collections import deque
from pathlib import Path

import msgspec
from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal

from pemr_desktop.jobs.ledger import CrashLimit, JobView, Ledger
from pemr_desktop.jobs.titles import title
from pemr_desktop.jobs.translation import translate
from pemr_desktop.processes import QUIET_THREADS, worker_command
from pemr_desktop.protocol.messages import (
    Cancel,
    Cancelled,
    Changed,
    Command,
    Event,
    Failed,
    Finished,
    Progress,
    PutBack,
    Quit,
    Ready,
    Request,
    Started,
)
from pemr_desktop.refusals import Refusal, refusal, said

__all__ = ["JobView", "WorkerClient"]

log = logging.getLogger(__name__)

STDERR_LINES_KEPT = 30


class WorkerClient(QObject):
    """One worker process for one library file.

    Jobs may be submitted at any time; they are sent as soon as the worker is ready. When the worker dies it is
    started again, and what it had not finished is asked for again.
    """

    ready = Signal(object)
    started = Signal(int)
    progress = Signal(object)
    finished = Signal(object)
    cancelled = Signal(object)
    failed = Signal(object)
    changed = Signal(object)
    jobsChanged = Signal()  # noqa: N815  (Qt's way of naming signals)
    crashed = Signal(str)
    restarted = Signal()

    def __init__(self, library: Path, model: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._command = worker_command(library, model)
        self._ledger = Ledger(translate)
        self._crash_limit = CrashLimit()
        self._process: QProcess | None = None
        self._unread = bytearray()
        self._last_words: deque[str] = deque(maxlen=STDERR_LINES_KEPT)
        self._is_ready = False
        self._stopping = False
        self._restarting = False
        self._was_started_before = False
        self._encode = msgspec.json.Encoder().encode
        self._decode = msgspec.json.Decoder(Event).decode
        self._restart_timer = QTimer(self)
        self._restart_timer.setSingleShot(True)
        self._restart_timer.timeout.connect(self._launch)
        self.last_ready: Ready | None = None

    def start(self) -> None:
        """Start the worker if it is not running."""
        self._stopping = False
        if self._process is None:
            self._launch()

    def submit(self, request: Request) -> int:
        """Ask for a job; its id comes back at once. A scan that waits already and covers the new one stands for it."""
        covering = self._ledger.covering(request)
        if covering is not None:
            return covering
        start = self._ledger.add(request, title(request, translate))
        if self._is_ready:
            self._send(start)
        self.jobsChanged.emit()
        return start.job_id

    def cancel(self, job_id: int) -> None:
        """Stop a job between two items; what it finished stays."""
        if not self._ledger.cancelling(job_id):
            return
        if self._is_ready:
            self._send(Cancel(job_id))
            self.jobsChanged.emit()
        else:
            self._tell(Cancelled(job_id, Changed(), "without worker"))

    def jobs(self) -> list[JobView]:
        """All jobs of this session, oldest first; of those that ended only the latest are kept."""
        return self._ledger.views()

    def job(self, job_id: int) -> JobView | None:
        """One job, None if it is forgotten."""
        return self._ledger.view(job_id)

    def waits_for(self, job_id: int) -> JobView | None:
        """The job that a waiting one waits for, None if there is none."""
        return self._ledger.waits_for(job_id)

    def forget_ended(self) -> None:
        """Clear the list of what has ended."""
        self._ledger.forget_ended()
        self.jobsChanged.emit()

    def result(self, event: Finished) -> msgspec.Struct | None:
        """The typed result of a finished job, see `results.RESULTS`."""
        return self._ledger.result(event)

    def said(self, event: Finished | Cancelled | Failed) -> str:
        """How a job ended, in the language of the window."""
        return self._ledger.said(event)

    def process_id(self) -> int | None:
        """The worker's process id while it runs."""
        return self._process.processId() or None if self._process is not None else None

    def stop(self, timeout_s: float = 5.0) -> bool:
        """Ask the worker to cancel everything and end; True if it did so in time, else it is killed."""
        self._stopping = True
        self._restart_timer.stop()
        process = self._process
        if process is None:
            return True
        self._send(Quit())
        process.closeWriteChannel()
        in_time = process.waitForFinished(int(timeout_s * 1000))
        if not in_time:
            log.warning("The worker did not end within %.1f s and is killed", timeout_s)
            process.kill()
            process.waitForFinished(2000)
        return in_time

    def restart(self, timeout_s: float = 5.0) -> None:
        """Let the worker end, and start another, which opens the library anew. Does not wait for either."""
        process = self._process
        if process is None:
            self.start()
            return
        self._restarting = True
        self._send(Quit())
        process.closeWriteChannel()
        QTimer.singleShot(int(timeout_s * 1000), process, process.kill)

    def _launch(self) -> None:
        process = QProcess(self)
        process.setProgram(self._command[0])
        process.setArguments(self._command[1:])
        environment = QProcessEnvironment.systemEnvironment()
        for name, value in QUIET_THREADS.items():
            if not environment.contains(name):
                environment.insert(name, value)
        process.setProcessEnvironment(environment)
        process.readyReadStandardOutput.connect(self._read_events)
        process.readyReadStandardError.connect(self._read_last_words)
        process.finished.connect(self._ended)
        process.errorOccurred.connect(self._failed_to_start)
        self._process = process
        self._unread.clear()
        self._last_words.clear()
        self._is_ready = False
        process.start()

    def _send(self, command: Command) -> None:
        if self._process is not None:
            self._process.write(self._encode(command) + b"\n")

    def _read_events(self) -> None:
        if self._process is None:
            return
        self._unread += self._process.readAllStandardOutput().data()
        *lines, rest = self._unread.split(b"\n")
        self._unread = bytearray(rest)
        for line in lines:
            try:
                event = self._decode(line)
            except msgspec.MsgspecError:
                log.warning("The worker said something that is no event: %r", bytes(line[:200]))
                continue
            self._tell(event)

    def _read_last_words(self) -> None:
        if self._process is not None:
            text = bytes(self._process.readAllStandardError().data()).decode("utf-8", "replace")
            self._last_words.extend(text.splitlines())

    def _tell(self, event: Event) -> None:
        """Account for an event and pass it on."""
        self._ledger.take(event)
        if isinstance(event, Progress | PutBack | Finished | Cancelled) and event.changed != Changed():
            self.changed.emit(event.changed)
        match event:
            case Ready():
                self._now_ready(event)
            case Started():
                self.started.emit(event.job_id)
            case Progress():
                if event.done:
                    self._crash_limit.worker_was_useful()
                self.progress.emit(event)
            case Finished():
                self._crash_limit.worker_was_useful()
                self.finished.emit(event)
                if not self._stopping and (request := self._ledger.to_follow(event)) is not None:
                    self.submit(request)
            case Cancelled():
                self.cancelled.emit(event)
            case Failed():
                log.warning("Job %d failed: %s %s", event.job_id, event.why.message, event.details)
                self.failed.emit(event)
        self.jobsChanged.emit()

    def _now_ready(self, event: Ready) -> None:
        self.last_ready = event
        self._is_ready = True
        for start in self._ledger.unfinished():
            self._send(start)
        self.ready.emit(event)
        if self._was_started_before:
            self.restarted.emit()
        self._was_started_before = True

    def _failed_to_start(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._ended(-1)

    def _ended(self, exit_code: int = 0, _status: object = None) -> None:
        process, self._process = self._process, None
        self._is_ready = False
        if process is None:
            return
        process.deleteLater()
        if self._stopping:
            self._end_unfinished(refusal("application closed"))
            return
        if self._restarting:
            self._restarting = self._was_started_before = False
            for event in self._ledger.worker_died():
                self._tell_end(event)
            self._launch()
            return
        log.error("The worker ended (%d). Its last words:\n%s", exit_code, "\n".join(self._last_words))
        for event in self._ledger.worker_died():
            self._tell_end(event)
        wait_s = self._crash_limit.crashed(time.monotonic())
        if wait_s is None:
            why = refusal("worker unavailable")
            self._end_unfinished(why)
            self.crashed.emit(said(why, translate) + " " + self.tr("Your library is unharmed. The log says more."))
        else:
            self._restart_timer.start(int(wait_s * 1000))
            self.crashed.emit(self.tr("The background process ended unexpectedly; it is started again and goes on."))
        self.jobsChanged.emit()

    def _tell_end(self, event: Failed | Cancelled) -> None:
        if isinstance(event, Failed):
            self.failed.emit(event)
        else:
            self.changed.emit(event.changed)
            self.cancelled.emit(event)

    def _end_unfinished(self, why: Refusal) -> None:
        for start in self._ledger.unfinished():
            event = Failed(start.job_id, why)
            self._ledger.take(event)
            self.failed.emit(event)
