"""What stands above the tracks of an artist: the name, and the albums as a row of covers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from pemr_desktop.library import queries
from pemr_desktop.ui import wording
from pemr_desktop.ui.albums.album_commands import AlbumCommands
from pemr_desktop.ui.albums.album_grid import AlbumGrid
from pemr_desktop.ui.albums.album_model import AlbumModel
from pemr_desktop.ui.widgets.elided_label import ElidedLabel
from pemr_desktop.ui.widgets.theme import ROOM, SNUG, TIGHT, WIDE

if TYPE_CHECKING:
    from pemr_desktop.ui.artwork.artwork import Artwork
    from pemr_desktop.ui.context import WindowContext


class ArtistHead(QWidget):
    """Shows one artist at a time."""

    def __init__(self, context: WindowContext, artwork: Artwork, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("artistHead")
        self._commands = AlbumCommands(context, self)
        self.model = AlbumModel(context.reader, self)
        self.strip = AlbumGrid(self.model, context.theme, artwork, self, is_strip=True)
        self.name = ElidedLabel(parent=self)
        self.name.setObjectName("artistName")
        self.name.setProperty("role", "display")
        self.extent = ElidedLabel(parent=self)
        self.extent.setObjectName("artistExtent")
        self.extent.setProperty("role", "soft")
        words = QVBoxLayout()
        words.setContentsMargins(WIDE, ROOM, WIDE, TIGHT)
        words.setSpacing(TIGHT)
        words.addWidget(self.name)
        words.addWidget(self.extent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, SNUG)
        layout.setSpacing(0)
        layout.addLayout(words)
        layout.addWidget(self.strip)
        self.model.loaded.connect(self._loaded)
        self.strip.albumWanted.connect(context.navigation.albumWanted)
        self.strip.menuWanted.connect(self._menu)
        context.client.changed.connect(self.model.take_change)

    def show_artist(self, name: str) -> None:
        """Show another artist."""
        self.name.setText(name)
        self.extent.setText("")
        self.model.show(queries.albums_of_artist, name)

    @Slot(int)
    def _loaded(self, count: int) -> None:
        self.strip.setVisible(count > 0)
        said = wording.counted(count, self.tr("1 album"), self.tr("{} albums"))
        self.extent.setText(said if count else self.tr("No album"))

    @Slot(int, QPoint)
    def _menu(self, album_id: int, where: QPoint) -> None:
        self._commands.open_menu(album_id, where)
