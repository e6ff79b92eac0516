"""What old texts would say in a code page: each with its file and its field, as it is shown now and as it would be."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QBrush

from pemr_desktop.library.rows import LegacyTrack
from pemr_desktop.tagfiles.code_pages import CodePage, decoded
from pemr_desktop.ui.widgets.field_table import field_title
from pemr_desktop.ui.widgets.label import tip
from pemr_desktop.ui.widgets.theme import Theme

FILE, FIELD, BEFORE, AFTER = range(4)
LONGEST_LINE = 300

_Index = QModelIndex | QPersistentModelIndex


class RecodePreview(QAbstractTableModel):
    """One row a text."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._page: CodePage | None = None
        self._rows: list[tuple[str, str, bytes]] = []

    def set_tracks(self, tracks: Sequence[LegacyTrack]) -> None:
        """Show the texts of these."""
        self.beginResetModel()
        self._rows = [(PurePath(track.location).name, text.field, text.raw) for track in tracks for text in track.texts]
        self.endResetModel()

    def set_page(self, page: CodePage) -> None:
        """Read all of them in this page."""
        self._page = page
        if self._rows:
            self.dataChanged.emit(self.index(0, AFTER), self.index(len(self._rows) - 1, AFTER))

    def texts(self) -> list[bytes]:
        """All texts, as they lie in the files."""
        return [raw for _, _, raw in self._rows]

    # Qt

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        """Texts."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        """File, field, before, after."""
        return 0 if parent.isValid() else AFTER + 1

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """What the columns are."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return (self.tr("File"), self.tr("Field"), self.tr("Now"), self.tr("Then"))[section]
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Texts; what a page does not have is marked, and said to stay."""
        if not index.isValid():
            return None
        name, field, raw = self._rows[index.row()]
        after = None if self._page is None else decoded(raw, self._page)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            stays = self.tr("stays: it cannot be this code page")
            whole = (name, field_title(field), raw.decode("cp1252", "replace"), stays if after is None else after)
            text = " ".join(whole[index.column()].split())
            return tip(text) if role == Qt.ItemDataRole.ToolTipRole else text[:LONGEST_LINE]
        if role == Qt.ItemDataRole.ForegroundRole:
            tone = "text" if index.column() in (FILE, AFTER) else "text_soft"
            return QBrush(self._theme.color("warning" if index.column() == AFTER and after is None else tone))
        return None
