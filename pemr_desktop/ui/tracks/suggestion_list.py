"""The list of suggestions with confidence bars; accept and reject by click or by key."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFontMetrics, QMouseEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from pemr_desktop.library.rows import Decision
from pemr_desktop.ui.tracks.suggestion_model import LINE_ROLE, SuggestionLine, SuggestionModel, figures
from pemr_desktop.ui.widgets.theme import RADIUS, SNUG, TIGHT, Role, Theme

ROW_PX, GROUP_PX, BUTTON_PX, BAR_PX = 30, 28, 24, 4

_Index = QModelIndex | QPersistentModelIndex


class SuggestionList(QListView):
    """Emits what the user decides: tag, the tracks it was suggested for, and the decision (None takes it back)."""

    decided = Signal(str, object, object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("suggestions")
        self.setAccessibleName(self.tr("Suggested tags"))
        self.lines = SuggestionModel(self)
        self.setModel(self.lines)
        self._delegate = _SuggestionDelegate(theme, self)
        self.setItemDelegate(self._delegate)
        self.setMouseTracking(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.lines.modelReset.connect(self._fit)
        theme.changed.connect(self._fit)
        self._fit()

    def current_line(self) -> SuggestionLine | None:
        """The tag with the cursor; the first one when there is none."""
        return self.lines.line(self._current())

    @Slot()
    def accept(self) -> None:
        """Accept the tag with the cursor and go to the next; an accepted one is taken back."""
        self._decide(self._current(), "accepted")

    @Slot()
    def reject(self) -> None:
        """Reject the tag with the cursor and go to the next; a rejected one is taken back."""
        self._decide(self._current(), "rejected")

    def step(self, by: int) -> None:
        """Move the cursor among the tags."""
        if self.currentIndex().isValid():
            self._go(self.lines.step(self.currentIndex().row(), by))
        else:
            self._go(self.lines.step(-1, 1))

    def keyboardSearch(self, search: str) -> None:
        """Letters are shortcuts here."""

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click on one of the two buttons of a line decides."""
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and event.button() == Qt.MouseButton.LeftButton:
            wanted = self._delegate.button_at(self.visualRect(index), event.position().toPoint())
            line = self.lines.line(index)
            if wanted is not None and line is not None and not line.is_group:
                self._decide(index, wanted, go_on=False)
        super().mouseReleaseEvent(event)

    def _current(self) -> QModelIndex:
        index = self.currentIndex()
        line = self.lines.line(index)
        if line is not None and not line.is_group:
            return index
        return self.lines.index(self.lines.step(-1, 1))

    def _decide(self, index: QModelIndex, wanted: Decision, go_on: bool = True) -> None:
        line = self.lines.line(index)
        if line is None or line.is_group:
            return
        decision = None if line.decision == wanted else wanted
        self.lines.mark(index, decision)
        if go_on:
            self._go(self.lines.step(index.row(), 1))
        self.decided.emit(line.tag, line.track_ids, decision)

    def _go(self, row: int) -> None:
        index = self.lines.index(row)
        if index.isValid():
            self.setCurrentIndex(index)

    @Slot()
    def _fit(self) -> None:
        """As tall as its lines: the inspector scrolls, not the list."""
        height = sum(self.sizeHintForRow(row) for row in range(self.lines.rowCount()))
        self.setFixedHeight(max(height, 0) + 2 * self.frameWidth())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Bars follow the width."""
        super().resizeEvent(event)
        self.viewport().update()


class _SuggestionDelegate(QStyledItemDelegate):
    """Name, bar, percentage, two buttons."""

    def __init__(self, theme: Theme, parent: SuggestionList) -> None:
        super().__init__(parent)
        self._theme = theme
        self._list = parent

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """Titles are a little lower than lines with buttons."""
        line: SuggestionLine = index.data(LINE_ROLE)
        return QSize(120, self._theme.px(GROUP_PX if line.is_group else ROW_PX))

    def button_at(self, rect: QRect, where: QPoint) -> Decision | None:
        """Which of the two buttons is at a point."""
        accept, reject = self._buttons(rect)
        if accept.contains(where):
            return "accepted"
        return "rejected" if reject.contains(where) else None

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """One line."""
        line: SuggestionLine = index.data(LINE_ROLE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if line.is_group:
            self._paint_title(painter, option.rect, str(index.data()))
        else:
            self._paint_line(painter, option, line)
        painter.restore()

    def _buttons(self, rect: QRect) -> tuple[QRect, QRect]:
        size = self._theme.px(BUTTON_PX)
        top = rect.center().y() - size // 2 + 1
        reject = QRect(rect.right() - size, top, size, size)
        return reject.translated(-size - 2, 0), reject

    def _paint_title(self, painter: QPainter, rect: QRect, text: str) -> None:
        font = self._theme.font("small")
        font.setWeight(font.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(self._theme.color("text_faint"))
        box = rect.adjusted(SNUG, 0, 0, -TIGHT)
        painter.drawText(box, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom), text)

    def _paint_line(self, painter: QPainter, option: QStyleOptionViewItem, line: SuggestionLine) -> None:
        theme, rect = self._theme, QRect(option.rect)
        has_cursor = bool(option.state & QStyle.StateFlag.State_Selected)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        if has_cursor or hovered:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("selection" if has_cursor else "hover"))
            painter.drawRoundedRect(rect.adjusted(0, 1, 0, -1), RADIUS, RADIUS)
        accept, reject = self._buttons(rect)
        self._paint_button(painter, accept, "check", line.decision == "accepted", "good", has_cursor or hovered)
        self._paint_button(painter, reject, "cross", line.decision == "rejected", "bad", has_cursor or hovered)
        font = theme.font("body")
        small = theme.font("small")
        percent = figures(line, self._list.lines.for_many)
        percent_width = QFontMetrics(small).horizontalAdvance(self._list.lines.widest_figures)
        right = accept.left() - SNUG
        text_colour = "on_selection" if has_cursor else "text_soft" if line.decision == "rejected" else "text"
        painter.setFont(small)
        painter.setPen(theme.color("on_selection" if has_cursor else "text_soft"))
        numbers = QRect(right - percent_width, rect.top(), percent_width, rect.height())
        painter.drawText(numbers, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), percent)
        left = rect.left() + SNUG
        room = numbers.left() - SNUG - left
        name_width = round(room * 0.52)
        if line.decision == "rejected":
            font.setStrikeOut(True)
        painter.setFont(font)
        painter.setPen(theme.color(text_colour))
        name = QFontMetrics(font).elidedText(line.tag, Qt.TextElideMode.ElideRight, name_width)
        painter.drawText(QRect(left, rect.top(), name_width, rect.height()), int(Qt.AlignmentFlag.AlignVCenter), name)
        bar = QRectF(left + name_width + SNUG, rect.center().y() - 1.0, room - name_width - SNUG, theme.px(BAR_PX))
        self._paint_bar(painter, bar, line)

    def _paint_bar(self, painter: QPainter, bar: QRectF, line: SuggestionLine) -> None:
        theme = self._theme
        painter.setPen(Qt.PenStyle.NoPen)
        groove = QColor(theme.color("text"))
        groove.setAlphaF(0.10)
        painter.setBrush(groove)
        painter.drawRoundedRect(bar, bar.height() / 2, bar.height() / 2)
        tone = {"accepted": "good", "rejected": "text_faint"}.get(str(line.decision), "accent")
        colour = theme.color(tone)
        if not line.sure and line.decision is None:
            colour = theme.color("text_faint")
        painter.setBrush(colour)
        filled = QRectF(bar.left(), bar.top(), max(bar.height(), bar.width() * line.probability), bar.height())
        painter.drawRoundedRect(filled, bar.height() / 2, bar.height() / 2)

    def _paint_button(self, painter: QPainter, box: QRect, icon: str, is_on: bool, tone: Role, is_near: bool) -> None:
        theme = self._theme
        if is_on:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color(f"{tone}_ground"))
            painter.drawRoundedRect(box, RADIUS, RADIUS)
        size = theme.px(16)
        role: Role = tone if is_on else "text_soft" if is_near else "text_faint"
        pixmap = theme.pixmap(icon, size, role, self._list.devicePixelRatioF())
        painter.setOpacity(1.0 if is_on or is_near else 0.7)
        painter.drawPixmap(box.center().x() - size // 2 + 1, box.center().y() - size // 2 + 1, pixmap)
        painter.setOpacity(1.0)
