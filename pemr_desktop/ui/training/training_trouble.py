"""What went wrong in a training, in a sentence, with the last lines of its log to copy; warnings while it runs."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from pemr_desktop.ui.training.training_record import TrainingRecord
from pemr_desktop.ui.widgets.label import Label
from pemr_desktop.ui.widgets.theme import SNUG, Theme

LOG_HEIGHT_PX = 110
MAX_WARNINGS_SHOWN = 3


class TrainingTrouble(QWidget):
    """Takes no space while all is well."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("trainingTrouble")
        self._theme = theme
        self.sentence = Label(self)
        self.sentence.setObjectName("trainingFailure")
        self.sentence.setWordWrap(True)
        self.sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.details = QPlainTextEdit(self)
        self.details.setObjectName("trainingLog")
        self.details.setAccessibleName(self.tr("Last lines of the log"))
        self.details.setReadOnly(True)
        self.details.setTabChangesFocus(True)
        self.details.setFixedHeight(theme.px(LOG_HEIGHT_PX))
        self.copy = QPushButton(self.tr("Copy details"), self)
        self.copy.setObjectName("copyTrainingLog")
        self.copy.setAccessibleName(self.copy.text())
        self.copy.clicked.connect(self._copy)
        row = QHBoxLayout()
        row.addWidget(self.copy)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, SNUG, 0, SNUG)
        column.setSpacing(SNUG)
        column.addWidget(self.sentence)
        column.addWidget(self.details)
        column.addLayout(row)
        theme.changed.connect(self._recolour)
        self._recolour()
        self.hide()

    def show_record(self, record: TrainingRecord, last_words: str) -> None:
        """Say what went wrong in this run, or what it warned of."""
        failed = record.state == "failed" or (record.state == "interrupted" and bool(last_words))
        if failed:
            sentence = record.failure or self.tr("The training ended unexpectedly.")
            if record.checkpoints:
                sentence += " " + self.tr("You can go on from the last saved state.")
        else:
            sentence = "\n".join(record.warnings[-MAX_WARNINGS_SHOWN:])
        self.sentence.setText(sentence)
        self.sentence.setAccessibleName(sentence)
        self._set_role("bad" if failed else "warning")
        self.details.setPlainText(last_words)
        self.details.setVisible(failed and bool(last_words))
        self.copy.setVisible(failed)
        self.setVisible(bool(sentence))

    def _set_role(self, role: str) -> None:
        if self.sentence.property("role") != role:
            self.sentence.setProperty("role", role)
            self.sentence.style().unpolish(self.sentence)
            self.sentence.style().polish(self.sentence)

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(f"{self.sentence.text()}\n\n{self.details.toPlainText()}".strip())

    @Slot()
    def _recolour(self) -> None:
        self.copy.setIcon(self._theme.icon("copy", "text_soft"))
