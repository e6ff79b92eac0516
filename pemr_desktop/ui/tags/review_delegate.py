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

from pemr_desktop.ui.tags.review_lines import ReviewLine
from pemr_desktop.ui.tags.review_model import LINE_ROLE
from pemr_desktop.ui.widgets.theme import SNUG, TIGHT, Theme

ROW_PX, TICK_PX, FIELD_PX = 28, 18, 130
SIGN = {
    Qt.CheckState.Checked: QStyle.StateFlag.State_On,
    Qt.CheckState.Unchecked: QStyle.StateFlag.State_Off,
    Qt.CheckState.PartiallyChecked: QStyle.StateFlag.State_NoChange,
}

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
        """Ground, tick or sign, then a branch or a leaf."""
        line: ReviewLine = index.data(LINE_ROLE)
        rect = QRect(option.rect)
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            line_rect = QRect(0, rect.top(), self._tree.viewport().width(), rect.height())
            painter.fillRect(line_rect, self._theme.color("selection"))
        box = self._tick(rect, line)
        state = index.data(Qt.ItemDataRole.CheckStateRole)
        if state is not None:
            self._paint_tick(painter, box, state)
        elif line.is_warning:
            size = self._theme.px(16)
            pixmap = self._theme.pixmap("warning", size, "warning", self._tree.devicePixelRatioF())
            painter.drawPixmap(box.left(), box.center().y() - size // 2 + 1, pixmap)
        left = box.right() + SNUG
        room = QRect(left, rect.top(), rect.right() - SNUG - left, rect.height())
        if line.is_branch:
            self._paint_branch(painter, room, line)
        elif line.is_warning:
            self._text(painter, room, line.text, self._theme.font("small"), "warning")
        else:
            self._paint_field(painter, room, line, is_left_out=state == Qt.CheckState.Unchecked)
        painter.restore()

    def editorEvent(
        self, event: QEvent, model: QAbstractItemModel, option: QStyleOptionViewItem, index: _Index
    ) -> bool:
        """A click on the tick changes it."""
        if event.type() == QEvent.Type.MouseButtonRelease and isinstance(event, QMouseEvent):
            box = self._tick(QRect(option.rect), index.data(LINE_ROLE))
            return box.contains(event.position().toPoint()) and toggle(model, index)
        return super().editorEvent(event, model, option, index)

    def _tick(self, rect: QRect, line: ReviewLine) -> QRect:
        size = self._theme.px(TICK_PX)
        indent = 0 if line.is_branch else size + SNUG
        return QRect(rect.left() + indent, rect.center().y() - size // 2 + 1, size, size)

    def _paint_tick(self, painter: QPainter, box: QRect, state: Qt.CheckState) -> None:
        option = QStyleOptionButton()
        option.rect = box
        option.palette = self._tree.palette()
        option.state = QStyle.StateFlag.State_Enabled | SIGN[state]
        QApplication.style().drawPrimitive(QStyle.PrimitiveElement.PE_IndicatorCheckBox, option, painter, self._tree)

    def _paint_branch(self, painter: QPainter, room: QRect, line: ReviewLine) -> None:
        font = self._theme.font("body")
        font.setWeight(QFont.Weight.DemiBold)
        name = QRect(room.left(), room.top(), int(room.width() * 0.6), room.height())
        left = room.left() + self._text(painter, name, line.text, font, "text") + SNUG
        tone = "warning" if line.is_warning else "text_soft"
        rest = QRect(left, room.top(), max(0, room.right() - left), room.height())
        self._text(painter, rest, line.detail, self._theme.font("small"), tone, Qt.TextElideMode.ElideMiddle)

    def _paint_field(self, painter: QPainter, room: QRect, line: ReviewLine, *, is_left_out: bool) -> None:
        """The name of a field, what changes in it, and what is to be said of that; what is left out is fainter."""
        width = self._theme.px(FIELD_PX)
        tone = "text_faint" if is_left_out else "text_soft"
        name = QRect(room.left(), room.top(), width - SNUG, room.height())
        self._text(painter, name, line.text, self._theme.font("body"), tone)
        rest = room.adjusted(width, 0, 0, 0)
        if line.pieces:
            rest.setLeft(self._paint_pieces(painter, rest, line, is_left_out=is_left_out) + 2 * SNUG)
            self._text(painter, rest, line.detail, self._theme.font("small"), "text_faint")
        else:
            self._text(painter, rest, line.detail, self._theme.font("body"), tone)

    def _paint_pieces(self, painter: QPainter, room: QRect, line: ReviewLine, *, is_left_out: bool) -> int:
        """Draw the difference; where it ends comes back."""
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
            tone = {"same": "text", "added": "good", "removed": "bad"}[piece.fate] if not is_left_out else "text_faint"
            if piece.fate != "same" and not is_left_out:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(theme.color(f"{tone}_ground"))
                ground = QRectF(x - 2, room.center().y() - metrics.height() / 2, width + 4, metrics.height() + 1)
                painter.drawRoundedRect(ground, 3, 3)
            painter.setFont(font)
            painter.setPen(theme.color(tone))
            painter.drawText(QRectF(x, room.top(), width + 2, room.height()), _LEFT, text)
            x += width + (TIGHT if piece.fate != "same" else 0)
            if x >= room.right():
                break
        return round(x)

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


def toggle(model: QAbstractItemModel, index: _Index) -> bool:
    """Tick what is not wholly ticked, untick what is -> whether there was a tick."""
    state = index.data(Qt.ItemDataRole.CheckStateRole)
    if state is None:
        return False
    wanted = Qt.CheckState.Unchecked if state == Qt.CheckState.Checked else Qt.CheckState.Checked
    return model.setData(index, wanted, Qt.ItemDataRole.CheckStateRole)
