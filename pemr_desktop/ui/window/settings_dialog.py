"""The settings, made from the table in `pemr_desktop.settings`: sections on the left, search above, changes at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QScrollArea,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from pemr_desktop.settings import SETTINGS, Setting, Settings
from pemr_desktop.ui.actions import plain_text, shown_shortcut
from pemr_desktop.ui.context import WindowContext
from pemr_desktop.ui.widgets.label import Label
from pemr_desktop.ui.widgets.theme import ROOM, SNUG, VAST
from pemr_desktop.ui.window.setting_row import ChoiceEditor, SettingRow

if TYPE_CHECKING:
    from pemr_desktop.ui.window.training_section import TrainingPages

SECTION_WIDTH_PX = 180
WIDTH_PX, HEIGHT_PX = 860, 620
DEVICE = "playback.device"
SHORTCUTS = "shortcuts"
TRAINING = "training"


class Section(QWidget):
    """A heading and its settings."""

    def __init__(self, name: str, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"section_{name}")
        self.name = name
        self.rows: list[SettingRow] = []
        self.title = Label(title, self)
        self.title.setProperty("role", "title")
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, VAST)
        self.column.setSpacing(SNUG)
        self.column.addWidget(self.title)

    def add(self, row: SettingRow) -> None:
        """Put one more setting below the others."""
        self.rows.append(row)
        self.column.addWidget(row)


class SettingsDialog(QDialog):
    """Every setting, by section; nothing to apply or to cancel, each has a way back to its default."""

    def __init__(
        self, context: WindowContext, parent: QWidget | None = None, pages: TrainingPages | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("settingsDialog")
        self.setWindowTitle(self.tr("Settings"))
        self._context = context
        self._pages = pages
        self.resize(context.theme.px(WIDTH_PX), context.theme.px(HEIGHT_PX))
        self._sections: dict[str, Section] = {}
        self._chosen = 0
        self._device_editor: ChoiceEditor | None = None

        self.search = QLineEdit(self)
        self.search.setObjectName("searchSettings")
        self.search.setAccessibleName(self.tr("Search the settings"))
        self.search.setPlaceholderText(self.tr("Search"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._search)
        self.list = QListWidget(self)
        self.list.setObjectName("settingsSections")
        self.list.setAccessibleName(self.tr("Sections"))
        self.list.currentRowChanged.connect(self._section_chosen)
        self.nothing = Label(self.tr("No setting matches."), self)
        self.nothing.setObjectName("noSetting")
        self.nothing.setProperty("role", "soft")
        self.area = QScrollArea(self)
        self.area.setObjectName("settingsScroll")
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.close_button = QPushButton(self.tr("Close"), self)
        self.close_button.setObjectName("closeSettings")
        self.close_button.setAccessibleName(self.close_button.text())
        self.close_button.clicked.connect(self.accept)
        self.close_button.setAutoDefault(False)
        self._fill()
        self._lay_out()
        QShortcut(QKeySequence.StandardKey.Find, self, self.search.setFocus)
        self._unsubscribe = context.settings.subscribe(self._changed)
        context.player.devicesChanged.connect(self._devices_changed)
        context.player.warm_up()
        self.finished.connect(self._closed)
        self.list.setCurrentRow(0)

    def show_section(self, name: str) -> None:
        """Go to a section, such as `playback`; an unknown name shows the first."""
        self.search.clear()
        names = list(self._sections)
        self.list.setCurrentRow(names.index(name) if name in names else 0)

    def rows(self) -> list[SettingRow]:
        """All settings of the dialog, in order."""
        return [row for section in self._sections.values() for row in section.rows]

    # what it is made of

    def _titles(self) -> dict[str, str]:
        """The sections in the order they are shown; one that is not named here comes last under its own name."""
        return {
            "appearance": self.tr("General"),
            "scan": self.tr("Scanning"),
            "analyse": self.tr("Analysis"),
            "tags": self.tr("Tags"),
            "covers": self.tr("Versions"),
            "tuning": self.tr("Tuning"),
            "playback": self.tr("Playback"),
            "training": self.tr("Training"),
            "folders": self.tr("Folders"),
        }

    def _fill(self) -> None:
        titles = self._titles()
        for name in sorted({s.section for s in SETTINGS if s.section}, key=lambda n: [*titles, n].index(n)):
            section = Section(name, titles.get(name, name.capitalize()), self)
            if name == TRAINING and self._pages is not None:
                section.column.addWidget(self._training(self._pages, section))
            for setting in SETTINGS:
                if setting.section == name:
                    section.add(self._row(setting, section))
            self._sections[name] = section
        shortcuts = Section(SHORTCUTS, self.tr("Shortcuts"), self)
        shortcuts.column.addWidget(self._shortcut_table(shortcuts))
        self._sections[SHORTCUTS] = shortcuts
        for section in self._sections.values():
            item = QListWidgetItem(section.title.text())
            item.setSizeHint(QSize(0, self._context.theme.px(34)))
            self.list.addItem(item)

    def _training(self, pages: TrainingPages, parent: QWidget) -> QWidget:
        from pemr_desktop.ui.window.training_section import TrainingSection

        training = TrainingSection(self._context, pages, parent)
        training.left.connect(self.accept)
        return training

    def _row(self, setting: Setting, parent: QWidget) -> SettingRow:
        editor = None
        if setting.name == DEVICE:
            editor = self._device_editor = ChoiceEditor(setting, self._device_choices())
        return SettingRow(setting, self._context.settings, self._context.theme, editor, parent)

    def _device_choices(self) -> list[tuple[str, str]]:
        devices = self._context.player.output_devices()
        return [("", self.tr("What the system uses")), *((device, device) for device in devices)]

    def _shortcut_table(self, parent: QWidget) -> QTableWidget:
        actions = self._context.actions
        specs = [spec for spec in actions.specs() if spec.shortcuts or shown_shortcut(actions.action(spec.id))]
        table = QTableWidget(len(specs), 2, parent)
        table.setObjectName("shortcutTable")
        table.setAccessibleName(self.tr("Shortcuts"))
        table.setHorizontalHeaderLabels([self.tr("Action"), self.tr("Keys")])
        table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        table.horizontalHeader().setHighlightSections(False)
        table.verticalHeader().hide()
        table.setShowGrid(False)
        table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        table.setTabKeyNavigation(False)
        for number, spec in enumerate(specs):
            name = plain_text(spec.text)
            table.setItem(number, 0, QTableWidgetItem(f"{spec.section}: {name}" if spec.section else name))
            table.setItem(number, 1, QTableWidgetItem(shown_shortcut(actions.action(spec.id))))
        table.setMinimumHeight(self._context.theme.px(400))
        return table

    def _lay_out(self) -> None:
        inner = QWidget(self)
        inner.setObjectName("settingsBody")
        column = QVBoxLayout(inner)
        column.setContentsMargins(VAST, VAST, VAST, 0)
        column.setSpacing(0)
        column.addWidget(self.nothing)
        for section in self._sections.values():
            column.addWidget(section)
        column.addStretch(1)
        self.area.setWidget(inner)
        inner.setAutoFillBackground(False)
        self.area.viewport().setAutoFillBackground(False)
        side = QWidget(self)
        side.setObjectName("settingsSide")
        side.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        left = QVBoxLayout(side)
        left.setContentsMargins(ROOM, ROOM, ROOM, ROOM)
        left.setSpacing(SNUG)
        left.addWidget(self.search)
        left.addWidget(self.list, 1)
        self.search.setFixedWidth(self._context.theme.px(SECTION_WIDTH_PX))
        self.list.setFixedWidth(self._context.theme.px(SECTION_WIDTH_PX))
        foot = QHBoxLayout()
        foot.setContentsMargins(VAST, SNUG, VAST, ROOM)
        foot.addStretch(1)
        foot.addWidget(self.close_button)
        right = QVBoxLayout()
        right.setSpacing(0)
        right.addWidget(self.area, 1)
        right.addLayout(foot)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(side)
        layout.addLayout(right, 1)

    # what it shows

    @Slot(int)
    def _section_chosen(self, number: int) -> None:
        if number < 0:
            return
        self._chosen = number
        self.search.clear()
        self._show()

    @Slot(str)
    def _search(self, text: str) -> None:
        self.list.blockSignals(True)
        self.list.setCurrentRow(-1 if text.strip() else self._chosen)
        self.list.blockSignals(False)
        self._show()

    def _show(self) -> None:
        """The chosen section, or whatever matches the words in the search line."""
        words = self.search.text().casefold().split()
        chosen = list(self._sections)[self._chosen]
        anything = False
        for name, section in self._sections.items():
            fitting = [row for row in section.rows if row.matches(words)] if words else section.rows
            for row in section.rows:
                row.setVisible(row in fitting)
            titled = bool(words) and all(word in section.title.text().casefold() for word in words)
            shown = bool(fitting and section.rows) or titled if words else name == chosen
            section.setVisible(shown)
            anything = anything or shown
        self.nothing.setVisible(not anything)
        self.area.verticalScrollBar().setValue(0)

    def _changed(self, name: str, _settings: Settings) -> None:
        for row in self.rows():
            if row.setting.name == name:
                row.refresh()

    @Slot()
    def _devices_changed(self) -> None:
        if self._device_editor is not None:
            self._device_editor.offer(self._device_choices())

    @Slot()
    def _closed(self) -> None:
        unsubscribe, self._unsubscribe = self._unsubscribe, lambda: None
        unsubscribe()
