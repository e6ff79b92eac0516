"""The Qt application, which hears of files that the system wants opened."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication

from pemr_desktop.ui.file_urls import local_path


class Application(QApplication):
    """On macOS, Finder and the Dock tell files by events, not by the command line."""

    fileOpened = Signal(object)
    """A file or folder: one pathlib.Path in a list."""

    def event(self, event: QEvent) -> bool:
        """Pass on what is to be opened."""
        if isinstance(event, QFileOpenEvent) and event.url().isLocalFile():
            self.fileOpened.emit([local_path(event.url())])
            return True
        return super().event(event)
