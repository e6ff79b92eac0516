"""What a training has saved: one row a state, and the button that puts it to use."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QPushButton, QTableWidget, QTableWidgetItem, QWidget

from pemr_desktop.ui import wording
from pemr_desktop.ui.training.training_record import CheckpointRow
from pemr_desktop.ui.widgets.label import tip
from pemr_desktop.ui.widgets.theme import SNUG, Theme

MAX_ROWS_SHOWN = 4
ROW_PX = 38
STATE, STEP, LOSS, RECOGNITION, SIZE, USE = range(6)


class CheckpointTable(QTableWidget):
    """As high as its rows, at most four of them; takes no space while there are none."""

    useWanted = Signal(object)
    """The CheckpointRow whose button was pressed."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(0, USE + 1, parent)
        self._theme = theme
        self._rows: list[CheckpointRow] = []
        self.setObjectName("checkpoints")
        self.setAccessibleName(self.tr("Saved states of this training"))
        names = [self.tr("State"), self.tr("Step"), self.tr("Loss"), self.tr("Recognition"), self.tr("Size"), ""]
        for column, name in enumerate(names):
            item = QTableWidgetItem(name)
            if column == RECOGNITION:
                item.setToolTip(
                    self.tr("How reliably a held-out track is recognised from another part of it; 1 is always")
                )
            self.setHorizontalHeaderItem(column, item)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(USE, QHeaderView.ResizeMode.Fixed)
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.verticalHeader().hide()
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self.setSelectionMode(QTableWidget.SelectionMode.SingleSelection)
        self.setTabKeyNavigation(False)
        theme.changed.connect(self._fit)

    def show_rows(self, rows: Sequence[CheckpointRow]) -> None:
        """Replace all rows."""
        self._rows = list(rows)
        self.setVisible(bool(rows))
        self.setRowCount(len(rows))
        kinds = {"latest": self.tr("Latest"), "best": self.tr("Best")}
        for number, row in enumerate(rows):
            kind = kinds.get(row.kind, row.kind)
            texts = (
                kind,
                wording.number(row.step),
                wording.figure(row.losses.get("total")),
                wording.figure(row.score),
                wording.size(row.size) if row.size else "–",
            )
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setToolTip(tip(str(row.path)))
                self.setItem(number, column, item)
            use = self._use_button(row, kind)
            self.setCellWidget(number, USE, use)
            self.horizontalHeader().resizeSection(USE, use.sizeHint().width() + 2 * SNUG)
        self._fit()

    def _use_button(self, row: CheckpointRow, kind: str) -> QWidget:
        holder = QWidget(self)
        inside = QHBoxLayout(holder)
        inside.setContentsMargins(SNUG, 0, SNUG, 0)
        button = QPushButton(self.tr("Use this model"), holder)
        button.setObjectName(f"useModel{row.kind.capitalize()}")
        button.setAccessibleName(self.tr("Use this model: {}, step {}").format(kind, row.step))
        button.setProperty("look", "link")
        button.clicked.connect(lambda: self.useWanted.emit(row))
        button.ensurePolished()
        inside.addWidget(button)
        return holder

    @Slot()
    def _fit(self) -> None:
        row_height = self._theme.px(ROW_PX)
        self.verticalHeader().setDefaultSectionSize(row_height)
        lines = min(len(self._rows), MAX_ROWS_SHOWN)
        self.setFixedHeight(self.horizontalHeader().sizeHint().height() + 2 + lines * row_height)
