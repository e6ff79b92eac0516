"""A grid of covers: a view on `AlbumModel` that paints what is on screen and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QContextMenuEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from pemr_desktop.library.rows import AlbumRow
from pemr_desktop.ui.albums.album_model import AlbumModel
from pemr_desktop.ui.albums.album_words import artist_of, years_of
from pemr_desktop.ui.artwork.artwork_tile import paint_tile
from pemr_desktop.ui.widgets.prepared_text import PreparedText
from pemr_desktop.ui.widgets.theme import RADIUS, SNUG, TIGHT, Theme

if TYPE_CHECKING:
    from pemr_desktop.ui.artwork.artwork import Artwork

COVER_PX, STRIP_COVER_PX = 148, 104

_Index = QModelIndex | QPersistentModelIndex
_SELECTED, _MOUSE_OVER = QStyle.StateFlag.State_Selected.value, QStyle.StateFlag.State_MouseOver.value


class AlbumGrid(QListView):
    """Covers with their titles. `is_strip`: one row that scrolls sideways.

    Wrapped from left to right in list mode: with all cells alike a layout of 10,000 takes no time, which icon mode,
    made for icons that are moved about, does not manage.
    """

    albumWanted = Signal(int)
    """An album was activated: by a click, or by the key."""
    menuWanted = Signal(int, QPoint)
    """A menu of an album was asked for, at a place of the screen."""

    def __init__(
        self,
        model: AlbumModel,
        theme: Theme,
        artwork: Artwork,
        parent: QWidget | None = None,
        *,
        is_strip: bool = False,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("albumStrip" if is_strip else "albumGrid")
        self.setAccessibleName(self.tr("Albums"))
        self._albums = model
        self._theme = theme
        self._is_strip = is_strip
        self._current_id: int | None = None
        self.setModel(model)
        self._delegate = AlbumDelegate(model, theme, artwork, self)
        self.setItemDelegate(self._delegate)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(not is_strip)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setMouseTracking(True)
        self.setViewportMargins(SNUG, 0, 0, 0)
        self.setFrameShape(QListView.Shape.NoFrame)
        always, never = Qt.ScrollBarPolicy.ScrollBarAlwaysOn, Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        self.setVerticalScrollBarPolicy(never if is_strip else always)  # a bar that comes and goes would move the cells
        if not is_strip:
            self.setHorizontalScrollBarPolicy(never)
        self.clicked.connect(self._activated)
        model.modelAboutToBeReset.connect(self._keep_current)
        model.modelReset.connect(self._restore_current)
        artwork.arrived.connect(self.viewport().update)
        theme.changed.connect(self._restyle)
        self._restyle()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cells share the width."""
        self._fit()
        super().resizeEvent(event)

    def keyPressEvent(self, event: object) -> None:
        """Return opens the album with the cursor."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):  # type: ignore[attr-defined]
            self._activated(self.currentIndex())
        else:
            super().keyPressEvent(event)  # type: ignore[arg-type]

    def keyboardSearch(self, search: str) -> None:
        """Letters are shortcuts here; looking for an album is what the query line is for."""

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu of the album under the pointer, or with the cursor."""
        by_mouse = event.reason() == QContextMenuEvent.Reason.Mouse
        index = self.indexAt(event.pos()) if by_mouse else self.currentIndex()
        album_id = self._albums.id_at(index.row())
        if album_id is not None:
            self.setCurrentIndex(index)
            where = event.globalPos() if by_mouse else self.viewport().mapToGlobal(self.visualRect(index).center())
            self.menuWanted.emit(album_id, where)

    @Slot(QModelIndex)
    def _activated(self, index: QModelIndex) -> None:
        album_id = self._albums.id_at(index.row()) if index.isValid() else None
        if album_id is not None:
            self.albumWanted.emit(album_id)

    def _fit(self) -> None:
        cover = self._theme.px(STRIP_COVER_PX if self._is_strip else COVER_PX)
        least = cover + 2 * SNUG
        room = self.viewport().width() - 1
        width = least if self._is_strip else room // max(1, room // least)
        side = cover if self._is_strip else max(1, width - 2 * SNUG)
        size = QSize(max(1, width), side + self._delegate.text_height() + 3 * SNUG)
        if size != self._delegate.cell:
            self._delegate.cell = size
            self.setGridSize(size)
        if self._is_strip:
            self.setFixedHeight(size.height() + self.horizontalScrollBar().sizeHint().height() + TIGHT)

    @Slot()
    def _restyle(self) -> None:
        self._delegate.restyle()
        self._delegate.cell = QSize()
        self._fit()
        self.viewport().update()

    @Slot()
    def _keep_current(self) -> None:
        self._current_id = self._albums.id_at(self.currentIndex().row())

    @Slot()
    def _restore_current(self) -> None:
        row = self._albums.row_of(self._current_id) if self._current_id is not None else -1
        if row >= 0:
            scrolled = self.verticalScrollBar().value()
            self.setCurrentIndex(self._albums.index(row, 0))
            self.verticalScrollBar().setValue(scrolled)


