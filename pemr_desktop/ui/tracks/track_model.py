"""The library table's model: it holds ids only; rows are fetched by the page when somebody looks at them."""

from __future__ import annotations

import logging
import sys
from array import array
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any, NamedTuple

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

from pemr_desktop.library import queries
from pemr_desktop.library.rows import TrackRow
from pemr_desktop.library.search.track_ids import id_chunks
from pemr_desktop.library.views import View
from pemr_desktop.protocol.messages import Changed
from pemr_desktop.ui.file_urls import file_url
from pemr_desktop.ui.tracks.track_columns import track_columns
from pemr_desktop.ui.widgets.label import tip

if TYPE_CHECKING:
    from pemr_desktop.ui.library_reader import Reader

log = logging.getLogger(__name__)

PAGE_ROWS = 96
CACHED_ROWS = 6_000
REFRESH_MS = 700
"""At most this often is the list of ids asked for again while a job keeps changing it."""

ID_BYTES = 8
IDS_MIME_TYPE = "application/x-pemr-track-ids"

_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_ROLES = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole)
_ROW_FLAGS = (
    Qt.ItemFlag.ItemIsSelectable
    | Qt.ItemFlag.ItemIsEnabled
    | Qt.ItemFlag.ItemIsDragEnabled
    | Qt.ItemFlag.ItemNeverHasChildren
)

_Index = QModelIndex | QPersistentModelIndex


