"""The figures of the quality page: the two that matter most in large type, the others beneath, each with its counts."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from pemr_desktop.protocol.cover_quality import CoverQuality
from pemr_desktop.ui.covers import quality_words as words
from pemr_desktop.ui.widgets.label import Label
from pemr_desktop.ui.widgets.theme import ROOM, SNUG


class QualityFigures(QWidget):
    """One line a figure: how many of how many, and what they are."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("qualityFigures")
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(ROOM)
        self._grid.setVerticalSpacing(SNUG)
        self._grid.setColumnStretch(1, 1)

    def show_quality(self, quality: CoverQuality | None) -> None:
        """Replace all of it; nothing is shown before the first check."""
        while (item := self._grid.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        self.setVisible(quality is not None)
        if quality is None:
            return
        for figure, sentence in words.headline_figures(quality):
            self._add_figure(figure, sentence, "title")
        for figure, sentence in words.other_figures(quality):
            self._add_figure(figure, sentence, "")
        self._add_sentence(words.sureness(quality), "")
        for shown in quality.bands:
            self._add_sentence(words.band(shown), "soft")

    def in_words(self) -> str:
        """All of it as it reads from top to bottom."""
        rows = range(self._grid.rowCount())
        items = [item for row in rows for column in (0, 1) if (item := self._grid.itemAtPosition(row, column))]
        return " ".join(label.text() for item in items if isinstance(label := item.widget(), QLabel))

    def _add_figure(self, figure: str, sentence: str, role: str) -> None:
        row = self._grid.rowCount()
        number, about = Label(figure, self), Label(sentence, self)
        number.setProperty("role", role)
        number.setAccessibleName(f"{figure} {sentence}")
        about.setWordWrap(True)
        centre = Qt.AlignmentFlag.AlignVCenter
        self._grid.addWidget(number, row, 0, Qt.AlignmentFlag.AlignRight | centre)
        self._grid.addWidget(about, row, 1, centre)

    def _add_sentence(self, sentence: str, role: str) -> None:
        label = Label(sentence, self)
        label.setProperty("role", role)
        label.setWordWrap(True)
        self._grid.addWidget(label, self._grid.rowCount(), 1)