class AlbumDelegate(QStyledItemDelegate):
    """Paints a cover with title and artist below it; what was drawn before is not laid out again."""

    def __init__(self, model: AlbumModel, theme: Theme, artwork: Artwork, parent: QWidget) -> None:
        super().__init__(parent)
        self.cell = QSize()
        self._model = model
        self._theme = theme
        self._artwork = artwork
        self.restyle()

    def restyle(self) -> None:
        """Take fonts and colours anew."""
        theme = self._theme
        self._fonts = (theme.font("strong"), theme.font("small"))
        self._texts = tuple(PreparedText(font) for font in self._fonts)
        self._colours = {name: theme.color(name) for name in ("text", "text_soft", "on_selection", "line")}
        self._selection, self._hover = theme.color("selection"), theme.color("hover")

    def text_height(self) -> int:
        """Of the two lines below the cover, in pixels."""
        return 2 * self._theme.px(20)

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """Every cell is like the next."""
        return self.cell

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Ground, cover, title, artist."""
        rect = QRect(option.rect.topLeft(), self.cell).adjusted(1, 1, -1, -1)
        state = option.state.value
        selected = bool(state & _SELECTED)
        album = self._model.album(index.row())
        side = rect.width() - 2 * (SNUG - 1)
        box = QRect(rect.left() + SNUG - 1, rect.top() + SNUG - 1, side, side)
        painter.save()
        painter.setPen(Qt.PenStyle.NoPen)
        if selected or state & _MOUSE_OVER:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setBrush(self._selection if selected else self._hover)
            painter.drawRoundedRect(rect, RADIUS, RADIUS)
        if album is None:
            painter.setBrush(self._colours["line"])
            painter.drawRoundedRect(QRectF(box), RADIUS, RADIUS)
        else:
            device = painter.device()
            ratio = device.devicePixelRatio() if device is not None else 1.0
            paint_tile(painter, box, album, self._artwork, self._theme, ratio)
            self._paint_words(painter, QRect(box.left(), box.bottom() + TIGHT, side, 0), album, selected)
        painter.restore()

    def _paint_words(self, painter: QPainter, below: QRect, album: AlbumRow, selected: bool) -> None:
        height = self.text_height() // 2
        year = years_of(album)
        lines = (album.album, f"{artist_of(album)} · {year}" if year else artist_of(album))
        roles = ("on_selection", "on_selection") if selected else ("text", "text_soft")
        for number, (text, role) in enumerate(zip(lines, roles, strict=True)):
            painter.setFont(self._fonts[number])
            painter.setPen(self._colours[role])
            area = QRect(below.left(), below.top() + number * height, below.width(), height)
            self._texts[number].paint(painter, area, text)
