"""The queue as a table's model: it holds no order of its own; rows are fetched when somebody looks at them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
    Slot,
)
from PySide6.QtGui import QFont

from pemr_desktop.library import queries
from pemr_desktop.library.rows import TrackRow
from pemr_desktop.ui import wording
from pemr_desktop.ui.tracks.sidebar import dragged_ids
from pemr_desktop.ui.tracks.track_model import IDS_MIME_TYPE
from pemr_desktop.ui.widgets.label import tip

if TYPE_CHECKING:
    from pemr_desktop.ui.context import WindowContext

LINES_MIME_TYPE = "application/x-pemr-queue-lines"
MAX_KEPT_ROWS = 4_000
TITLE, ARTIST, LENGTH = range(3)

_Index = QModelIndex | QPersistentModelIndex


class QueueModel(QAbstractTableModel):
    """Title, artist and length of every entry; the one that plays is bold, those before it are faint."""

    moveWanted = Signal(object, int)
    """Lines of the queue that were dropped before another."""
    insertWanted = Signal(object, int)
    """Track ids that were dropped before a line."""

    def __init__(self, context: WindowContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queue = context.queue
        self._reader = context.reader
        self._theme = context.theme
        self._rows: dict[int, TrackRow] = {}
        self._gone: set[int] = set()
        self._stale: set[int] = set()
        self._wanted: set[int] = set()
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._fetch)
        self._headings = (self.tr("Title"), self.tr("Artist"), self.tr("Length"))
        self._queue.listChanged.connect(self._list_changed)
        self._queue.currentChanged.connect(self._repaint)
        context.client.changed.connect(self._library_changed)

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        """How many entries."""
        return 0 if parent.isValid() else len(self._queue.ids)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        """Title, artist, length."""
        return 0 if parent.isValid() else len(self._headings)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Names of the columns."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._headings[section]
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text, and how it looks before, at and behind what plays."""
        if not index.isValid() or index.row() >= len(self._queue.ids):
            return None
        line, at = index.row(), self._queue.position
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(line, index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(self._text(line, index.column()))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            text = f"{self._headings[index.column()]}: {self._text(line, index.column())}"
            return self.tr("{}, current track").format(text) if line == at and index.column() == TITLE else text
        if role == Qt.ItemDataRole.FontRole and line == at:
            font = QFont()
            font.setBold(True)
            return font
        if role == Qt.ItemDataRole.ForegroundRole and line < at:
            return self._theme.color("text_faint")
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() == LENGTH:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def _text(self, line: int, column: int) -> str:
        track_id = self._queue.ids[line]
        row = self._rows.get(track_id)
        if (row is None and track_id not in self._gone) or track_id in self._stale:
            self._wanted.add(track_id)
            self._soon.start()
        if row is None:
            return self.tr("Not in the library any more") if track_id in self._gone and column == TITLE else ""
        if column == TITLE:
            return row.title or row.location
        return row.artist if column == ARTIST else wording.clock(row.duration_s)

    # dragging

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """Entries are dragged; what is dropped goes between them."""
        if not index.isValid():
            return Qt.ItemFlag.ItemIsDropEnabled
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsDragEnabled

    def supportedDropActions(self) -> Qt.DropAction:
        """Entries move, tracks from the library are copied here."""
        return Qt.DropAction.MoveAction | Qt.DropAction.CopyAction

    def mimeTypes(self) -> list[str]:
        """Entries of the queue, and tracks."""
        return [LINES_MIME_TYPE, IDS_MIME_TYPE]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        """Lines for the queue itself, ids for playlists."""
        lines = sorted({index.row() for index in indexes})
        data = QMimeData()
        data.setData(LINES_MIME_TYPE, ",".join(map(str, lines)).encode())
        data.setData(IDS_MIME_TYPE, ",".join(str(self._queue.ids[line]) for line in lines).encode())
        return data

    def dropMimeData(self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: _Index) -> bool:
        """Ask for the change; False, since the view has nothing to remove afterwards."""
        before = row if row >= 0 else len(self._queue.ids)
        lines = dragged_ids(bytes(data.data(LINES_MIME_TYPE).data()))
        ids = dragged_ids(bytes(data.data(IDS_MIME_TYPE).data()))
        if lines:
            self.moveWanted.emit(lines, before)
        elif ids:
            self.insertWanted.emit(ids, before)
        return False

    # what changes

    @Slot()
    def _list_changed(self) -> None:
        self.beginResetModel()
        self.endResetModel()

    @Slot()
    def _library_changed(self) -> None:
        """What is on view is read again; until then it stays."""
        self._stale = set(self._rows)
        self._gone.clear()
        self._repaint()

    @Slot()
    def _repaint(self) -> None:
        if self._queue.ids:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._queue.ids) - 1, LENGTH))

    @Slot()
    def _fetch(self) -> None:
        wanted, self._wanted = sorted(self._wanted), set()
        self._reader.ask(_rows_of, wanted, done=self._take)

    def _take(self, answer: tuple[list[int], list[TrackRow]]) -> None:
        wanted, rows = answer
        if len(self._rows) > MAX_KEPT_ROWS:
            self._rows.clear()
            self._stale.clear()
        found = {row.id: row for row in rows}
        self._stale.difference_update(wanted)
        for track_id in wanted:
            self._rows.pop(track_id, None)
        self._rows.update(found)
        self._gone.update(track_id for track_id in wanted if track_id not in found)
        self._repaint()


def _rows_of(conn: Any, ids: list[int]) -> tuple[list[int], list[TrackRow]]:
    return ids, queries.rows(conn, ids)
