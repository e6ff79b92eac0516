"""What one does to a whole album: open it, play it in its order, play it later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint
from PySide6.QtWidgets import QMenu, QWidget

from pemr_desktop.library import queries

if TYPE_CHECKING:
    from pemr_desktop.ui.context import WindowContext


class AlbumCommands(QObject):
    """Bound to a page with albums on it."""

    def __init__(self, context: WindowContext, parent: QWidget) -> None:
        super().__init__(parent)
        self._context = context
        self._page = parent

    def play(self, album_id: int) -> None:
        """Play the album from its first track."""
        self._context.reader.ask(queries.album_tracks, album_id, done=self._context.queue.play)

    def append(self, album_id: int) -> None:
        """Play the album after everything else."""
        self._context.reader.ask(queries.album_tracks, album_id, done=self._context.queue.append)

    def open(self, album_id: int) -> None:
        """Go to the page of the album."""
        self._context.navigation.albumWanted.emit(album_id)

    def open_menu(self, album_id: int, where: QPoint) -> QMenu:
        """The menu of an album, at a place of the screen."""
        menu = QMenu(self._page)
        menu.setObjectName("albumMenu")
        menu.aboutToHide.connect(menu.deleteLater)
        icon = self._context.theme.icon
        menu.addAction(icon("play"), self.tr("Play"), lambda: self.play(album_id))
        menu.addAction(icon("playlist"), self.tr("Play later"), lambda: self.append(album_id))
        menu.addSeparator()
        menu.addAction(icon("album"), self.tr("Open album"), lambda: self.open(album_id))
        menu.popup(where)
        return menu
