"""What would be written: what all files have in common, then a file a branch and a changed field a leaf, with ticks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from pemr_desktop.tagfiles.plan import FilePlan
from pemr_desktop.ui.tags.review_lines import ReviewLine, ReviewWords
from pemr_desktop.ui.tags.review_ticks import ReviewTicks, Share
from pemr_desktop.ui.tags.tag_diff import spoken
from pemr_desktop.ui.widgets.label import tip

LINE_ROLE = Qt.ItemDataRole.UserRole + 1
MOST_TOLD = 100

_Index = QModelIndex | QPersistentModelIndex
_TEXT_ROLES = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole)


class ReviewModel(QAbstractItemModel):
    """A branch for all files with a tick for each field, plans with a tick for each change, files left alone."""

    tickedChanged = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.ticks = ReviewTicks()
        self._words = ReviewWords()
        self._refused: list[tuple[str, str]] = []
        self._summary: list[ReviewLine] = []
        self._leaves: dict[int, list[ReviewLine]] = {}
        self._with_notes = False

    def set_plans(
        self,
        plans: Sequence[FilePlan],
        refused: Mapping[str, str],
        without_field: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """Show these, all ticked. `without_field`: location -> accepted tags that have no place in the file."""
        self.beginResetModel()
        self.ticks = ReviewTicks(plans)
        self._words = ReviewWords(plans, without_field or {})
        self._refused = sorted(refused.items())
        self._summary = self._words.summary(self.ticks.fields)
        self._leaves.clear()
        self.endResetModel()
        self.tickedChanged.emit()

    def ticked_plans(self) -> tuple[FilePlan, ...]:
        """The plans to write, with the ticked changes."""
        return self.ticks.chosen()

    def tick_all(self, ticked: bool) -> None:
        """Tick every change, or none."""
        self._change(lambda: self.ticks.tick_all(ticked))

    def has_hidden_notes(self) -> bool:
        """Whether files have a note that says nothing but what the summary says once."""
        return self._words.has_hidden_notes

    def show_notes(self, shown: bool) -> None:
        """Show the note of every file, or only those that say more than the others."""
        self.beginResetModel()
        self._with_notes = shown
        self._leaves.clear()
        self.endResetModel()

    def first_file(self) -> int:
        """The row of the first file: before it stands what all have in common, if there is anything to be said."""
        return 1 if self._summary else 0

    # Qt

    def index(self, row: int, column: int, parent: _Index = QModelIndex()) -> QModelIndex:  # noqa: B008
        """Branches have the id 0, their leaves the number of the branch, from 1."""
        if not self.hasIndex(row, column, parent):
            return QModelIndex()
        return self.createIndex(row, column, parent.row() + 1 if parent.isValid() else 0)

    def parent(self, index: _Index = QModelIndex()) -> QModelIndex:  # type: ignore[override]  # noqa: B008
        """The branch of a leaf."""
        if not index.isValid() or index.internalId() == 0:
            return QModelIndex()
        return self.createIndex(index.internalId() - 1, 0, 0)

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        """Branches, or the leaves of one."""
        if not parent.isValid():
            return self.first_file() + len(self.ticks.plans) + len(self._refused)
        if parent.internalId() != 0 or parent.column() > 0:
            return 0
        return len(self._below(parent.row()))

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        """One, the delegate lays it out."""
        return 1

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """What would be written can be ticked."""
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsUserCheckable if self._share(index) is not None else flags

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text, tick, and the line itself for the delegate."""
        if not index.isValid():
            return None
        share = self._share(index)
        if role == Qt.ItemDataRole.CheckStateRole:
            return None if share is None else _state(share)
        line = self._line(index)
        if role == LINE_ROLE:
            return line
        if role in _TEXT_ROLES:
            said = "; ".join(part for part in (spoken(line.pieces), line.detail) if part)
            words = f"{line.text}: {said}" if said else line.text
            return tip(words) if role == Qt.ItemDataRole.ToolTipRole else words
        if role == Qt.ItemDataRole.AccessibleDescriptionRole and share is not None:
            return self._words.said_share(share)
        return None

    def setData(self, index: _Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Tick or untick a change, a file, a field in all files, or everything."""
        if role != Qt.ItemDataRole.CheckStateRole or self._share(index) is None:
            return False
        ticked = Qt.CheckState(value) == Qt.CheckState.Checked
        row, field = self._place(index), self._line(index).field
        if row < 0:
            self._change(lambda: self.ticks.tick_field(field, ticked) if field else self.ticks.tick_all(ticked))
        elif field:
            self._change(lambda: self.ticks.tick(row, field, ticked), row)
        else:
            self._change(lambda: self.ticks.tick_file(row, ticked), row)
        return True

    def _change(self, change: Callable[[], None], row: int = -1) -> None:
        """A tick may show at many places at once: its file, its field, all files, a note that has nothing to note.

        Of a change of many files (`row` below 0) the first are told one by one; a view that shows others draws all of
        its lines anew at `tickedChanged`, because ten thousand branches would take it seconds.
        """
        change()
        first, count = self.first_file(), len(self.ticks.plans)
        told = [first + row] if row >= 0 else [first + each for each in range(min(count, MOST_TOLD))]
        for branch in [*range(first), *told]:
            line = self.index(branch, 0)
            self.dataChanged.emit(line, line)
            last = len(self._leaves.get(branch - first, ())) if branch >= first else len(self._summary)
            if last:
                self.dataChanged.emit(self.index(0, 0, line), self.index(last - 1, 0, line))
        self.tickedChanged.emit()

    def _place(self, index: _Index) -> int:
        """The number of the plan that a line belongs to; below 0 for what all files have in common."""
        return (index.row() if index.internalId() == 0 else index.internalId() - 1) - self.first_file()

    def _share(self, index: _Index) -> Share | None:
        """How much of a line is ticked; None for what cannot be ticked."""
        if not index.isValid():
            return None
        row, ticks = self._place(index), self.ticks
        if row >= len(ticks.plans):
            return None
        if index.internalId() == 0:
            return ticks.changes if row < 0 else ticks.of_file(row)
        line = self._below(index.internalId() - 1)[index.row()]
        if not line.can_tick:
            return None
        return ticks.of_field(line.field) if row < 0 else Share(int(ticks.is_ticked(row, line.field)), 1)

    def _line(self, index: _Index) -> ReviewLine:
        if index.internalId() == 0:
            return self._branch(index.row())
        line = self._below(index.internalId() - 1)[index.row()]
        if line.field and index.internalId() - 1 < self.first_file():
            return self._words.field_everywhere(line.field, self.ticks.of_field(line.field))
        return line

    def _branch(self, branch: int) -> ReviewLine:
        row = branch - self.first_file()
        if row < 0:
            return self._words.all_files(self.ticks.files)
        if row < len(self.ticks.plans):
            return self._words.file(row)
        location, reason = self._refused[row - len(self.ticks.plans)]
        return ReviewLine(location, reason, is_branch=True, is_warning=True)

    def _below(self, branch: int) -> list[ReviewLine]:
        row = branch - self.first_file()
        if row < 0:
            return self._summary
        if row >= len(self.ticks.plans):
            return []
        if row not in self._leaves:
            self._leaves[row] = self._words.leaves(row, with_note=self._with_notes)
        return self._leaves[row]


def _state(share: Share) -> Qt.CheckState:
    if share.is_all:
        return Qt.CheckState.Checked
    return Qt.CheckState.Unchecked if share.is_none else Qt.CheckState.PartiallyChecked
