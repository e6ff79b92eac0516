"""The waveform: what a track looks like, where it plays, and which moments carry it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from pemr_desktop.ui import wording

BAR_PX = 3.0
GAP_PX = 2.0
IMPORTANCE_PX = 4
IMPORTANCE_GAP_PX = 3

STEP_S = 5.0
FINE_STEP_S = 1.0
PAGE_S = 30.0
WHEEL_NOTCH = 120
"""What `QWheelEvent.angleDelta` counts for one notch of a wheel."""


def bar_levels(peaks: bytes, bar_count: int) -> list[float]:
    """Peaks (n,) uint8 -> one level 0 ... 1 a bar: the loudest peak of its stretch, scaled to the loudest of all."""
    if not peaks or bar_count <= 0:
        return []
    loudest = max(peaks) or 1
    count = len(peaks)
    levels = []
    for bar in range(bar_count):
        start = min(bar * count // bar_count, count - 1)
        end = max((bar + 1) * count // bar_count, start + 1)
        levels.append(max(peaks[start:end]) / loudest)
    return levels


def paint_bars(painter: QPainter, area: QRectF, levels: Sequence[float], colours: Sequence[QColor]) -> None:
    """Draw levels as rounded bars, mirrored at the middle of the area, each in its colour."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    middle = area.center().y()
    for number, (level, colour) in enumerate(zip(levels, colours, strict=True)):
        painter.setBrush(colour)
        height = max(BAR_PX, level * area.height())
        left = area.left() + number * (BAR_PX + GAP_PX)
        painter.drawRoundedRect(QRectF(left, middle - height / 2, BAR_PX, height), BAR_PX / 2, BAR_PX / 2)
    painter.restore()


def blended(front: QColor, back: QColor, share: float) -> QColor:
    """`share` of the front colour over the back colour."""
    return QColor.fromRgbF(
        front.redF() * share + back.redF() * (1 - share),
        front.greenF() * share + back.greenF() * (1 - share),
        front.blueF() * share + back.blueF() * (1 - share),
    )