class TrackModel(QAbstractTableModel):
    """Tracks of a view, filtered by a query line and sorted by the library.

    Never blocks: old rows stay until new ones come.
    """

    loaded = Signal(int)
    """A list of ids has arrived; how many."""
    queryFailed = Signal(object)
    """The query line could not be understood: a QueryError, or another error of the library."""
    idsAboutToChange = Signal()
    idsChanged = Signal()
    idsCompleted = Signal()
    """The last part of a list that came in parts is here."""

    def __init__(self, reader: Reader, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reader = reader
        self.columns = track_columns()
        self._ids: array[int] = array("q")
        self._cache: OrderedDict[int, TrackRow] = OrderedDict()
        self._asked: set[int] = set()
        self._stale: set[int] = set()
        self._view = View("all")
        self._query = ""
        self._sort, self._descending = "artist", False
        self._orders: dict[str, tuple[str, bool]] = {}
        self.playing_id: int | None = None
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.setInterval(REFRESH_MS)
        self._again.timeout.connect(self.reload)

    # what is shown

    @property
    def view(self) -> View:
        """The part of the library on view."""
        return self._view

    @property
    def query(self) -> str:
        """The query line in force."""
        return self._query

    def show(self, view: View | None = None, query: str | None = None) -> None:
        """Show another part of the library, or filter it differently."""
        if view is not None:
            self._view = view
            usual = ("view", False) if view.has_own_order else ("artist", False)
            self._sort, self._descending = usual if view.kind == "ids" else self._orders.get(_page_of(view), usual)
        if query is not None:
            self._query = query
        self._reload_differently()

    def sorted_by(self) -> tuple[int, Qt.SortOrder]:
        """The column that gives the order, -1 for the order of the view itself, and its direction."""
        direction = Qt.SortOrder.DescendingOrder if self._descending else Qt.SortOrder.AscendingOrder
        return next((n for n, column in enumerate(self.columns) if column.sort == self._sort), -1), direction

    def orders(self) -> dict[str, tuple[str, bool]]:
        """What each page was sorted by, where a person chose it: an order of the library, and whether descending."""
        return dict(self._orders)

    def restore_orders(self, orders: Mapping[str, tuple[str, bool]]) -> None:
        """Bring back what `orders` gave. Orders that the library does not know are left out."""
        known = ("view", *queries.SORTS)
        self._orders = {page: (name, descending) for page, (name, descending) in orders.items() if name in known}

    @Slot()
    def reload(self) -> None:
        """Ask for the same ids again; what is on view stays as it is when nothing has changed."""
        self._ask(_all_ids, self._take_ids)

    def _reload_differently(self) -> None:
        """Ask for other ids: the first screenful is shown at once, the rest is added as it comes."""
        self._ask(_ids_in_parts, self._take_part)

    def _ask(self, question: Callable[..., Any], take: Callable[[Any], None]) -> None:
        self._again.stop()
        self._reader.ask(
            question,
            self._query,
            self._view,
            self._sort,
            self._descending,
            done=take,
            failed=self.queryFailed.emit,
            topic=(id(self), "ids"),
        )

    def take_change(self, changed: Changed) -> None:
        """Something in the library changed: fetch the rows concerned again, and soon the list itself."""
        if changed.everything:
            self._stale.update(self._cache)
            self._fetch_stale(self._cache)
        elif changed.track_ids:
            self._stale.update(track_id for track_id in changed.track_ids if track_id in self._cache)
            self._fetch_stale(changed.track_ids)
        if (changed.everything or changed.track_ids or changed.roots or changed.playlists) and (
            not self._again.isActive()
        ):
            self._again.start()

    def set_playing(self, track_id: int | None) -> None:
        """Mark the track that plays."""
        before, self.playing_id = self.playing_id, track_id
        for changed_id in (before, track_id):
            if changed_id is not None:
                self._rows_changed((changed_id,))

    # ids and rows

    @property
    def ids(self) -> array[int]:
        """All ids in order."""
        return self._ids

    def id_at(self, row: int) -> int | None:
        """The id in a line."""
        return self._ids[row] if 0 <= row < len(self._ids) else None

    def line_of(self, track_id: int) -> int:
        """The line of an id, -1 when it is not shown."""
        return _place(self._ids.tobytes(), track_id)

    def track(self, row: int) -> TrackRow | None:
        """The row in a line if it is here already; otherwise it is fetched and None returned."""
        track_id = self.id_at(row)
        if track_id is None:
            return None
        found = self._cache.get(track_id)
        if found is not None:
            self._cache.move_to_end(track_id)
            return found
        self._fetch_page(row // PAGE_ROWS)
        return None

    def known(self, track_id: int) -> TrackRow | None:
        """The row of an id if it is here already."""
        return self._cache.get(track_id)

    # Qt

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        """How many tracks."""
        return 0 if parent.isValid() else len(self._ids)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        """All columns, shown or not."""
        return 0 if parent.isValid() else len(self.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Titles of the columns."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self.columns):
            return None
        column = self.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if column.numeric else _LEFT
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """What a cell shows; nothing yet while the row is being fetched."""
        if not index.isValid():
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if self.columns[index.column()].numeric else _LEFT
        if role not in _ROLES:
            return None
        row = self.track(index.row())
        if row is None:
            return None
        column = self.columns[index.column()]
        text = column.text(row)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(row.location if column.id == "tile" else text)
        if role == Qt.ItemDataRole.AccessibleTextRole and text:
            return f"{column.title}: {text}"
        return text

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """Rows can be chosen and dragged out."""
        return _ROW_FLAGS if index.isValid() else Qt.ItemFlag.NoItemFlags

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Let the library sort. -1 is the order of the view itself."""
        name = "view" if column < 0 else self.columns[column].sort
        if not name:
            return
        self._sort, self._descending = name, order == Qt.SortOrder.DescendingOrder
        self._orders[_page_of(self._view)] = self._sort, self._descending
        self._reload_differently()

    def mimeTypes(self) -> list[str]:
        """What rows can be dropped as."""
        return ["text/uri-list", IDS_MIME_TYPE]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        """Rows as files, and as ids for the playlists of this window."""
        return self.mime_of([self._ids[row] for row in sorted({index.row() for index in indexes})])

    def mime_of(self, ids: Sequence[int]) -> QMimeData:
        """`mimeData` of these tracks. Rows not fetched yet go as ids only."""
        data = QMimeData()
        data.setData(IDS_MIME_TYPE, ",".join(str(track_id) for track_id in ids).encode())
        rows = [self._cache[track_id] for track_id in ids if track_id in self._cache]
        data.setUrls([file_url(row.path) for row in rows])
        return data

    # answers

    def _take_ids(self, ids: array[int]) -> None:
        if ids != self._ids:
            self.idsAboutToChange.emit()
            self.beginResetModel()
            self._ids = ids
            self._asked.clear()
            self.endResetModel()
            self.idsChanged.emit()
        self.loaded.emit(len(ids))

    def _take_part(self, part: IdPart) -> None:
        """The first part replaces what is shown; each other one is put behind it."""
        self._keep(part.rows)
        if part.is_first:
            self._take_ids(part.ids)
        elif part.ids:
            first = len(self._ids)
            self._asked.discard(first // PAGE_ROWS)
            self.beginInsertRows(QModelIndex(), first, first + len(part.ids) - 1)
            self._ids.extend(part.ids)
            self.endInsertRows()
            self.loaded.emit(len(self._ids))
        if part.is_last:
            self.idsCompleted.emit()

    def _fetch_page(self, page: int) -> None:
        if page in self._asked:
            return
        self._asked.add(page)
        first = page * PAGE_ROWS
        wanted = [track_id for track_id in self._ids[first : first + PAGE_ROWS] if track_id not in self._cache]
        self._reader.ask(_rows_of_page, wanted, page, done=self._take_page, failed=self._page_failed)

    def _take_page(self, answer: tuple[int, list[TrackRow]]) -> None:
        page, rows = answer
        self._asked.discard(page)
        self._keep(rows)
        first = page * PAGE_ROWS
        last = min(first + PAGE_ROWS, len(self._ids)) - 1
        if last >= first:
            self.dataChanged.emit(self.index(first, 0), self.index(last, len(self.columns) - 1))

    def _page_failed(self, error: Exception) -> None:
        log.warning("Rows could not be read: %s", error)
        self._asked.clear()

    def _fetch_stale(self, ids: Iterable[int]) -> None:
        wanted = [track_id for track_id in ids if track_id in self._stale]
        for start in range(0, len(wanted), PAGE_ROWS * 4):
            part = wanted[start : start + PAGE_ROWS * 4]
            self._reader.ask(queries.rows, part, done=self._take_fresh)

    def _take_fresh(self, rows: list[TrackRow]) -> None:
        changed = [row for row in rows if self._cache.get(row.id) != row]
        self._stale.difference_update(row.id for row in rows)
        self._keep(rows)
        if len(changed) > 50 and self._ids:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._ids) - 1, len(self.columns) - 1))
            return
        self._rows_changed([row.id for row in changed])

    def _keep(self, rows: Iterable[TrackRow]) -> None:
        for row in rows:
            self._cache[row.id] = row
            self._cache.move_to_end(row.id)
        while len(self._cache) > CACHED_ROWS:
            self._stale.discard(self._cache.popitem(last=False)[0])

    def _rows_changed(self, track_ids: Sequence[int]) -> None:
        ids = self._ids.tobytes() if track_ids else b""
        for line in (place for place in (_place(ids, track_id) for track_id in track_ids) if place >= 0):
            self.dataChanged.emit(self.index(line, 0), self.index(line, len(self.columns) - 1))


class IdPart(NamedTuple):
    """Some of the ids of a view, in order; with the first ones come the rows that are seen first."""

    ids: array[int]
    rows: list[TrackRow]
    is_first: bool
    is_last: bool


def _place(ids: bytes, track_id: int) -> int:
    """Where an id stands among ids of eight bytes each, -1 where it does not; a tenth of a millisecond in 100,000."""
    wanted = track_id.to_bytes(ID_BYTES, sys.byteorder, signed=True)
    at = ids.find(wanted)
    while at >= 0 and at % ID_BYTES:
        at = ids.find(wanted, at + 1)
    return at // ID_BYTES


def _all_ids(conn: Any, query: str, view: View, sort: str, descending: bool) -> array[int]:
    return queries.track_ids(conn, query, view=view, sort=sort, descending=descending)


def _ids_in_parts(conn: Any, query: str, view: View, sort: str, descending: bool) -> Iterator[IdPart]:
    with closing(id_chunks(conn, query, view=view, sort=sort, descending=descending)) as chunks:
        first = next(chunks)
        yield IdPart(first, queries.rows(conn, first[:PAGE_ROWS]), True, False)
        for ids in chunks:
            yield IdPart(ids, [], False, False)
    yield IdPart(array("q"), [], False, True)


def _rows_of_page(conn: Any, ids: list[int], page: int) -> tuple[int, list[TrackRow]]:
    return page, queries.rows(conn, ids)


def _page_of(view: View) -> str:
    """What one order is kept for: all artists, all albums, and so on; each playlist has its own."""
    has_own = isinstance(view.value, int) and view.kind != "album"
    parts = (view.kind, str(view.value)) if has_own else (view.kind, view.field)
    return ".".join(filter(None, parts))
