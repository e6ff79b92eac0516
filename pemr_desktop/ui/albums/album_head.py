"""What stands above the tracks of an album: its cover, whose it is, how long it is, and what to do with it."""

from __future__ import annotations

import sqlite3
from array import array
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from pemr_desktop.library import queries
from pemr_desktop.library.rows import AlbumRow
from pemr_desktop.protocol.messages import Changed
from pemr_desktop.ui import wording
from pemr_desktop.ui.albums.album_commands import AlbumCommands
from pemr_desktop.ui.albums.album_words import artist_of, extent_of, has_artist_page
from pemr_desktop.ui.artwork.artwork_tile import CoverTile
from pemr_desktop.ui.widgets.elided_label import ElidedLabel
from pemr_desktop.ui.widgets.theme import ROOM, SNUG, TIGHT, WIDE

if TYPE_CHECKING:
    from pemr_desktop.ui.artwork.artwork import Artwork
    from pemr_desktop.ui.context import WindowContext

COVER_PX = 132


class AlbumHead(QWidget):
    """Shows one album at a time."""

    def __init__(self, context: WindowContext, artwork: Artwork, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("albumHead")
        self._context = context
        self._commands = AlbumCommands(context, self)
        self._album_id: int | None = None
        self.album: AlbumRow | None = None
        self._versions: array[int] = array("q")
        self.cover = CoverTile(artwork, context.theme, COVER_PX, self)
        self.title = ElidedLabel(parent=self)
        self.title.setObjectName("albumTitle")
        self.title.setProperty("role", "display")
        self.extent = ElidedLabel(parent=self)
        self.extent.setObjectName("albumExtent")
        self.extent.setProperty("role", "soft")
        self.artist = self._button("albumArtist", "link", self._go_to_artist)
        self.versions = self._button("albumVersions", "link", self._show_versions)
        self.play = self._button("albumPlay", "primary", self._play)
        self.play.setText(self.tr("Play"))
        self.play.setAccessibleName(self.tr("Play the album"))
        self.append = self._button("albumAppend", "", self._append)
        self.append.setText(self.tr("Play later"))
        self.append.setAccessibleName(self.tr("Play the album later"))
        self._lay_out()
        context.client.changed.connect(self._take_change)

    def show_album(self, album_id: int) -> None:
        """Show another album."""
        if album_id != self._album_id:
            self._album_id = album_id
            self._take((None, array("q")))
        self._ask()

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(SNUG)
        for widget in (self.play, self.append, self.versions):
            buttons.addWidget(widget)
        buttons.addStretch(1)
        words = QVBoxLayout()
        words.setSpacing(TIGHT)
        words.addStretch(1)
        words.addWidget(self.title)
        words.addWidget(self.artist, 0, Qt.AlignmentFlag.AlignLeft)
        words.addWidget(self.extent)
        words.addSpacing(SNUG)
        words.addLayout(buttons)
        words.addStretch(1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(WIDE, ROOM, WIDE, ROOM)
        layout.setSpacing(WIDE)
        layout.addWidget(self.cover)
        layout.addLayout(words, 1)

    def _button(self, name: str, look: str, do: object) -> QPushButton:
        button = QPushButton(self)
        button.setObjectName(name)
        button.setProperty("look", look)
        button.clicked.connect(do)
        return button

    def _ask(self) -> None:
        if self._album_id is not None:
            self._context.reader.ask(_album, self._album_id, done=self._take, topic=(id(self), "album"))

    def _take(self, answer: tuple[AlbumRow | None, array[int]]) -> None:
        self.album, self._versions = answer
        album = self.album
        self.cover.show_track(album)
        self.title.setText(album.album if album is not None else "")
        self.extent.setText(extent_of(album) if album is not None else "")
        self.artist.setText(artist_of(album) if album is not None else "")
        self.artist.setAccessibleName(self.artist.text() or self.tr("Artist"))
        self.artist.setEnabled(album is not None and has_artist_page(album))
        count = len(self._versions)
        self.versions.setText(wording.counted(count, self.tr("1 version elsewhere"), self.tr("{} versions elsewhere")))
        self.versions.setAccessibleName(self.versions.text())
        self.versions.setVisible(count > 0)
        for button in (self.play, self.append):
            button.setEnabled(album is not None)

    @Slot(object)
    def _take_change(self, changed: Changed) -> None:
        if self.isVisible() and (changed.everything or changed.track_ids or changed.roots):
            self._ask()

    @Slot()
    def _play(self) -> None:
        if self.album is not None:
            self._commands.play(self.album.id)

    @Slot()
    def _append(self) -> None:
        if self.album is not None:
            self._commands.append(self.album.id)

    @Slot()
    def _go_to_artist(self) -> None:
        if self.album is not None:
            self._context.navigation.artistWanted.emit(self.album.album_artist)

    @Slot()
    def _show_versions(self) -> None:
        if self.album is not None:
            title = self.tr("Versions of what is on “{}”").format(self.album.album)
            self._context.navigation.tracksWanted.emit(list(self._versions), title)


def _album(conn: sqlite3.Connection, album_id: int) -> tuple[AlbumRow | None, array[int]]:
    found = queries.albums(conn, [album_id])
    return (found[0], queries.versions_elsewhere(conn, album_id)) if found else (None, array("q"))
