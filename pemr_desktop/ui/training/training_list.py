"""The trainings there are, the newest first, each with a sign of how it stands."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from pemr_desktop.ui.training.training_record import RunState, TrainingRecord
from pemr_desktop.ui.widgets.theme import ICON_SIZE, Role, Theme

ROW_PX = 36
FOLDER = Qt.ItemDataRole.UserRole


class TrainingList(QListWidget):
    """`chosen` carries the folder of the training that the user went to."""

    chosen = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("trainingRuns")
        self.setAccessibleName(self.tr("Trainings, the newest first"))
        self.setUniformItemSizes(True)
        self.setIconSize(QSize(ICON_SIZE, ICON_SIZE))
        self._theme = theme
        self.currentItemChanged.connect(self._current_changed)

    def show_records(self, records: Iterable[TrainingRecord], marked: Path | None) -> None:
        """Replace all rows; the marked one is shown as chosen."""
        self.blockSignals(True)
        self.clear()
        for record in records:
            item = QListWidgetItem(record.name)
            item.setData(FOLDER, record.folder)
            item.setSizeHint(QSize(0, self._theme.px(ROW_PX)))
            self._paint(item, record)
            self.addItem(item)
        self.blockSignals(False)
        self.mark(marked)

    def update_record(self, record: TrainingRecord) -> None:
        """Show how this one stands now."""
        for item in self._items():
            if item.data(FOLDER) == record.folder:
                self._paint(item, record)

    def mark(self, folder: Path | None) -> None:
        """Show this one as chosen, None for none; says nothing to anybody."""
        self.blockSignals(True)
        self.setCurrentRow(-1)
        for item in self._items():
            if item.data(FOLDER) == folder:
                self.setCurrentItem(item)
        self.blockSignals(False)

    def _items(self) -> list[QListWidgetItem]:
        return [self.item(number) for number in range(self.count())]

    def _paint(self, item: QListWidgetItem, record: TrainingRecord) -> None:
        signs: dict[RunState, tuple[str, Role, str]] = {
            "finished": ("check", "good", self.tr("finished")),
            "failed": ("warning", "bad", self.tr("failed")),
            "paused": ("pause", "text_soft", self.tr("paused")),
            "interrupted": ("pause", "text_soft", self.tr("interrupted")),
        }
        icon, role, words = signs.get(record.state, ("training", "accent", self.tr("under way")))
        item.setIcon(self._theme.icon(icon, role))
        item.setToolTip(f"{record.name}: {words}")
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{record.name}, {words}")

    @Slot(QListWidgetItem, QListWidgetItem)
    def _current_changed(self, item: QListWidgetItem | None, _before: QListWidgetItem | None) -> None:
        if item is not None:
            self.chosen.emit(item.data(FOLDER))
