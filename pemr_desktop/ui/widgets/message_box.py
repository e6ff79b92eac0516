"""Boxes that ask or tell, in plain text: they name playlists, folders and files, with names out of untrusted files."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QMessageBox, QWidget


class MessageBox(QMessageBox):
    """A headline and an explanation, without an icon of another decade."""

    def __init__(self, headline: str, explanation: str, parent: QWidget, title: str = "PEMR Desktop") -> None:
        super().__init__(QMessageBox.Icon.NoIcon, title, "", parent=parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(headline)
        self.setInformativeText(explanation)
        for label in self.findChildren(QLabel):  # the format of the box is that of the headline alone
            label.setTextFormat(Qt.TextFormat.PlainText)
