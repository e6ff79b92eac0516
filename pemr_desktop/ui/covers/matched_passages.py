"""Two versions one above the other, and ribbons that join the passages they share."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from pemr_desktop.protocol.results import Passage
from pemr_desktop.ui import wording
from pemr_desktop.ui.covers.passage_mapping import Side, corresponding_moment, passage_at
from pemr_desktop.ui.widgets.waveform import Waveform, blended


class Ribbons(QWidget):
    """Bands from a stretch of the upper waveform to the stretch of the lower one that matches it."""

    passageChosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("ribbons")
        self.setAccessibleName(self.tr("Matching passages"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self._passages: tuple[Passage, ...] = ()
        self._query_s = 0.0
        self._reference_s = 0.0
        self._moments: tuple[float, float] | None = None
        self._hovered: int | None = None
        self._current: int | None = None

    def sizeHint(self) -> QSize:
        return QSize(320, 56)

    def minimumSizeHint(self) -> QSize:
        return QSize(60, 32)

    @property
    def passages(self) -> tuple[Passage, ...]:
        """What is drawn."""
        return self._passages

    def set_passages(self, passages: Sequence[Passage], query_s: float, reference_s: float) -> None:
        """Show these passages of two tracks of these lengths."""
        self._passages = tuple(passages) if query_s > 0 and reference_s > 0 else ()
        self._query_s, self._reference_s = query_s, reference_s
        self._hovered = self._current = self._moments = None
        count = len(self._passages)
        self.setAccessibleDescription(
            wording.counted(count, self.tr("1 matching passage"), self.tr("{} matching passages"))
        )
        self.update()

    def set_moments(self, query_s: float, reference_s: float) -> None:
        """Draw the line that joins the moment that plays with its counterpart."""
        self._moments = (query_s, reference_s)
        self._current = passage_at(self._passages, query_s, "query")
        self.update()

    def words(self, number: int) -> str:
        """A passage said in times."""
        passage = self._passages[number]
        return self.tr("{}–{} matches {}–{}").format(
            wording.clock(passage.a_start_s),
            wording.clock(passage.a_end_s),
            wording.clock(passage.b_start_s),
            wording.clock(passage.b_end_s),
        )

    def _upper(self, seconds: float) -> float:
        return seconds / self._query_s * self.width()

    def _lower(self, seconds: float) -> float:
        return seconds / self._reference_s * self.width()

    def _band(self, passage: Passage) -> QPainterPath:
        height = float(self.height())
        bend = height * 0.5
        a0, a1 = self._upper(passage.a_start_s), self._upper(passage.a_end_s)
        b0, b1 = self._lower(passage.b_start_s), self._lower(passage.b_end_s)
        path = QPainterPath(QPointF(a0, 0))
        path.lineTo(a1, 0)
        path.cubicTo(a1, bend, b1, height - bend, b1, height)
        path.lineTo(b0, height)
        path.cubicTo(b0, height - bend, a0, bend, a0, 0)
        return path

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        accent = self.palette().color(QPalette.ColorRole.Accent)
        back = self.palette().color(QPalette.ColorRole.Window)
        bands = [self._band(passage) for passage in self._passages]
        together = QPainterPath()
        for band in bands:  # passages overlap a little where one goes over into the next: no darker there
            together = together.united(band)
        self._paint_band(painter, together, strong=False)
        for number, band in enumerate(bands):
            if number in (self._hovered, self._current):
                self._paint_band(painter, band, strong=True)
        if self._moments is not None and self._passages:
            query_x, reference_x = self._upper(self._moments[0]), self._lower(self._moments[1])
            height = float(self.height())
            path = QPainterPath(QPointF(query_x, 0))
            path.cubicTo(query_x, height / 2, reference_x, height / 2, reference_x, height)
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.WindowText), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPath(path)
        if self.hasFocus():
            painter.setPen(blended(accent, back, 0.7))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -2, -2), 4, 4)

    def _paint_band(self, painter: QPainter, band: QPainterPath, *, strong: bool) -> None:
        accent = self.palette().color(QPalette.ColorRole.Accent)
        fill, edge = QColor(accent), QColor(accent)
        fill.setAlphaF(0.42 if strong else 0.2)
        edge.setAlphaF(0.8 if strong else 0.35)
        painter.setBrush(fill)
        painter.setPen(QPen(edge, 1))
        painter.drawPath(band)

    def _at(self, point: QPointF) -> int | None:
        for number in reversed(range(len(self._passages))):
            if self._band(self._passages[number]).contains(point):
                return number
        return None

    def _hover(self, number: int | None) -> None:
        if number == self._hovered:
            return
        self._hovered = number
        self.setToolTip(self.words(number) if number is not None else "")
        if number is None:
            self.unsetCursor()
        else:
            self.setCursor(Qt.CursorShape.PointingHandCursor)
            self.setAccessibleDescription(self.words(number))
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self._at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(None)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        number = self._at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and number is not None:
            self.passageChosen.emit(number)

    def event(self, event: QEvent) -> bool:
        """Keys that go from passage to passage win over shortcuts of the window."""
        if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.ShortcutOverride or not self._passages:
            return super().event(event)
        if event.key() not in (Qt.Key.Key_Left, Qt.Key.Key_Right) or event.modifiers():
            return super().event(event)
        event.accept()
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        count = len(self._passages)
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if count and event.key() in steps:
            step = steps[Qt.Key(event.key())]
            at = self._hovered if self._hovered is not None else (-1 if step > 0 else count)
            self._hover(min(max(0, at + step), count - 1))
        elif self._hovered is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.passageChosen.emit(self._hovered)
        else:
            super().keyPressEvent(event)


class MatchedPassages(QWidget):
    """The query above, one match beneath, ribbons between; a click anywhere asks to hear that moment."""

    momentWanted = Signal(str, float)
    """Side ("query" or "reference") and seconds."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("matchedPassages")
        self.query = Waveform(self)
        self.query.setObjectName("queryWaveform")
        self.query.setAccessibleName(self.tr("Position in the track you asked about"))
        self.ribbons = Ribbons(self)
        self.reference = Waveform(self)
        self.reference.setObjectName("referenceWaveform")
        self.reference.setAccessibleName(self.tr("Position in the version found"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.query)
        layout.addWidget(self.ribbons)
        layout.addWidget(self.reference)
        self.query.seekRequested.connect(self._query_wanted)
        self.reference.seekRequested.connect(self._reference_wanted)
        self.ribbons.passageChosen.connect(self._passage_wanted)
        self.clear_reference()

    def set_query(self, peaks: bytes, duration_s: float) -> None:
        """Show the track that was asked about; a match shown before is forgotten."""
        self.query.set_sound(peaks, duration_s)
        self.clear_reference()

    def set_reference(self, peaks: bytes, duration_s: float, passages: Sequence[Passage]) -> None:
        """Show one match with the passages it shares with the query."""
        self.reference.set_sound(peaks, duration_s)
        self.ribbons.set_passages(passages, self.query.duration_s, duration_s)
        self.query.set_spans([(passage.a_start_s, passage.a_end_s) for passage in passages])
        self.reference.set_spans([(passage.b_start_s, passage.b_end_s) for passage in passages])
        self.ribbons.show()
        self.reference.show()

    def clear_reference(self) -> None:
        """Show the query alone."""
        self.reference.clear()
        self.query.set_spans(())
        self.ribbons.set_passages((), 0, 0)
        self.ribbons.hide()
        self.reference.hide()

    def counterpart(self, side: Side, seconds: float) -> float:
        """The same moment on the other side."""
        other = self.reference if side == "query" else self.query
        return corresponding_moment(self.ribbons.passages, seconds, side, other.duration_s)

    def set_moment(self, side: Side, seconds: float) -> None:
        """Show where it plays, on both sides."""
        other = self.counterpart(side, seconds)
        query_s, reference_s = (seconds, other) if side == "query" else (other, seconds)
        self.query.set_position(query_s)
        self.reference.set_position(reference_s)
        self.ribbons.set_moments(query_s, reference_s)

    @Slot(float)
    def _query_wanted(self, seconds: float) -> None:
        self.momentWanted.emit("query", seconds)

    @Slot(float)
    def _reference_wanted(self, seconds: float) -> None:
        self.momentWanted.emit("reference", seconds)

    @Slot(int)
    def _passage_wanted(self, number: int) -> None:
        self.momentWanted.emit("query", self.ribbons.passages[number].a_start_s)
