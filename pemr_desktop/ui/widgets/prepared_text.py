"""Lines of text that are drawn again and again: each is shaped and shortened once."""

from __future__ import annotations

import math
from collections import OrderedDict
from typing import NamedTuple

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QStaticText, QTextOption

MAX_KEPT_LINES = 2_000


class PreparedLine(NamedTuple):
    """A line that is ready to be drawn, and how wide it is in pixels."""

    text: QStaticText
    width: int


class PreparedText:
    """Draws plain text in one font, shortened where it does not fit. The lines used last are kept."""

    def __init__(self, font: QFont) -> None:
        self._font = font
        self._metrics = QFontMetrics(font)
        self._height = self._metrics.height()
        self._option = QTextOption()
        self._option.setWrapMode(QTextOption.WrapMode.NoWrap)
        self._lines: OrderedDict[tuple[str, int], PreparedLine] = OrderedDict()

    def paint(self, painter: QPainter, area: QRect, text: str, *, at_right: bool = False) -> None:
        """Draw a line in the middle of the height of `area`, with the pen of the painter, which has the font."""
        if not text:
            return
        line = self._line(text, area.width())
        left = area.x() + area.width() - line.width if at_right else area.x()
        painter.drawStaticText(left, area.y() + (area.height() - self._height) // 2, line.text)

    def _line(self, text: str, room: int) -> PreparedLine:
        """`room`: pixels that the line may take."""
        key = (text, room)
        line = self._lines.get(key)
        if line is None:
            line = self._lines[key] = self._prepare(text, room)
            if len(self._lines) > MAX_KEPT_LINES:
                self._lines.popitem(last=False)
        else:
            self._lines.move_to_end(key)
        return line

    def _prepare(self, text: str, room: int) -> PreparedLine:
        width = self._metrics.horizontalAdvance(text)
        if width > room:
            text = self._metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
            width = self._metrics.horizontalAdvance(text)
        made = QStaticText(text)
        made.setTextFormat(Qt.TextFormat.PlainText)
        made.setTextOption(self._option)
        made.setTextWidth(math.ceil(width) + 1)
        made.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
        made.prepare(font=self._font)
        return PreparedLine(made, width)
