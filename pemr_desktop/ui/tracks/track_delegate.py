"""How rows of the library table are painted: tile, chips, and text that tells present from offline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from pemr_desktop.library.rows import TrackRow
from pemr_desktop.ui.artwork.artwork_tile import RADIUS_PX, paint_tile
from pemr_desktop.ui.tracks.chips import ChipPainter, chips_of
from pemr_desktop.ui.tracks.track_model import TrackModel
from pemr_desktop.ui.widgets.prepared_text import PreparedText
from pemr_desktop.ui.widgets.theme import SNUG, TIGHT, Theme

if TYPE_CHECKING:
    from pemr_desktop.ui.artwork.artwork import Artwork

ROW_HEIGHT_PX = 40
TILE_PX = 32

_Index = QModelIndex | QPersistentModelIndex
_SELECTED, _FOCUSED = QStyle.StateFlag.State_Selected.value, QStyle.StateFlag.State_HasFocus.value
FOCUS_PX = 3


class TrackDelegate(QStyledItemDelegate):
    """Paints every cell itself: one look-up of the row a cell; what was drawn before is not laid out again."""

    def __init__(self, model: TrackModel, theme: Theme, artwork: Artwork | None, parent: QWidget) -> None:
        super().__init__(parent)
        self.hovered_row = -1
        """The line under the pointer, which lights up as a whole; -1 for none."""
        self._model = model
        self._theme = theme
        self._artwork = artwork
        self._chips = ChipPainter(theme)
        self._restyle()
        theme.changed.connect(self._restyle)

    def _restyle(self) -> None:
        theme = self._theme
        self._font = theme.font("body")
        self._texts = PreparedText(self._font)
        self._colours = {name: theme.color(name) for name in ("text", "text_soft", "text_faint", "on_selection")}
        self._accent, self._selection = theme.color("accent"), theme.color("selection")
        self._hover, self._line = theme.color("hover"), theme.color("line")

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """Every row is as tall as the next."""
        return QSize(self._theme.px(80), self._theme.px(ROW_HEIGHT_PX))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Ground, then what the column shows."""
        rect: QRect = option.rect
        state = option.state.value
        selected = bool(state & _SELECTED)
        if selected:
            painter.fillRect(rect, self._selection)
        elif index.row() == self.hovered_row:
            painter.fillRect(rect, self._hover)
        if state & _FOCUSED:
            painter.fillRect(rect.left(), rect.top(), FOCUS_PX, rect.height(), self._accent)
        row = self._model.track(index.row())
        column = self._model.columns[index.column()].id
        if row is None:
            self._paint_waiting(painter, rect, column)
        elif column == "tile":
            self._paint_tile(painter, rect, row)
        elif column == "tags":
            area = QRectF(rect.adjusted(SNUG, 0, -SNUG, 0))
            self._chips.paint(painter, area, list(chips_of(row)), selected)
        else:
            self._paint_text(painter, rect, index, row, column, selected)

    def _paint_text(
        self, painter: QPainter, rect: QRect, index: _Index, row: TrackRow, column: str, selected: bool
    ) -> None:
        area = rect.adjusted(SNUG, 0, -SNUG, 0)
        painter.setFont(self._font)
        painter.setPen(self._text_colour(row, column, selected))
        if column == "title":
            area = self._paint_marks(painter, area, row)
        declared = self._model.columns[index.column()]
        self._texts.paint(painter, area, declared.text(row), at_right=declared.numeric)

    def _text_colour(self, row: TrackRow, column: str, selected: bool) -> QColor:
        if selected:
            return self._colours["on_selection"]
        if row.id == self._model.playing_id and column == "title":
            return self._accent
        if row.state != "present":
            return self._colours["text_faint"]
        return self._colours["text" if column == "title" else "text_soft"]

    def _paint_marks(self, painter: QPainter, area: QRect, row: TrackRow) -> QRect:
        """Small icons right of the title: has versions, is offline. What is left for the title comes back."""
        marks = [("covers", row.cover_group is not None), ("offline", row.state != "present")]
        for name in [name for name, shown in marks if shown]:
            size = self._theme.px(14)
            pixmap = self._theme.pixmap(name, size, "text_soft", _pixel_ratio(painter))
            painter.drawPixmap(area.right() - size, area.center().y() - size // 2, pixmap)
            area = area.adjusted(0, 0, -(size + TIGHT), 0)
        return area

    def _paint_tile(self, painter: QPainter, rect: QRect, row: TrackRow) -> None:
        size = self._theme.px(TILE_PX)
        box = QRect(rect.left() + SNUG, rect.center().y() - size // 2 + 1, size, size)
        ratio = _pixel_ratio(painter)
        painter.save()
        paint_tile(painter, box, row, self._artwork, self._theme, ratio)
        if row.id == self._model.playing_id:
            self._paint_playing(painter, box, ratio)
        painter.restore()

    def _paint_playing(self, painter: QPainter, box: QRect, ratio: float) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._accent)
        painter.drawRoundedRect(box, RADIUS_PX, RADIUS_PX)
        size = self._theme.px(18)
        pixmap = self._theme.pixmap("waveform", size, "on_accent", ratio)
        painter.drawPixmap(box.center().x() - size // 2 + 1, box.center().y() - size // 2 + 1, pixmap)

    def _paint_waiting(self, painter: QPainter, rect: QRect, column: str) -> None:
        """A quiet bar where the row is still being fetched."""
        if column not in ("title", "artist", "album"):
            return
        painter.save()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._line)
        painter.drawRoundedRect(QRect(rect.left() + SNUG, rect.center().y() - 4, rect.width() // 2, 8), 4, 4)
        painter.restore()


def _pixel_ratio(painter: QPainter) -> float:
    """Pixels of the screen in one of ours."""
    device = painter.device()
    return device.devicePixelRatio() if device is not None else 1.0
