"""The page of all albums: a grid of covers, sorted by name, filtered by the query line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from pemr_desktop.library import queries
from pemr_desktop.ui import wording
from pemr_desktop.ui.albums.album_commands import AlbumCommands
from pemr_desktop.ui.albums.album_grid import AlbumGrid
from pemr_desktop.ui.albums.album_model import AlbumModel
from pemr_desktop.ui.widgets.empty_state import EmptyState
from pemr_desktop.ui.widgets.label import Label
from pemr_desktop.ui.widgets.theme import ROOM, SNUG, WIDE

if TYPE_CHECKING:
    from pemr_desktop.ui.artwork.artwork import Artwork
    from pemr_desktop.ui.context import WindowContext


class AlbumsPage(QWidget):
    """All albums that have a track which answers the query line."""

    def __init__(
        self, context: WindowContext, artwork: Artwork, query: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("albumsPage")
        self.setAccessibleName(self.tr("Albums"))
        self._query = query
        self.model = AlbumModel(context.reader, self)
        self.grid = AlbumGrid(self.model, context.theme, artwork, self)
        self.empty = EmptyState(context.theme, self)
        self._commands = AlbumCommands(context, self)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.grid)
        self._stack.addWidget(self.empty)
        self._count = Label(self)
        self._count.setObjectName("albumCount")
        self._count.setProperty("role", "soft")
        self.order = self._make_order()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(self._make_head())
        layout.addWidget(self._stack, 1)
        self.model.loaded.connect(self._loaded)
        self.grid.albumWanted.connect(context.navigation.albumWanted)
        self.grid.menuWanted.connect(self._menu)
        self.order.currentIndexChanged.connect(self._show_from_top)
        context.client.changed.connect(self.model.take_change)
        self._show()

    @Slot(str)
    def filter(self, query: str) -> None:
        """Show the albums that have a track which answers a query line."""
        if query != self._query:
            self._query = query
            self._show_from_top()

    def take_focus(self) -> None:
        """Give the keyboard to the grid."""
        (self.empty if self._stack.currentWidget() is self.empty else self.grid).setFocus()

    def _make_order(self) -> QComboBox:
        order = QComboBox(self)
        order.setObjectName("albumOrder")
        order.setAccessibleName(self.tr("Order of the albums"))
        for name, text in (
            ("artist", self.tr("By artist")),
            ("title", self.tr("By title")),
            ("year", self.tr("Newest music first")),
            ("added", self.tr("Last added first")),
        ):
            order.addItem(text, name)
        return order

    def _make_head(self) -> QHBoxLayout:
        title = Label(self.tr("Albums"), self)
        title.setProperty("role", "title")
        head = QHBoxLayout()
        head.setContentsMargins(WIDE, ROOM, WIDE, ROOM)
        head.setSpacing(SNUG)
        head.addWidget(title)
        head.addWidget(self._count)
        head.addStretch(1)
        head.addWidget(self.order)
        return head

    @Slot()
    def _show_from_top(self) -> None:
        self.grid.scrollToTop()
        self._show()

    def _show(self) -> None:
        self.model.show(queries.album_ids, self._query, sort=self.order.currentData())

    @Slot(int)
    def _loaded(self, count: int) -> None:
        self._count.setText(wording.number(count) if count else "")
        if count:
            self._stack.setCurrentWidget(self.grid)
            return
        if self._query:
            self.empty.say(
                "search",
                self.tr("No album fits this filter"),
                self.tr("“{}” was not found in any album of your library.").format(self._query),
            )
        else:
            self.empty.say(
                "album",
                self.tr("No albums yet"),
                self.tr("Tracks that name an album in their tags appear here as albums."),
            )
        self._stack.setCurrentWidget(self.empty)

    @Slot(int, QPoint)
    def _menu(self, album_id: int, where: QPoint) -> None:
        self._commands.open_menu(album_id, where)
