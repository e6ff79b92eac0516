"""Tags drawn as chips: what the file says is solid, what the ear suggests is outlined with its confidence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from pemr_desktop.library.rows import TrackRow
from pemr_desktop.ui.widgets.theme import Theme

ChipKind = Literal["file", "accepted", "suggested"]

PAD_PX, GAP_PX, HEIGHT_PX, RADIUS_PX = 7, 4, 20, 10
LEAST_WIDTH_PX = 34


@dataclass(frozen=True)
class Chip:
    """One tag. `probability` only where the ear said it."""

    text: str
    kind: ChipKind
    probability: float | None = None


def chips_of(row: TrackRow) -> Iterator[Chip]:
    """File tags first, then what was accepted but not written yet, then open suggestions."""
    yield from (Chip(text, "file") for text in (*row.genres, *row.moods))
    accepted = [suggestion for suggestion in row.suggestions if suggestion.decision == "accepted"]
    yield from (Chip(suggestion.tag, "accepted", suggestion.probability) for suggestion in accepted)
    still_open = [suggestion for suggestion in row.suggestions if suggestion.decision is None]
    yield from (Chip(suggestion.tag, "suggested", suggestion.probability) for suggestion in still_open)


class ChipPainter:
    """Draws a line of chips into a rectangle; what does not fit is counted at the end."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._restyle()
        theme.changed.connect(self._restyle)

    def _restyle(self) -> None:
        theme = self._theme
        self._font = theme.font("small")
        self._metrics = QFontMetricsF(self._font)
        self._height = theme.px(HEIGHT_PX)
        self._pad, self._gap = theme.px(PAD_PX), theme.px(GAP_PX)

    def paint(self, painter: QPainter, area: QRectF, chips: list[Chip], selected: bool) -> None:
        """Draw; `selected` is true on a chosen row."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._font)
        x, top = area.left(), area.center().y() - self._height / 2
        for number, chip in enumerate(chips):
            left = len(chips) - number - 1
            room = area.right() - x - (self._rest_width(left) if left else 0)
            width = self._width(chip)
            if width > room:
                if number == 0 and room > LEAST_WIDTH_PX:
                    width = room
                else:
                    self._paint_rest(painter, x, area, left + 1)
                    break
            self._paint_chip(painter, QRectF(x, top, width, self._height), chip, selected)
            x += width + self._gap
        painter.restore()

    def _percent(self, chip: Chip) -> str:
        return "" if chip.probability is None else f"{min(99, max(1, round(chip.probability * 100)))}"

    def _width(self, chip: Chip) -> float:
        width = self._metrics.horizontalAdvance(chip.text) + 2 * self._pad
        percent = self._percent(chip)
        return width + (self._metrics.horizontalAdvance(percent) + self._gap + 1 if percent else 0)

    def _rest_width(self, count: int) -> float:
        return self._metrics.horizontalAdvance(f"+{count}") + self._gap

    def _paint_rest(self, painter: QPainter, x: float, area: QRectF, count: int) -> None:
        painter.setPen(self._theme.color("text_soft"))
        box = QRectF(x, area.top(), max(0.0, area.right() - x), area.height())
        painter.drawText(box, int(Qt.AlignmentFlag.AlignVCenter), f"+{count}")

    def _paint_chip(self, painter: QPainter, box: QRectF, chip: Chip, selected: bool) -> None:
        theme = self._theme
        line, ground, text = self._colours(chip, selected)
        painter.setPen(QPen(line, 1.0, Qt.PenStyle.SolidLine) if line.alpha() else Qt.PenStyle.NoPen)
        painter.setBrush(ground if ground.alpha() else Qt.BrushStyle.NoBrush)
        half = 0.5
        painter.drawRoundedRect(box.adjusted(half, half, -half, -half), self._height / 2, self._height / 2)
        inner = box.adjusted(self._pad, 0, -self._pad, 0)
        percent = self._percent(chip)
        percent_width = self._metrics.horizontalAdvance(percent) if percent else 0.0
        word_room = inner.width() - (percent_width + self._gap if percent else 0)
        word = self._metrics.elidedText(chip.text, Qt.TextElideMode.ElideRight, word_room + 0.5)
        painter.setPen(text)
        base = QPointF(inner.left(), box.center().y() + (self._metrics.ascent() - self._metrics.descent()) / 2)
        painter.drawText(base, word)
        if percent:
            faint = QColor(text) if selected else theme.color("text_soft")
            painter.setPen(faint)
            painter.drawText(QPointF(inner.right() - percent_width, base.y()), percent)

    def _colours(self, chip: Chip, selected: bool) -> tuple[QColor, QColor, QColor]:
        """Line, ground and text of a chip."""
        theme = self._theme
        none = QColor(0, 0, 0, 0)
        text = theme.color("on_selection" if selected else "text")
        if chip.kind == "file":
            ground = QColor(text)
            ground.setAlphaF(0.12 if selected else 0.09)
            return none, ground, text
        accent = theme.color("accent")
        if chip.kind == "accepted":
            ground = QColor(accent)
            ground.setAlphaF(0.18)
            return accent, ground, text
        line = QColor(accent)
        line.setAlphaF(0.75)
        return line, none, text
