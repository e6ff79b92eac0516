"""From a saved state of a training to a model file that can be used: exported, and taught its tags if wanted."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, Signal, Slot

from pemr_desktop.errors import ResourceMissing
from pemr_desktop.processes import module_command
from pemr_desktop.resources import resource
from pemr_desktop.ui.training.training_process import TRAIN_MODULE, at_low_priority

log = logging.getLogger(__name__)

TEACHERS = ("mtt_musicnn.safetensors", "msd_musicnn.safetensors")


@dataclass(frozen=True)
class TagHeadFit:
    """The music on which a teacher network passes its tags on, and where decoded sound is kept meanwhile."""

    music: Path
    cache: Path
    teacher: Path
    threads: int = 0


def teacher_folder() -> Path | None:
    """Where the teacher networks are; None when this installation has none."""
    try:
        return resource("models", "teacher", TEACHERS[0]).parent
    except ResourceMissing:
        return None


class ModelMaking(QObject):
    """One model at a time, in processes of their own; `made` or `failed` or `cancelled` ends it."""

    doing = Signal(str)
    """What is done now, for the user."""
    made = Signal(object)
    """The Path of the model file."""
    failed = Signal(str, str)
    """A sentence, and the last words of the process."""
    cancelled = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process: QProcess | None = None
        self._stopped = False
        self._steps: list[tuple[str, str, list[str]]] = []
        self._out = Path()
        self._sentence = ""

    def is_busy(self) -> bool:
        """True from `make` until it ended."""
        return self._process is not None

    def make(self, checkpoint: Path, out: Path, tag_fit: TagHeadFit | None = None) -> None:
        """Turn a checkpoint into the model file `out`. Raises OSError when its folder cannot be made."""
        if self.is_busy():
            raise RuntimeError("A model is being made already.")
        out.parent.mkdir(parents=True, exist_ok=True)
        self._stopped = False
        self._out = out
        self._steps = [
            (
                self.tr("Making the model…"),
                self.tr("The model could not be made from the saved state. The training is unharmed."),
                ["export", str(checkpoint), "--out", str(out)],
            )
        ]
        if tag_fit is not None:
            self._steps.append(
                (
                    self.tr("Learning the tags from the teacher…"),
                    self.tr("The tags could not be learned. The model is kept without tags and is not in use."),
                    _tag_fit_arguments(out, tag_fit),
                )
            )
        self._next()

    def cancel(self) -> None:
        """Stop; the file that was not finished is not used."""
        if self._process is not None:
            self._stopped = True
            self._process.kill()

    def _next(self) -> None:
        words, self._sentence, arguments = self._steps.pop(0)
        process = QProcess(self)
        process.setProcessChannelMode(QProcess.ProcessChannelMode.MergedChannels)
        process.finished.connect(self._finished)
        process.errorOccurred.connect(self._error_occurred)
        self._process = process
        command = [*at_low_priority(), *module_command(TRAIN_MODULE), *arguments]
        self.doing.emit(words)
        process.start(command[0], command[1:])

    @Slot(QProcess.ProcessError)
    def _error_occurred(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._finished(-1, QProcess.ExitStatus.CrashExit)

    @Slot(int, QProcess.ExitStatus)
    def _finished(self, exit_code: int, status: QProcess.ExitStatus) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        words = bytes(process.readAll().data()).decode("utf-8", "replace").strip()
        process.deleteLater()
        if self._stopped:
            self.cancelled.emit()
        elif exit_code != 0 or status != QProcess.ExitStatus.NormalExit:
            log.warning("Making %s ended with %d: %s", self._out, exit_code, words)
            self.failed.emit(self._sentence, words)
        elif self._steps:
            self._next()
        else:
            self.made.emit(self._out)


def _tag_fit_arguments(model: Path, tag_fit: TagHeadFit) -> list[str]:
    threads = tag_fit.threads or min(4, os.cpu_count() or 1)
    return [
        *("finetune", "tags", "--model", str(model), "--data", str(tag_fit.music), "--out", str(model)),
        *("--teacher", str(tag_fit.teacher), "--cache", str(tag_fit.cache), "--threads", str(threads)),
    ]
