"""A page that is a heading, a table and an empty state: history, problems and models are told this way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from pemr_desktop.ui.widgets.empty_state import EmptyState
from pemr_desktop.ui.widgets.label import Label, tip
from pemr_desktop.ui.widgets.theme import ROOM, SNUG, WIDE, Theme

ITEM_ROLE = Qt.ItemDataRole.UserRole + 1
ROW_PX = 34

_Index = QModelIndex | QPersistentModelIndex


class LinesModel(QAbstractTableModel):
    """Lines of text cells, each line with the object it stands for."""

    def __init__(self, headings: Sequence[str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._headings = tuple(headings)
        self._lines: list[tuple[Any, tuple[str, ...]]] = []

    def set_lines(self, lines: Sequence[tuple[Any, tuple[str, ...]]]) -> None:
        """Replace all lines, if they differ."""
        if list(lines) == self._lines:
            return
        self.beginResetModel()
        self._lines = list(lines)
        self.endResetModel()

    def item(self, row: int) -> Any:
        """What a line stands for; None outside."""
        return self._lines[row][0] if 0 <= row < len(self._lines) else None

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        """How many lines."""
        return 0 if parent.isValid() else len(self._lines)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        """As many as headings."""
        return 0 if parent.isValid() else len(self._headings)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The headings, on the left like their cells."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self._headings):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._headings[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text; whole in the tooltip, with its heading for the screen reader."""
        if not index.isValid():
            return None
        item, cells = self._lines[index.row()]
        text = cells[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return text
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(text)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{self._headings[index.column()]}: {text}"
        return item if role == ITEM_ROLE else None


class TablePage(QWidget):
    """Subclasses fill `lines` and put their buttons into `head`."""

    def __init__(
        self,
        name: str,
        title: str,
        headings: Sequence[str],
        widths: Sequence[int],
        theme: Theme,
        parent: QWidget | None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.theme = theme
        self.lines = LinesModel(headings, self)
        self.table = QTableView(self)
        self.table.setObjectName(f"{name}Table")
        self.table.setAccessibleName(title)
        self.table.setModel(self.lines)
        self._prepare_table(widths)
        self.empty = EmptyState(theme, self)
        self.stack = QStackedWidget(self)
        self.stack.addWidget(self.table)
        self.stack.addWidget(self.empty)
        heading = Label(title, self)
        heading.setProperty("role", "title")
        self.head = QHBoxLayout()
        self.head.setContentsMargins(WIDE, ROOM, WIDE, ROOM)
        self.head.setSpacing(SNUG)
        self.head.addWidget(heading)
        self.head.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(self.head)
        layout.addWidget(self.stack, 1)
        theme.changed.connect(self._restyle)
        self._restyle()

    def set_lines(self, lines: Sequence[tuple[Any, tuple[str, ...]]]) -> None:
        """Show these lines, or the empty state when there are none."""
        self.lines.set_lines(lines)
        self.stack.setCurrentWidget(self.table if lines else self.empty)

    def chosen(self) -> list[Any]:
        """What the chosen lines stand for."""
        return [self.lines.item(index.row()) for index in self.table.selectionModel().selectedRows()]

    def _prepare_table(self, widths: Sequence[int]) -> None:
        table = self.table
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        table.verticalHeader().hide()
        table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        table.horizontalHeader().setStretchLastSection(True)
        table.horizontalHeader().setHighlightSections(False)
        for column, width in enumerate(widths):
            table.setColumnWidth(column, width)

    def _restyle(self) -> None:
        self.table.verticalHeader().setDefaultSectionSize(self.theme.px(ROW_PX))
