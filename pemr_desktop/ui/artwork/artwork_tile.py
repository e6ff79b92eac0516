"""A square that shows the cover of one track or album, or a quiet colour of its album."""

from __future__ import annotations

import zlib

from PySide6.QtCore import QRect, QSize, Qt, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from pemr_desktop.ui.artwork.artwork import RADIUS_SHARE, Artwork, Pictured
from pemr_desktop.ui.widgets.theme import Theme

RADIUS_PX = 5


class CoverTile(QWidget):
    """Shows `row`; None shows nothing."""

    def __init__(self, artwork: Artwork | None, theme: Theme, size: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("coverTile")
        self.setAccessibleName(self.tr("Cover"))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._artwork = artwork
        self._theme = theme
        self._size = size
        self._row: Pictured | None = None
        if artwork is not None:
            artwork.arrived.connect(self.update)
        theme.changed.connect(self._restyle)

    def show_track(self, row: Pictured | None) -> None:
        """Show the cover of this track or album."""
        self._row = row
        self.update()

    def sizeHint(self) -> QSize:
        """A square that follows the zoom."""
        side = self._theme.px(self._size)
        return QSize(side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Cover or colour."""
        if self._row is not None:
            painter = QPainter(self)
            paint_tile(painter, self.rect(), self._row, self._artwork, self._theme, self.devicePixelRatioF())

    @Slot()
    def _restyle(self) -> None:
        self.updateGeometry()
        self.update()


def paint_tile(
    painter: QPainter, box: QRect, row: Pictured, artwork: Artwork | None, theme: Theme, ratio: float
) -> None:
    """The cover of a track or album in a square, or the colour of its album with a note in it."""
    cover = artwork.tile(row, box.width(), ratio) if artwork is not None else None
    if cover is not None:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawPixmap(box, cover)
        return
    colour = tile_colour(row, theme.colours.is_dark)
    key = ("album tile", box.width(), colour.name(), ratio)
    painter.drawPixmap(box.topLeft(), theme.picture(key, lambda: _coloured_tile(box.width(), colour, theme, ratio)))


def _coloured_tile(side: int, colour: QColor, theme: Theme, ratio: float) -> QPixmap:
    """`side`: pixels of ours."""
    tile = QPixmap(round(side * ratio), round(side * ratio))
    tile.setDevicePixelRatio(ratio)
    tile.fill(Qt.GlobalColor.transparent)
    painter = QPainter(tile)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    radius = max(RADIUS_PX, side * RADIUS_SHARE)
    painter.drawRoundedRect(0, 0, side, side, radius, radius)
    icon = side // 2
    painter.setOpacity(0.7)
    painter.drawPixmap((side - icon) // 2, (side - icon) // 2, theme.pixmap("music", icon, "text_soft", ratio))
    painter.end()
    return tile


def tile_colour(row: Pictured, dark: bool) -> QColor:
    """A quiet colour that is the same for all tracks of an album."""
    seed = zlib.crc32(f"{row.album_artist or row.artist}\0{row.album}".encode("utf-8", "replace"))
    hue = (seed % 360) / 360.0
    return QColor.fromHsvF(hue, 0.26, 0.34) if dark else QColor.fromHsvF(hue, 0.12, 0.92)