class Waveform(QWidget):
    """Shows peaks, the played part and the importance curve; click, drag or keys ask for another moment."""

    seekRequested = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("waveform")
        self.setAccessibleName(self.tr("Position in the track"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._peaks = b""
        self._importance = b""
        self._importance_step_s = 0.0
        self._spans: tuple[tuple[float, float], ...] = ()
        self._duration_s = 0.0
        self._position_s = 0.0
        self._hover_x: float | None = None
        self._dragged_to_s: float | None = None
        self._wheel_turned = 0
        self._pictures: tuple[QPixmap, QPixmap] | None = None

    def sizeHint(self) -> QSize:
        return QSize(320, 48)

    def minimumSizeHint(self) -> QSize:
        return QSize(60, 24)

    @property
    def duration_s(self) -> float:
        """Length of what is shown; 0 when nothing is."""
        return self._duration_s

    @property
    def position_s(self) -> float:
        """The moment up to which the waveform is drawn as played."""
        return self._position_s

    def set_sound(
        self, peaks: bytes, duration_s: float, importance: bytes = b"", importance_step_s: float = 0.0
    ) -> None:
        """Show a track: peaks and importance as uint8 levels over its whole length."""
        self._peaks = bytes(peaks)
        self._importance = bytes(importance)
        self._importance_step_s = importance_step_s
        self._duration_s = max(0.0, duration_s)
        self._spans = ()
        self._position_s = 0.0
        self._dragged_to_s = None
        self._forget_pictures()
        self._describe()

    def clear(self) -> None:
        """Show nothing."""
        self.set_sound(b"", 0.0)

    def set_spans(self, spans: Sequence[tuple[float, float]]) -> None:
        """Let these stretches (start, end in seconds) stand out; none: everything looks alike."""
        self._spans = tuple(spans)
        self._forget_pictures()

    def set_duration(self, duration_s: float) -> None:
        """Correct the length once the player knows it better."""
        if duration_s > 0 and duration_s != self._duration_s:
            self._duration_s = duration_s
            self._forget_pictures()
            self._describe()

    def set_position(self, position_s: float) -> None:
        """Move the played part; repaints only the stretch between the old and the new moment."""
        position_s = min(max(0.0, position_s), self._duration_s or position_s)
        before, after = self._x_of(self._position_s), self._x_of(position_s)
        self._position_s = position_s
        if int(before) != int(after):
            left, right = sorted((before, after))
            self.update(QRect(int(left) - 2, 0, int(right - left) + 5, self.height()))

    def seek(self, position_s: float) -> None:
        """Ask for another moment, as if clicked."""
        if self._duration_s <= 0:
            return
        position_s = min(max(0.0, position_s), self._duration_s)
        self.set_position(position_s)
        self._describe()
        self.seekRequested.emit(position_s)

    def _describe(self) -> None:
        if self._duration_s <= 0:
            self.setAccessibleDescription(self.tr("No track"))
            return
        self.setAccessibleDescription(
            self.tr("{} of {}").format(wording.clock(self._position_s), wording.clock(self._duration_s))
        )

    def _x_of(self, seconds: float) -> float:
        return seconds / self._duration_s * self.width() if self._duration_s > 0 else 0.0

    def _seconds_at(self, x: float) -> float:
        return min(max(0.0, x / max(1, self.width())), 1.0) * self._duration_s

    def _forget_pictures(self) -> None:
        self._pictures = None
        self.update()

    def _bars_area(self) -> QRectF:
        beneath = IMPORTANCE_PX + IMPORTANCE_GAP_PX if self._importance else 0
        return QRectF(0, 1, self.width(), max(1, self.height() - 2 - beneath))

    def _bar_colours(self, bar_count: int, colour: QColor) -> list[QColor]:
        """The colour of each bar: fainter outside the stretches that stand out."""
        if not self._spans:
            return [colour] * bar_count
        faint = QColor(colour)
        faint.setAlphaF(0.3)
        middles = [(number + 0.5) / bar_count * self._duration_s for number in range(bar_count)]
        return [colour if any(start <= middle < end for start, end in self._spans) else faint for middle in middles]

    def _picture(self, bars: QColor, heat: QColor) -> QPixmap:
        ratio = self.devicePixelRatioF()
        picture = QPixmap(QSize(round(self.width() * ratio), round(self.height() * ratio)))
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        area = self._bars_area()
        bar_count = int((area.width() + GAP_PX) // (BAR_PX + GAP_PX))
        if self._peaks:
            levels = bar_levels(self._peaks, bar_count)
            paint_bars(painter, area, levels, self._bar_colours(bar_count, bars))
        elif self._duration_s > 0:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(bars)
            painter.drawRoundedRect(QRectF(0, area.center().y() - 2, area.width(), 4), 2, 2)
        if self._importance:
            self._paint_importance(painter, bar_count, heat)
        painter.end()
        return picture

    def _paint_importance(self, painter: QPainter, bar_count: int, heat: QColor) -> None:
        shown_s = self._importance_step_s * len(self._importance)
        share = min(1.0, shown_s / self._duration_s) if shown_s > 0 and self._duration_s > 0 else 1.0
        count = max(1, round(bar_count * share))
        top = self.height() - IMPORTANCE_PX
        for number, level in enumerate(bar_levels(self._importance, count)):
            colour = QColor(heat)
            colour.setAlphaF(0.08 + 0.92 * level * level)
            left = number * (BAR_PX + GAP_PX)
            painter.fillRect(QRectF(left, top, BAR_PX + GAP_PX, IMPORTANCE_PX - 1), colour)

    def paintEvent(self, event: QPaintEvent) -> None:
        palette = self.palette()
        accent = palette.color(QPalette.ColorRole.Accent)
        text = palette.color(QPalette.ColorRole.WindowText)
        background = palette.color(QPalette.ColorRole.Window)
        if self._pictures is None or self._pictures[0].devicePixelRatio() != self.devicePixelRatioF():
            waiting = blended(text, background, 0.32)
            self._pictures = (self._picture(waiting, accent), self._picture(accent, accent))
        painter = QPainter(self)
        shown_s = self._position_s if self._dragged_to_s is None else self._dragged_to_s
        played = self._x_of(shown_s)
        painter.setClipRect(QRectF(played, 0, self.width() - played, self.height()))
        painter.drawPixmap(0, 0, self._pictures[0])
        painter.setClipRect(QRectF(0, 0, played, self.height()))
        painter.drawPixmap(0, 0, self._pictures[1])
        painter.setClipping(False)
        if self._hover_x is not None and self._duration_s > 0:
            self._paint_hover(painter, self._hover_x, text, background)
        if self.hasFocus() and self._duration_s > 0:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(blended(accent, background, 0.7))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)

    def _paint_hover(self, painter: QPainter, x: float, text: QColor, background: QColor) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(blended(text, background, 0.6))
        painter.drawLine(QPointF(x, 0), QPointF(x, self.height()))
        label = wording.clock(self._seconds_at(x))
        metrics = painter.fontMetrics()
        width, height = metrics.horizontalAdvance(label) + 10, metrics.height() + 2
        left = x + 5 if x + 5 + width <= self.width() else x - 5 - width
        bubble = QRectF(left, 0, width, height)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(text)
        painter.drawRoundedRect(bubble, 4, 4)
        painter.setPen(background)
        painter.drawText(bubble, Qt.AlignmentFlag.AlignCenter, label)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._forget_pictures()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange, QEvent.Type.FontChange):
            self._forget_pictures()
        super().changeEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._describe()
        super().focusInEvent(event)
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or self._duration_s <= 0:
            event.ignore()
            return
        self._dragged_to_s = self._seconds_at(event.position().x())
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover_x = event.position().x()
        if self._dragged_to_s is not None:
            self._dragged_to_s = self._seconds_at(self._hover_x)
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or self._dragged_to_s is None:
            event.ignore()
            return
        self._dragged_to_s = None
        self.seek(self._seconds_at(event.position().x()))
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """A notch up or to the right goes on by `STEP_S`, one down goes back; a touchpad's small turns add up."""
        turned = event.angleDelta()
        if self._duration_s <= 0 or turned.isNull():
            event.ignore()
            return
        event.accept()
        self._wheel_turned += turned.y() if abs(turned.y()) >= abs(turned.x()) else -turned.x()
        notches = int(self._wheel_turned / WHEEL_NOTCH)
        if notches:
            self._wheel_turned -= notches * WHEEL_NOTCH
            self.seek(self._position_s + notches * STEP_S)

    def leaveEvent(self, event: QEvent) -> None:
        self._hover_x = None
        self.update()

    def event(self, event: QEvent) -> bool:
        """Keys that move through the track win over shortcuts of the window."""
        if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.ShortcutOverride:
            return super().event(event)
        if self._duration_s > 0 and self._keyboard_target(event) is not None:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._dragged_to_s is not None:
            self._dragged_to_s = None
            self.update()
            return
        target = self._keyboard_target(event)
        if target is None or self._duration_s <= 0:
            super().keyPressEvent(event)
            return
        self._dragged_to_s = None
        self.seek(target)

    def _keyboard_target(self, event: QKeyEvent) -> float | None:
        shift, alt = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier
        if event.modifiers() & ~(shift | alt | Qt.KeyboardModifier.KeypadModifier):
            return None
        step_s = PAGE_S if event.modifiers() & shift else FINE_STEP_S if event.modifiers() & alt else STEP_S
        moves = {
            Qt.Key.Key_Left: self._position_s - step_s,
            Qt.Key.Key_Right: self._position_s + step_s,
            Qt.Key.Key_PageDown: self._position_s - PAGE_S,
            Qt.Key.Key_PageUp: self._position_s + PAGE_S,
            Qt.Key.Key_Home: 0.0,
            Qt.Key.Key_End: self._duration_s,
        }
        return moves.get(Qt.Key(event.key()))
