"""Tags drawn as chips: what the file says is solid, what the ear suggests is outlined with its confidence."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPixmap

from pemr_desktop.library.rows import TrackRow
from pemr_desktop.ui.widgets.theme import Theme

ChipKind = Literal["file", "accepted", "suggested"]

PAD_PX, GAP_PX, HEIGHT_PX, RADIUS_PX = 7, 4, 20, 10
LEAST_WIDTH_PX = 34
MAX_KEPT_CHIPS = 1_000


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
    """Draws a line of chips into a rectangle; what does not fit is counted at the end.

    Chips are drawn once and kept as pictures: rounded lines and text are most of what a row costs.
    """

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
        self._soft = theme.color("text_soft")
        self._advances: dict[str, float] = {}
        self._pictures: OrderedDict[tuple[Chip, int, bool, float], QPixmap] = OrderedDict()

    def paint(self, painter: QPainter, area: QRectF, chips: list[Chip], selected: bool) -> None:
        """Draw; `selected` is true on a chosen row."""
        device = painter.device()
        ratio = device.devicePixelRatio() if device is not None else 1.0
        x, right, top = math.ceil(area.left()), area.right(), round(area.center().y() - self._height / 2)
        for number, chip in enumerate(chips):
            left = len(chips) - number - 1
            room = right - x - (self._rest_width(left) if left else 0)
            width = self._width(chip)
            if width > room:
                if number == 0 and room > LEAST_WIDTH_PX:
                    width = math.floor(room)
                else:
                    self._paint_rest(painter, x, area, left + 1)
                    break
            painter.drawPixmap(x, top, self._picture(chip, width, selected, ratio))
            x += width + self._gap

    def _percent(self, chip: Chip) -> str:
        return "" if chip.probability is None else f"{min(99, max(1, round(chip.probability * 100)))}"

    def _advance(self, text: str) -> float:
        """How wide a text is; measured once."""
        if text not in self._advances:
            if len(self._advances) >= MAX_KEPT_CHIPS:
                self._advances.clear()
            self._advances[text] = self._metrics.horizontalAdvance(text)
        return self._advances[text]

    def _width(self, chip: Chip) -> int:
        """Whole pixels that a chip takes."""
        percent = self._percent(chip)
        width = self._advance(chip.text) + 2 * self._pad
        return math.ceil(width + (self._advance(percent) + self._gap + 1 if percent else 0))

    def _rest_width(self, count: int) -> float:
        return self._advance(f"+{count}") + self._gap

    def _paint_rest(self, painter: QPainter, x: int, area: QRectF, count: int) -> None:
        painter.setFont(self._font)
        painter.setPen(self._soft)
        box = QRectF(x, area.top(), max(0.0, area.right() - x), area.height())
        painter.drawText(box, int(Qt.AlignmentFlag.AlignVCenter), f"+{count}")

    def _picture(self, chip: Chip, width: int, selected: bool, ratio: float) -> QPixmap:
        """A chip as a picture of `width` pixels; `ratio`: pixels of the screen in one of ours."""
        key = (_as_drawn(chip), width, selected, ratio)
        picture = self._pictures.get(key)
        if picture is None:
            picture = self._pictures[key] = self._draw(chip, width, selected, ratio)
            if len(self._pictures) > MAX_KEPT_CHIPS:
                self._pictures.popitem(last=False)
        else:
            self._pictures.move_to_end(key)
        return picture

    def _draw(self, chip: Chip, width: int, selected: bool, ratio: float) -> QPixmap:
        picture = QPixmap(math.ceil(width * ratio), math.ceil(self._height * ratio))
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._font)
        self._paint_chip(painter, QRectF(0, 0, width, self._height), chip, selected)
        painter.end()
        return picture

    def _paint_chip(self, painter: QPainter, box: QRectF, chip: Chip, selected: bool) -> None:
        line, ground, text = self._colours(chip, selected)
        painter.setPen(QPen(line, 1.0, Qt.PenStyle.SolidLine) if line.alpha() else Qt.PenStyle.NoPen)
        painter.setBrush(ground if ground.alpha() else Qt.BrushStyle.NoBrush)
        half = 0.5
        painter.drawRoundedRect(box.adjusted(half, half, -half, -half), self._height / 2, self._height / 2)
        inner = box.adjusted(self._pad, 0, -self._pad, 0)
        percent = self._percent(chip)
        percent_width = self._advance(percent) if percent else 0.0
        word_room = inner.width() - (percent_width + self._gap if percent else 0)
        word = self._metrics.elidedText(chip.text, Qt.TextElideMode.ElideRight, word_room + 0.5)
        painter.setPen(text)
        base = QPointF(inner.left(), box.center().y() + (self._metrics.ascent() - self._metrics.descent()) / 2)
        painter.drawText(base, word)
        if percent:
            painter.setPen(text if selected else self._soft)
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


def _as_drawn(chip: Chip) -> Chip:
    """The same for all chips that look the same: with a confidence in whole percent."""
    return chip if chip.probability is None else Chip(chip.text, chip.kind, round(chip.probability, 2))
