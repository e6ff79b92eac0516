"""Curves that grow while a training runs: a few series over one axis of steps."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from pemr_desktop.ui import wording
from pemr_desktop.ui.training.curve import Curve
from pemr_desktop.ui.widgets.waveform import blended

GAP_PX = 8


def nice_ticks(low: float, high: float, about: int) -> list[float]:
    """Round numbers (1, 2 or 5 times a power of ten) between two limits, about that many."""
    span = high - low
    if not (math.isfinite(span) and span > 0) or about < 1:
        return [low]
    raw = span / about
    power = 10.0 ** math.floor(math.log10(raw))
    step = next((factor * power for factor in (1, 2, 5) if factor * power >= raw), 10 * power)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [number * step for number in range(first, last + 1)]


class CurvePlot(QWidget):
    """A line plot with hover values. The first series has the accent colour, the next ones the given colours."""

    def __init__(self, x_label: str, y_label: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("curvePlot")
        self.setAccessibleName(self.tr("{} over {}").format(y_label, x_label))
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._x_label, self._y_label = x_label, y_label
        self._curves: dict[str, Curve] = {}
        self._colours: dict[str, QColor] = {}
        self._marks: list[float] = []
        self._empty = ""
        self._hover: QPointF | None = None

    def sizeHint(self) -> QSize:
        return QSize(480, 240)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 140)

    def set_empty_text(self, text: str) -> None:
        """What to say while there is nothing to draw."""
        self._empty = text
        self.update()

    def set_colour(self, name: str, colour: QColor) -> None:
        """Draw a series in another colour than the accent."""
        self._colours[name] = colour
        self.update()

    def set_curves(self, curves: Sequence[Curve], marks: Sequence[float] = ()) -> None:
        """Draw these series as they are now; marks are faint upright lines, for instance where something was saved."""
        self._curves = {curve.name: curve for curve in curves}
        self._marks = list(marks)
        last = next((curve.points[-1] for curve in curves if curve.points), None)
        if last is None:
            self.setAccessibleDescription(self._empty)
        else:
            at = self.tr("{} at {} {}").format(wording.figure(last[1]), self._x_label, wording.number(last[0]))
            self.setAccessibleDescription(at)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        text = self.palette().color(QPalette.ColorRole.WindowText)
        back = self.palette().color(QPalette.ColorRole.Window)
        if not any(len(curve.points) > 1 for curve in self._curves.values()):
            painter.setPen(blended(text, back, 0.6))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect().adjusted(16, 16, -16, -16), int(flags), self._empty)
            return
        limits = self._limits()
        area = self._area(painter, limits)
        self._paint_grid(painter, area, limits, text, back)
        lines = {name: curve.smoothed() for name, curve in self._curves.items()}
        for name, curve in self._curves.items():
            colour = self._colour_of(name)
            if lines[name] is not curve.points:
                faint = QColor(colour)
                faint.setAlphaF(0.25)
                self._paint_line(painter, curve.points, area, limits, faint, 1.0)
            self._paint_line(painter, lines[name], area, limits, colour, 2.0)
        self._paint_legend(painter, area, text)
        if self._hover is not None and area.contains(self._hover):
            self._paint_hover(painter, area, limits, lines, text, back)

    def _colour_of(self, name: str) -> QColor:
        return self._colours.get(name) or self.palette().color(QPalette.ColorRole.Accent)

    def _limits(self) -> QRectF:
        """Left, top (lowest value), width and height in the units of the data."""
        xs = [x for curve in self._curves.values() for x, _ in curve.points]
        ys = sorted(y for curve in self._curves.values() for y in _shown_values(curve))
        low, high = ys[0], ys[-1]
        margin = (high - low) * 0.06 or abs(high) * 0.06 or 1.0
        left, right = min(xs), max(xs)
        return QRectF(left, low - margin, max(right - left, 1e-9), high - low + 2 * margin)

    def _area(self, painter: QPainter, limits: QRectF) -> QRectF:
        metrics = painter.fontMetrics()
        labels = [wording.figure(tick) for tick in nice_ticks(limits.top(), limits.bottom(), 4)]
        left = max((metrics.horizontalAdvance(label) for label in labels), default=0) + GAP_PX
        top, bottom = metrics.height() + GAP_PX, metrics.height() + GAP_PX
        return QRectF(left, top, max(1, self.width() - left - GAP_PX), max(1, self.height() - top - bottom))

    def _paint_grid(self, painter: QPainter, area: QRectF, limits: QRectF, text: QColor, back: QColor) -> None:
        metrics = painter.fontMetrics()
        line, words = blended(text, back, 0.12), blended(text, back, 0.65)
        for tick in nice_ticks(limits.top(), limits.bottom(), max(2, int(area.height() / 50))):
            y = _pixel(tick, limits.top(), limits.height(), area.bottom(), -area.height())
            painter.setPen(line)
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(words)
            box = QRectF(0, y - metrics.height() / 2, area.left() - GAP_PX, metrics.height())
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(box, int(right), wording.figure(tick))
        for mark in self._marks:
            if limits.left() <= mark <= limits.right():
                x = _pixel(mark, limits.left(), limits.width(), area.left(), area.width())
                painter.setPen(QPen(blended(text, back, 0.3), 1, Qt.PenStyle.DotLine))
                painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        painter.setPen(words)
        painter.drawText(QPointF(area.left(), self.height() - metrics.descent()), self._x_label)
        taken = area.left() + metrics.horizontalAdvance(self._x_label) + 2 * GAP_PX
        for tick in nice_ticks(limits.left(), limits.right(), max(2, int(area.width() / 90))):
            if tick != int(tick):
                continue
            x = _pixel(tick, limits.left(), limits.width(), area.left(), area.width())
            label = wording.number(tick)
            width = metrics.horizontalAdvance(label)
            left = min(max(area.left(), x - width / 2), area.right() - width)
            if left >= taken:
                painter.setPen(words)
                painter.drawText(QPointF(left, self.height() - metrics.descent()), label)
                taken = left + width + GAP_PX

    def _paint_line(
        self,
        painter: QPainter,
        points: Sequence[tuple[float, float]],
        area: QRectF,
        limits: QRectF,
        colour: QColor,
        width: float,
    ) -> None:
        path = QPainterPath()
        for number, (x, y) in enumerate(points):
            point = QPointF(
                _pixel(x, limits.left(), limits.width(), area.left(), area.width()),
                _pixel(y, limits.top(), limits.height(), area.bottom(), -area.height()),
            )
            if number == 0:
                path.moveTo(point)
            else:
                path.lineTo(point)
        pen = QPen(colour, width)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.save()
        painter.setClipRect(area.adjusted(-1, -2, 1, 2))
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(path)
        painter.restore()

    def _paint_legend(self, painter: QPainter, area: QRectF, text: QColor) -> None:
        metrics = painter.fontMetrics()
        right = area.right()
        middle = metrics.height() / 2
        for name in reversed(list(self._curves)):
            right -= metrics.horizontalAdvance(name)
            painter.setPen(text)
            painter.drawText(QPointF(right, metrics.ascent()), name)
            right -= 6
            painter.setPen(QPen(self._colour_of(name), 3, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            painter.drawLine(QPointF(right - 12, middle), QPointF(right, middle))
            right -= 12 + 2 * GAP_PX

    def _paint_hover(
        self,
        painter: QPainter,
        area: QRectF,
        limits: QRectF,
        lines: dict[str, list[tuple[float, float]]],
        text: QColor,
        back: QColor,
    ) -> None:
        assert self._hover is not None
        x = _pixel(self._hover.x(), area.left(), area.width(), limits.left(), limits.width())
        painter.setPen(blended(text, back, 0.35))
        painter.drawLine(QPointF(self._hover.x(), area.top()), QPointF(self._hover.x(), area.bottom()))
        words = [f"{self._x_label} {wording.number(x)}"]
        for name, line in lines.items():
            if line:
                nearest = min(line, key=lambda point: abs(point[0] - x))
                words.append(f"{name} {wording.figure(nearest[1])}")
        label = "   ".join(words)
        metrics = painter.fontMetrics()
        width, height = metrics.horizontalAdvance(label) + 16, metrics.height() + 6
        left = min(max(area.left(), self._hover.x() - width / 2), area.right() - width)
        bubble = QRectF(left, area.top() + 4, width, height)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(text)
        painter.drawRoundedRect(bubble, 5, 5)
        painter.setPen(back)
        painter.drawText(bubble, Qt.AlignmentFlag.AlignCenter, label)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover = event.position()
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hover = None
        self.update()


def _pixel(value: float, start: float, span: float, target: float, target_span: float) -> float:
    return target + (value - start) / span * target_span


def _shown_values(curve: Curve) -> list[float]:
    """Values that decide the scale: the highest few of a long noisy curve would flatten everything else."""
    values = sorted(y for _, y in curve.points)
    if len(values) < 100:
        return values
    return values[: round(len(values) * 0.99)]
