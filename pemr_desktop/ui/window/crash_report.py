"""If the window dies, the next start says so, with a report a person can read and copy. Nothing is sent anywhere."""

from __future__ import annotations

import contextlib
import faulthandler
import logging
import os
import platform
import sys
import threading
import time
import traceback
from pathlib import Path
from types import TracebackType
from typing import TextIO

from PySide6 import __version__ as pyside_version
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QIcon
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPlainTextEdit, QVBoxLayout, QWidget

from pemr_desktop import __version__
from pemr_desktop.ui.widgets.label import Label

log = logging.getLogger(__name__)

LOG_TAIL_LINES = 60


class CrashWatch:
    """Writes a crash log while the window runs; a log that is not empty at the next start is a crash."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "crash.log"
        self._log = folder / "window.log"
        self._stream: TextIO | None = None
        self._hook = sys.excepthook

    def start(self) -> str | None:
        """Begin to watch; the report of an earlier crash comes back, if there was one."""
        report = self._earlier_report()
        self._stream = self._file.open("w", encoding="utf-8")
        faulthandler.enable(self._stream)
        sys.excepthook = self._caught
        threading.excepthook = self._caught_in_thread
        return report

    def stop(self) -> None:
        """The run ended well."""
        sys.excepthook = self._hook
        threading.excepthook = threading.__excepthook__
        faulthandler.disable()
        if self._stream is not None:
            self._stream.close()
            self._stream = None
        with contextlib.suppress(OSError):
            if not self._file.stat().st_size:
                self._file.unlink()

    def _earlier_report(self) -> str | None:
        try:
            crash = self._file.read_text(encoding="utf-8", errors="replace").strip()
            if not crash:
                return None
            kept = self._file.with_name(f"crash-{time.strftime('%Y%m%d-%H%M%S')}.log")
            self._file.replace(kept)
        except FileNotFoundError:
            return None
        except OSError as error:
            log.warning("The crash log %s cannot be read: %s", self._file, error)
            return None
        return "\n".join((_versions(), "", crash, "", "Last lines of the log:", self._tail()))

    def _tail(self) -> str:
        try:
            lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError as error:
            return f"(no log: {error})"
        return "\n".join(lines[-LOG_TAIL_LINES:])

    def _caught(self, kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
        """An error nobody caught: written down; the window lives on."""
        text = "".join(traceback.format_exception(kind, error, where))
        log.critical("An error nobody caught:\n%s", text)
        if self._stream is not None and not issubclass(kind, KeyboardInterrupt):
            self._stream.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')}\n{text}\n")
            self._stream.flush()
            os.fsync(self._stream.fileno())
        self._hook(kind, error, where)

    def _caught_in_thread(self, caught: threading.ExceptHookArgs) -> None:
        if caught.exc_value is not None:
            self._caught(caught.exc_type, caught.exc_value, caught.exc_traceback)


class CrashReportDialog(QDialog):
    """Shown once after a crash."""

    def __init__(self, report: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("crashReport")
        self.setWindowTitle("PEMR Desktop")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(720, 480)
        said = Label(
            self.tr(
                "PEMR Desktop did not end well last time. Your library and your files are safe: "
                "unfinished jobs can simply be run again. This report stays on your computer; "
                "copy it if you want to tell the developers."
            ),
            self,
        )
        said.setWordWrap(True)
        self.report = QPlainTextEdit(report, self)
        self.report.setObjectName("crashText")
        self.report.setAccessibleName(self.tr("Report"))
        self.report.setReadOnly(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.button(QDialogButtonBox.StandardButton.Close).setIcon(QIcon())
        copy = buttons.addButton(self.tr("Copy report"), QDialogButtonBox.ButtonRole.ActionRole)
        copy.setObjectName("copyReport")
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(report))
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(said)
        layout.addWidget(self.report)
        layout.addWidget(buttons)


def _versions() -> str:
    return (
        f"PEMR Desktop {__version__}, Python {platform.python_version()}, PySide6 {pyside_version}, "
        f"{platform.platform()}"
    )
