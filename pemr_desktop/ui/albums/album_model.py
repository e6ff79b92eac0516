"""The model of a grid of albums: it holds ids only; rows are fetched by the page when somebody looks at them."""

from __future__ import annotations

import logging
import sqlite3
from array import array
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Signal, Slot

from pemr_desktop.library import queries
from pemr_desktop.library.rows import AlbumRow
from pemr_desktop.protocol.messages import Changed
from pemr_desktop.ui.albums.album_words import said
from pemr_desktop.ui.widgets.label import tip

if TYPE_CHECKING:
    from pemr_desktop.ui.library_reader import Reader

log = logging.getLogger(__name__)

PAGE_ROWS = 64
MAX_CACHED_ROWS = 4_000
REFRESH_MS = 900
"""At most this often are the ids asked for again while a job keeps changing the library."""

Ids = Callable[..., "array[int]"]
_Index = QModelIndex | QPersistentModelIndex
_FLAGS = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemNeverHasChildren


class AlbumModel(QAbstractListModel):
    """Albums that a question to the library gives. Never blocks: old rows stay until new ones come."""

    loaded = Signal(int)
    """A list of ids has arrived; how many."""

    def __init__(self, reader: Reader, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reader = reader
        self._question: tuple[Ids, tuple[object, ...], dict[str, object]] | None = None
        self._ids: array[int] = array("q")
        self._cache: OrderedDict[int, AlbumRow] = OrderedDict()
        self._stale: set[int] = set()
        self._asked: set[int] = set()
        self._again = QTimer(self, singleShot=True, interval=REFRESH_MS)
        self._again.timeout.connect(self.reload)

    def show(self, question: Ids, *args: object, **options: object) -> None:
        """Show the albums whose ids `question(connection, *args, **options)` gives."""
        self._question = (question, args, options)
        self.reload()

    @Slot()
    def reload(self) -> None:
        """Ask again; what is on view stays as it is where nothing has changed."""
        self._again.stop()
        if self._question is not None:
            self._reader.ask(_asked, *self._question, done=self._take_ids, failed=self._failed, topic=(id(self), "ids"))

    def take_change(self, changed: Changed) -> None:
        """Something in the library changed: soon ask for the albums again, and for the rows that are here."""
        if self._question is not None and (changed.everything or changed.track_ids or changed.roots):
            self._stale.update(self._cache)
            if not self._again.isActive():
                self._again.start()

    @property
    def ids(self) -> array[int]:
        """All ids in order."""
        return self._ids

    def id_at(self, row: int) -> int | None:
        """The id in a place."""
        return self._ids[row] if 0 <= row < len(self._ids) else None

    def row_of(self, album_id: int) -> int:
        """The place of an id, -1 when it is not shown."""
        return self._ids.index(album_id) if album_id in self._ids else -1

    def album(self, row: int) -> AlbumRow | None:
        """The album in a place if it is here already; otherwise it is fetched and None returned."""
        album_id = self.id_at(row)
        if album_id is None:
            return None
        found = self._cache.get(album_id)
        if found is None or album_id in self._stale:
            self._fetch_page(row // PAGE_ROWS)
        else:
            self._cache.move_to_end(album_id)
        return found

    # Qt

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        """How many albums."""
        return 0 if parent.isValid() else len(self._ids)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The title; all that is known of the album in the tooltip and for the screen reader."""
        if not index.isValid() or role not in _ROLES:
            return None
        album = self.album(index.row())
        if album is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return album.album
        return tip(said(album)) if role == Qt.ItemDataRole.ToolTipRole else said(album).replace("\n", ", ")

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """Albums can be chosen."""
        return _FLAGS if index.isValid() else Qt.ItemFlag.NoItemFlags

    # answers

    def _take_ids(self, ids: array[int]) -> None:
        self._asked.clear()
        if ids != self._ids:
            self.beginResetModel()
            self._ids = ids
            self.endResetModel()
        elif ids:
            self.dataChanged.emit(self.index(0, 0), self.index(len(ids) - 1, 0))
        self.loaded.emit(len(ids))

    def _failed(self, error: Exception) -> None:
        """The query line says what it cannot understand; the albums stay as they were."""
        log.info("Albums could not be read: %s", error)

    def _fetch_page(self, page: int) -> None:
        if page in self._asked:
            return
        self._asked.add(page)
        first = page * PAGE_ROWS
        wanted = [
            album_id
            for album_id in self._ids[first : first + PAGE_ROWS]
            if album_id not in self._cache or album_id in self._stale
        ]
        self._reader.ask(_rows_of_page, wanted, page, done=self._take_page, failed=self._page_failed)

    def _take_page(self, answer: tuple[int, list[AlbumRow]]) -> None:
        page, rows = answer
        self._asked.discard(page)
        for album in rows:
            self._cache[album.id] = album
            self._cache.move_to_end(album.id)
            self._stale.discard(album.id)
        while len(self._cache) > MAX_CACHED_ROWS:
            self._stale.discard(self._cache.popitem(last=False)[0])
        first = page * PAGE_ROWS
        last = min(first + PAGE_ROWS, len(self._ids)) - 1
        if last >= first:
            self.dataChanged.emit(self.index(first, 0), self.index(last, 0))

    def _page_failed(self, error: Exception) -> None:
        log.warning("Albums could not be read: %s", error)
        self._asked.clear()


_ROLES = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole)


def _asked(conn: sqlite3.Connection, question: Ids, args: tuple[object, ...], options: dict[str, object]) -> array[int]:
    return question(conn, *args, **options)


def _rows_of_page(conn: sqlite3.Connection, ids: Sequence[int], page: int) -> tuple[int, list[AlbumRow]]:
    return page, queries.albums(conn, ids)
