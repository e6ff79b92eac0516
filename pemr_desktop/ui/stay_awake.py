"""Keeps the computer from falling asleep while a long job runs; the screen may still go dark.

Linux and macOS hold the promise through a small program of the system that ends with this one, Windows through a call.
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
from typing import TYPE_CHECKING

import shiboken6
from PySide6.QtCore import QCoreApplication, QObject, QProcess, QTimer, Slot

if TYPE_CHECKING:
    from pemr_desktop.jobs.client import WorkerClient

log = logging.getLogger(__name__)

LONG_JOB_MS = 10_000
GOODBYE_MS = 1000
ES_CONTINUOUS, ES_SYSTEM_REQUIRED = 0x80000000, 0x00000001


def holding_command(why: str, platform: str) -> list[str]:
    """The program that keeps the system awake for as long as its input is open; empty where there is none."""
    if platform == "darwin":
        return ["caffeinate", "-i", "-w", str(os.getpid())]
    if platform.startswith("linux"):
        return ["systemd-inhibit", "--what=sleep:idle", "--who=PEMR Desktop", f"--why={why}", "--mode=block", "cat"]
    return []


class StayAwake(QObject):
    """One reason to stay awake: held or not. Gives up quietly where the system says no."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process: QProcess | None = None
        self._leaving: QProcess | None = None
        self._refused = False

    @property
    def held(self) -> bool:
        """Whether the system was asked to stay awake."""
        return self._process is not None

    @Slot()
    def hold(self) -> None:
        """Asks the system to stay awake from now on."""
        if sys.platform == "win32":
            _keep_windows_awake(ES_CONTINUOUS | ES_SYSTEM_REQUIRED)
            return
        program, *arguments = holding_command(self.tr("A job is running"), sys.platform) or [""]
        if self.held or self._refused or not shutil.which(program):
            return
        process = QProcess(self)
        process.finished.connect(self._finished)
        process.start(program, arguments)
        self._process = process

    @Slot()
    def release(self) -> None:
        """Lets the computer sleep again."""
        if sys.platform == "win32":
            _keep_windows_awake(ES_CONTINUOUS)
        process, self._process = self._process, None
        if process is None:
            return
        process.finished.disconnect(self._finished)
        process.setParent(QCoreApplication.instance())  # it may outlive who held it by a moment
        process.finished.connect(process.deleteLater)
        process.closeWriteChannel()
        if sys.platform == "darwin":
            process.terminate()  # caffeinate does not read its input
        self._leaving = process

    def close(self) -> None:
        """Lets go and waits for the program to end; for when the window goes."""
        self.release()
        leaving, self._leaving = self._leaving, None
        if leaving is not None and shiboken6.isValid(leaving) and not leaving.waitForFinished(GOODBYE_MS):
            leaving.kill()
            leaving.waitForFinished(GOODBYE_MS)

    @Slot(int)
    def _finished(self, code: int) -> None:
        process, self._process = self._process, None
        self._refused = True
        log.info("the system does not promise to stay awake (exit code %d)", code)
        if process is not None:
            process.deleteLater()


class AwakeForJobs(StayAwake):
    """Stays awake while any job of the worker has been running for a while."""

    def __init__(self, client: WorkerClient, parent: QObject | None = None, long_job_ms: int = LONG_JOB_MS) -> None:
        super().__init__(parent)
        self._client = client
        self._wait = QTimer(self, interval=long_job_ms, singleShot=True)
        self._wait.timeout.connect(self.hold)
        client.jobsChanged.connect(self._look)

    def close(self) -> None:
        """Lets go for good."""
        self._client.jobsChanged.disconnect(self._look)
        self._wait.stop()
        super().close()

    @Slot()
    def _look(self) -> None:
        if not any(job.state == "running" for job in self._client.jobs()):
            self._wait.stop()
            self.release()
        elif not self.held and not self._wait.isActive():
            self._wait.start()


def _keep_windows_awake(state: int) -> None:
    import ctypes

    windll = getattr(ctypes, "windll", None)
    if windll is not None:
        windll.kernel32.SetThreadExecutionState(state)
