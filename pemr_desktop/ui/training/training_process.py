"""The `pemr-train` process behind the training panel: started, listened to, and asked to stop."""

from __future__ import annotations

import logging
import os
import shutil
import sys
from collections import deque
from pathlib import Path

import msgspec
from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, Signal, Slot

from pemr import events
from pemr_desktop.processes import module_command
from pemr_desktop.ui.stay_awake import StayAwake
from pemr_desktop.ui.training.training_record import TrainingRequest, keep_request

log = logging.getLogger(__name__)

TRAIN_MODULE = "pemr.command"
LAST_WORDS_KEPT = 60
NICENESS = "10"


class TrainingProcess(QObject):
    """One run at a time. Stopping means: finish the step, save, end; `ended` tells how it went."""

    happened = Signal(object)
    """An event of `pemr.events`."""
    ended = Signal(int)
    """The exit code; -1 when it could not be started or was killed."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process: QProcess | None = None
        self._run_dir: Path | None = None
        self._unread = b""
        self._last_words: deque[str] = deque(maxlen=LAST_WORDS_KEPT)
        self._awake = StayAwake(self)

    @property
    def run_dir(self) -> Path | None:
        """The folder of the run that is under way, None when none is."""
        return self._run_dir if self._process is not None else None

    @property
    def last_words(self) -> str:
        """The last lines of the log of the latest run."""
        return "\n".join(self._last_words)

    def is_running(self) -> bool:
        """True from `start` until `ended`."""
        return self._process is not None

    def process_id(self) -> int | None:
        """Its process id while it runs."""
        return self._process.processId() or None if self._process is not None else None

    def start(self, request: TrainingRequest, run_dir: Path) -> None:
        """Begin a run, or go on with it. Raises OSError when its folder cannot be made."""
        if self._process is not None:
            raise RuntimeError("A training runs already.")
        keep_request(run_dir, request)
        self._run_dir = run_dir
        self._unread = b""
        self._last_words.clear()
        program, *arguments = [*at_low_priority(), *module_command(TRAIN_MODULE), *request.arguments(run_dir)]
        process = QProcess(self)
        environment = QProcessEnvironment.systemEnvironment()
        environment.insert("PYTHONUNBUFFERED", "1")
        environment.insert("PYTHONUTF8", "1")
        process.setProcessEnvironment(environment)
        process.readyReadStandardOutput.connect(self._read_events)
        process.readyReadStandardError.connect(self._read_last_words)
        process.finished.connect(self._finished)
        process.errorOccurred.connect(self._error_occurred)
        self._process = process
        log.info("Training in %s", run_dir)
        process.start(program, arguments)
        self._awake.hold()

    def stop(self) -> None:
        """Ask it to finish the step, save and end; `ended` follows."""
        if self._process is None or self._run_dir is None:
            return
        if sys.platform == "win32":
            (self._run_dir / "stop").touch()
        else:
            self._process.terminate()

    def kill(self) -> None:
        """End it at once; what came after the last checkpoint is lost."""
        if self._process is not None:
            self._process.kill()

    @Slot()
    def _read_events(self) -> None:
        if self._process is None:
            return
        *lines, self._unread = (self._unread + bytes(self._process.readAllStandardOutput().data())).split(b"\n")
        for line in lines:
            try:
                event = events.parse(line)
            except msgspec.MsgspecError:
                self._last_words.append(line.decode("utf-8", "replace"))
                continue
            self.happened.emit(event)

    @Slot()
    def _read_last_words(self) -> None:
        if self._process is not None:
            text = bytes(self._process.readAllStandardError().data()).decode("utf-8", "replace")
            self._last_words.extend(line for line in text.splitlines() if line.strip())

    @Slot(QProcess.ProcessError)
    def _error_occurred(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart and self._process is not None:
            self._last_words.append(self._process.errorString())
            self._over(-1)

    @Slot(int, QProcess.ExitStatus)
    def _finished(self, exit_code: int, status: QProcess.ExitStatus) -> None:
        self._read_events()
        self._read_last_words()
        self._over(exit_code if status == QProcess.ExitStatus.NormalExit else -1)

    def _over(self, exit_code: int) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.deleteLater()
            self._awake.release()
            log.info("The training in %s ended with %d", self._run_dir, exit_code)
            self.ended.emit(exit_code)


def at_low_priority() -> list[str]:
    """Training yields to everything a person does; `nice` becomes the program, so the process id stays the same."""
    nice = shutil.which("nice") if os.name == "posix" else None
    return [nice, "-n", NICENESS] if nice else []
