"""Paints the review: file names strong, fields with what comes and what goes in colour."""

from __future__ import annotations

from PySide6.QtCore import QAbstractItemModel, QEvent, QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QMouseEvent, QPainter
from PySide6.QtWidgets import (
    QApplication,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionButton,
    QStyleOptionViewItem,
    QTreeView,
)

from pemr_desktop.ui.tags.review_model import LINE_ROLE, ReviewLine
from pemr_desktop.ui.widgets.theme import SNUG, Theme

ROW_PX, TICK_PX, FIELD_PX = 28, 18, 110

_Index = QModelIndex | QPersistentModelIndex
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


class ReviewDelegate(QStyledItemDelegate):
    """One line of the review."""

    def __init__(self, theme: Theme, parent: QTreeView) -> None:
        super().__init__(parent)
        self._theme = theme
        self._tree = parent

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """All lines are equally tall, so that thousands of them cost nothing."""
        return QSize(200, self._theme.px(ROW_PX))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Ground, then a file or a field."""
        line: ReviewLine = index.data(LINE_ROLE)
        rect = QRect(option.rect)
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            line_rect = QRect(0, rect.top(), self._tree.viewport().width(), rect.height())
            painter.fillRect(line_rect, self._theme.color("selection"))
        if line.is_file:
            self._paint_file(painter, rect, index, line)
        else:
            self._paint_field(painter, rect, line)
        painter.restore()

    def editorEvent(
        self, event: QEvent, model: QAbstractItemModel, option: QStyleOptionViewItem, index: _Index
    ) -> bool:
        """A click on the tick changes it."""
        if event.type() == QEvent.Type.MouseButtonRelease and isinstance(event, QMouseEvent):
            state = index.data(Qt.ItemDataRole.CheckStateRole)
            if state is not None and self._tick(QRect(option.rect)).contains(event.position().toPoint()):
                return self._toggle(model, index)
            return False
        return super().editorEvent(event, model, option, index)

    def _toggle(self, model: QAbstractItemModel, index: _Index) -> bool:
        ticked = index.data(Qt.ItemDataRole.CheckStateRole) == Qt.CheckState.Checked
        wanted = Qt.CheckState.Unchecked if ticked else Qt.CheckState.Checked
        return model.setData(index, wanted, Qt.ItemDataRole.CheckStateRole)

    def _tick(self, rect: QRect) -> QRect:
        size = self._theme.px(TICK_PX)
        return QRect(rect.left(), rect.center().y() - size // 2 + 1, size, size)

    def _paint_file(self, painter: QPainter, rect: QRect, index: _Index, line: ReviewLine) -> None:
        theme, box = self._theme, self._tick(rect)
        state = index.data(Qt.ItemDataRole.CheckStateRole)
        if state is not None:
            option = QStyleOptionButton()
            option.rect = box
            option.palette = self._tree.palette()
            option.state = QStyle.StateFlag.State_Enabled
            ticked = state == Qt.CheckState.Checked
            option.state |= QStyle.StateFlag.State_On if ticked else QStyle.StateFlag.State_Off
            style = QApplication.style()
            style.drawPrimitive(QStyle.PrimitiveElement.PE_IndicatorCheckBox, option, painter, self._tick_host())
        elif line.is_warning:
            size = theme.px(16)
            pixmap = theme.pixmap("warning", size, "warning", self._tree.devicePixelRatioF())
            painter.drawPixmap(box.left(), box.center().y() - size // 2 + 1, pixmap)
        font = theme.font("body")
        font.setWeight(QFont.Weight.DemiBold)
        left = box.right() + SNUG
        room = rect.right() - SNUG - left
        left += self._text(painter, QRect(left, rect.top(), int(room * 0.6), rect.height()), line.text, font, "text")
        tone = "warning" if line.is_warning else "text_soft"
        rest = QRect(left + SNUG, rect.top(), max(0, rect.right() - SNUG - left - SNUG), rect.height())
        self._text(painter, rest, line.detail, theme.font("small"), tone, Qt.TextElideMode.ElideMiddle)

    def _tick_host(self) -> QTreeView:
        return self._tree

    def _paint_field(self, painter: QPainter, rect: QRect, line: ReviewLine) -> None:
        theme = self._theme
        left = rect.left() + theme.px(TICK_PX) + SNUG
        if line.is_warning:
            room = QRect(left, rect.top(), rect.right() - SNUG - left, rect.height())
            self._text(painter, room, line.text, theme.font("small"), "warning")
            return
        width = theme.px(FIELD_PX)
        self._text(painter, QRect(left, rect.top(), width, rect.height()), line.text, theme.font("body"), "text_soft")
        left += width
        if not line.pieces:
            note = QRect(left, rect.top(), rect.right() - SNUG - left, rect.height())
            self._text(painter, note, line.detail, theme.font("body"), "text_soft")
            return
        self._paint_pieces(painter, QRect(left, rect.top(), rect.right() - SNUG - left, rect.height()), line)

    def _paint_pieces(self, painter: QPainter, room: QRect, line: ReviewLine) -> None:
        x, theme = float(room.left()), self._theme
        for piece in line.pieces:
            font = theme.font("body")
            if piece.fate == "added":
                font.setWeight(QFont.Weight.DemiBold)
            if piece.fate == "removed":
                font.setStrikeOut(True)
            metrics = QFontMetrics(font)
            text = metrics.elidedText(piece.text, Qt.TextElideMode.ElideRight, round(room.right() - x))
            width = metrics.horizontalAdvance(text)
            tone = {"same": "text", "added": "good", "removed": "bad"}[piece.fate]
            if piece.fate != "same":
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(theme.color(f"{tone}_ground"))
                ground = QRectF(x - 2, room.center().y() - metrics.height() / 2, width + 4, metrics.height() + 1)
                painter.drawRoundedRect(ground, 3, 3)
            painter.setFont(font)
            painter.setPen(theme.color(tone))
            painter.drawText(QRectF(x, room.top(), width + 2, room.height()), _LEFT, text)
            x += width
            if x >= room.right():
                break

    def _text(
        self,
        painter: QPainter,
        room: QRect,
        text: str,
        font: QFont,
        tone: str,
        elide: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
    ) -> int:
        """Draw elided text; its width comes back."""
        metrics = QFontMetrics(font)
        shown = metrics.elidedText(text, elide, room.width())
        painter.setFont(font)
        painter.setPen(self._theme.color(tone))
        painter.drawText(room, _LEFT, shown)
        return metrics.horizontalAdvance(shown)
