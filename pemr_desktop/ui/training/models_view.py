"""The models the library knows: which one listens now, how much it has heard, and the way back to another one."""

from __future__ import annotations

import os
import time

from PySide6.QtCore import QLocale, Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QProgressBar,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from pemr_desktop.library.rows import LibraryCounts, ModelRow
from pemr_desktop.ui import wording
from pemr_desktop.ui.training.model_card import ModelCard
from pemr_desktop.ui.widgets.label import Label
from pemr_desktop.ui.widgets.theme import ROOM, VAST, Theme

ROW_PX = 40
NAME, TAGS, RECOGNITION, ANALYSED, ADDED, USE = range(6)


class ModelsView(QWidget):
    """A table of models; `activateWanted` asks for another one."""

    activateWanted = Signal(object)
    """The ModelRow to use from now on."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("models")
        self._theme = theme
        title = Label(self.tr("Models"), self)
        title.setProperty("role", "title")
        about = Label(
            self.tr(
                "A model is the ear of the application. Changing it never loses anything: "
                "your library is listened to again in the background, and what the former model heard is kept."
            ),
            self,
        )
        about.setProperty("role", "soft")
        about.setWordWrap(True)
        self.table = QTableWidget(0, USE + 1, self)
        self.table.setObjectName("modelTable")
        self.table.setAccessibleName(self.tr("Models"))
        self.table.setHorizontalHeaderLabels(
            [self.tr("Model"), self.tr("Tags"), self.tr("Recognition"), self.tr("Has heard"), self.tr("Since"), ""]
        )
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(USE, QHeaderView.ResizeMode.Fixed)
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.table.verticalHeader().hide()
        self.table.setShowGrid(False)
        self.table.setWordWrap(False)
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self.table.setTabKeyNavigation(False)
        self.sentence = Label(self.tr("No model has listened to your library yet."), self)
        self.sentence.setProperty("role", "soft")
        self.switching = QProgressBar(self)
        self.switching.setObjectName("switchingModel")
        self.switching.setAccessibleName(self.tr("Loading the model"))
        self.switching.setRange(0, 0)
        self.switching.setTextVisible(False)
        self.switching.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(VAST, VAST, VAST, ROOM)
        column.setSpacing(ROOM)
        column.addWidget(title)
        column.addWidget(about)
        column.addWidget(self.sentence)
        column.addWidget(self.switching)
        column.addWidget(self.table, 1)
        column.addStretch(0)

    def show_models(self, models: list[tuple[ModelRow, ModelCard]], counts: LibraryCounts) -> None:
        """Replace all rows. A card says what the model file tells of itself."""
        self.sentence.setVisible(not models)
        self.table.setVisible(bool(models))
        self.table.verticalHeader().setDefaultSectionSize(self._theme.px(ROW_PX))
        self.table.setRowCount(len(models))
        room = 0
        for number, (model, card) in enumerate(models):
            analysed = self.tr("{} of {} tracks").format(
                wording.number(model.embedded_count), wording.number(counts.tracks)
            )
            added = QLocale().toString(
                QLocale().toDate(time.strftime("%Y-%m-%d", time.localtime(model.added_at)), "yyyy-MM-dd"),
                QLocale.FormatType.ShortFormat,
            )
            texts = (model.name, wording.number(card.tag_count), wording.figure(card.recognition), analysed, added)
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setToolTip(os.fsdecode(model.path).encode("utf-8", "replace").decode())
                if column == NAME and model.active:
                    item.setIcon(self._theme.icon("check", "good"))
                self.table.setItem(number, column, item)
            use = self._use(model)
            self.table.setCellWidget(number, USE, use)
            room = max(room, use.sizeHint().width())
        self.table.horizontalHeader().resizeSection(USE, room)

    def show_switching(self, switching: bool) -> None:
        """Another model is being loaded: say so at once, and let no third one be asked for."""
        self.switching.setVisible(switching)
        self.table.setEnabled(not switching)

    def _use(self, model: ModelRow) -> QWidget:
        holder = QWidget(self.table)
        row = QHBoxLayout(holder)
        row.setContentsMargins(ROOM, 0, ROOM, 0)
        if model.active:
            label = Label(self.tr("In use"), holder)
            label.setProperty("role", "good")
            label.ensurePolished()
            row.addWidget(label)
            return holder
        button = QPushButton(self.tr("Use"), holder)
        button.setObjectName("useModel")
        button.setAccessibleName(self.tr("Use {}").format(model.name))
        button.setProperty("look", "link")
        button.clicked.connect(lambda: self.activateWanted.emit(model))
        button.ensurePolished()
        row.addWidget(button)
        return holder
