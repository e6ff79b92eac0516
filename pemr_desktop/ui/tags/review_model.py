"""What would be written: a file a branch, a changed field a leaf; files can be left out with a tick."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from pemr_desktop.tagfiles.plan import FieldChange, FilePlan
from pemr_desktop.ui.tags.tag_diff import Piece, spoken, values_diff
from pemr_desktop.ui.widgets.field_table import field_title
from pemr_desktop.ui.widgets.label import tip

LINE_ROLE = Qt.ItemDataRole.UserRole + 1
PROVENANCE_FIELD = "pemr_tags"

_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class ReviewLine:
    """One line: a file (`field` empty, `pieces` empty), a changed field, a warning, or a refused file."""

    text: str
    detail: str = ""
    pieces: tuple[Piece, ...] = ()
    is_file: bool = False
    is_warning: bool = False


class ReviewModel(QAbstractItemModel):
    """Plans with ticks, then the files that are left alone, with reasons."""

    tickedChanged = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._plans: list[FilePlan] = []
        self._refused: list[tuple[str, str]] = []
        self._ticked: list[bool] = []
        self._leaves: dict[int, list[ReviewLine]] = {}

    def set_plans(self, plans: Sequence[FilePlan], refused: Mapping[str, str]) -> None:
        """Show these, all ticked."""
        self.beginResetModel()
        self._plans = list(plans)
        self._refused = sorted(refused.items())
        self._ticked = [True] * len(self._plans)
        self._leaves.clear()
        self.endResetModel()
        self.tickedChanged.emit()

    def ticked_plans(self) -> tuple[FilePlan, ...]:
        """The plans to write."""
        return tuple(plan for plan, ticked in zip(self._plans, self._ticked, strict=True) if ticked)

    def plan_count(self) -> int:
        """All files that would change, ticked or not."""
        return len(self._plans)

    def tick_all(self, ticked: bool) -> None:
        """Tick every file, or none."""
        self._ticked = [ticked] * len(self._plans)
        if self._plans:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._plans) - 1, 0))
        self.tickedChanged.emit()

    # Qt

    def index(self, row: int, column: int, parent: _Index = QModelIndex()) -> QModelIndex:  # noqa: B008
        """Files have the id 0, their fields the number of the file, from 1."""
        if not self.hasIndex(row, column, parent):
            return QModelIndex()
        return self.createIndex(row, column, parent.row() + 1 if parent.isValid() else 0)

    def parent(self, index: _Index = QModelIndex()) -> QModelIndex:  # type: ignore[override]  # noqa: B008
        """The file of a field."""
        if not index.isValid() or index.internalId() == 0:
            return QModelIndex()
        return self.createIndex(index.internalId() - 1, 0, 0)

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        """Files, or the lines below one."""
        if not parent.isValid():
            return len(self._plans) + len(self._refused)
        if parent.internalId() != 0 or parent.column() > 0:
            return 0
        return len(self._below(parent.row()))

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        """One, the delegate lays it out."""
        return 1

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """Files that would change can be ticked."""
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if index.isValid() and index.internalId() == 0 and index.row() < len(self._plans):
            flags |= Qt.ItemFlag.ItemIsUserCheckable
        return flags if index.isValid() else Qt.ItemFlag.NoItemFlags

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text, tick, and the line itself for the delegate."""
        if not index.isValid():
            return None
        is_file = index.internalId() == 0
        if role == Qt.ItemDataRole.CheckStateRole:
            if is_file and index.row() < len(self._plans):
                return Qt.CheckState.Checked if self._ticked[index.row()] else Qt.CheckState.Unchecked
            return None
        line = self._file(index.row()) if is_file else self._below(index.internalId() - 1)[index.row()]
        if role == LINE_ROLE:
            return line
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            said = spoken(line.pieces) if line.pieces else line.detail
            words = f"{line.text}: {said}" if said else line.text
            return tip(words) if role == Qt.ItemDataRole.ToolTipRole else words
        return None

    def setData(self, index: _Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Tick or untick a file."""
        if role != Qt.ItemDataRole.CheckStateRole or not index.isValid() or index.internalId() != 0:
            return False
        if index.row() >= len(self._plans):
            return False
        self._ticked[index.row()] = Qt.CheckState(value) == Qt.CheckState.Checked
        here = self.index(index.row(), 0)
        self.dataChanged.emit(here, here)
        self.tickedChanged.emit()
        return True

    def _file(self, row: int) -> ReviewLine:
        if row >= len(self._plans):
            location, reason = self._refused[row - len(self._plans)]
            return ReviewLine(location, reason, is_file=True, is_warning=True)
        path = Path(os.fsdecode(self._plans[row].path))
        return ReviewLine(_shown(path.name), _shown(str(path.parent)), is_file=True)

    def _below(self, row: int) -> list[ReviewLine]:
        if row >= len(self._plans):
            return []
        if row not in self._leaves:
            plan = self._plans[row]
            lines = [self._change(change) for change in plan.changes]
            self._leaves[row] = lines + [ReviewLine(text, is_warning=True) for text in plan.warnings]
        return self._leaves[row]

    def _change(self, change: FieldChange) -> ReviewLine:
        title = field_title(change.field)
        if change.field == PROVENANCE_FIELD:
            note = self.tr("notes that these tags came from PEMR Desktop")
            return ReviewLine(title, note)
        return ReviewLine(title, pieces=tuple(values_diff(change.before, change.after)))


def _shown(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
