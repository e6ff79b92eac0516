"""The versions that were found, best first, one row each: who, what kind of version, how sure, which key and tempo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from pemr_desktop.jobs.translation import translate
from pemr_desktop.library.rows import Relation, TrackRow
from pemr_desktop.protocol.results import CoverMatch
from pemr_desktop.ui import wording
from pemr_desktop.ui.artwork.artwork import Artwork
from pemr_desktop.ui.artwork.artwork_tile import paint_tile
from pemr_desktop.ui.widgets.label import tip
from pemr_desktop.ui.widgets.theme import ROOM, SNUG, TIGHT, VAST, WIDE, Theme

MatchRole = Qt.ItemDataRole.UserRole
ROW_PX = 56
COVER_PX = 40
SURE_PX = 120
KEY_AND_TEMPO_PX = 120
PILL_PX = 136

Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class ShownMatch:
    """A match with the track it points to, once read, and with what the user said of the pair."""

    match: CoverMatch
    row: TrackRow | None = None
    said: Relation | None = None

    @property
    def title(self) -> str:
        """Title, or the file's name."""
        if self.row is None:
            return ""
        return self.row.title or self.row.location.replace("\\", "/").rsplit("/", 1)[-1]

    @property
    def kind(self) -> str:
        """What the user said, else what was found, in words."""
        said = {
            "same recording": translate("MatchList", "Same recording"),
            "version": translate("MatchList", "Confirmed version"),
            "not a version": translate("MatchList", "Not a version"),
        }
        found = {
            "same recording": translate("MatchList", "Same recording"),
            "version": translate("MatchList", "Version"),
            "possible": translate("MatchList", "Possible version"),
            "none": translate("MatchList", "Unlikely"),
        }
        return said[self.said] if self.said is not None else found[self.match.verdict]

    @property
    def key_and_tempo(self) -> str:
        """Key and tempo, compared with the query."""
        return f"{wording.key_shift(self.match.key_shift)}  ·  {wording.tempo(self.match.tempo_ratio)}"

    def in_words(self) -> str:
        """All of it for a screen reader."""
        artist = self.row.artist if self.row is not None else ""
        sure = translate("MatchList", "{} sure").format(wording.confidence(self.match.probability))
        return ", ".join(part for part in (self.title, artist, self.kind, sure, self.key_and_tempo) if part)


class MatchModel(QAbstractListModel):
    """The matches of one query. Rows of the library are filled in when they have been read."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._shown: list[ShownMatch] = []

    def show(self, matches: Sequence[CoverMatch]) -> None:
        """Replace all rows."""
        self.beginResetModel()
        self._shown = [ShownMatch(match) for match in matches]
        self.endResetModel()

    def fill_in(self, rows: Mapping[int, TrackRow], said: Mapping[int, Relation]) -> None:
        """Add what the library knows, by track id of the match."""
        self._shown = [
            replace(shown, row=rows.get(shown.match.track_id, shown.row), said=said.get(shown.match.track_id))
            for shown in self._shown
        ]
        if self._shown:
            self.dataChanged.emit(self.index(0), self.index(len(self._shown) - 1))

    def set_said(self, track_id: int, said: Relation | None) -> None:
        """Show the user's word at once."""
        for number, shown in enumerate(self._shown):
            if shown.match.track_id == track_id:
                self._shown[number] = replace(shown, said=said)
                self.dataChanged.emit(self.index(number), self.index(number))

    def at(self, index: Index) -> ShownMatch | None:
        """The match of a row, None for no row."""
        return self._shown[index.row()] if index.isValid() and index.row() < len(self._shown) else None

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  (Qt's signature)
        return 0 if parent.isValid() else len(self._shown)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        shown = self.at(index)
        if shown is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return shown.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return shown.in_words()
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(shown.in_words())
        return shown if role == MatchRole else None


class MatchDelegate(QStyledItemDelegate):
    """Paints a row: title over artist, a pill with the kind, how sure as a bar, key and tempo."""

    def __init__(self, theme: Theme, artwork: Artwork | None = None) -> None:
        super().__init__()
        self._theme = theme
        self._artwork = artwork

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(360, self._theme.px(ROW_PX))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        shown: ShownMatch | None = index.data(MatchRole)
        if shown is None:
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(option.rect)
        state = option.state
        self._paint_ground(painter, area, state)
        inner = area.adjusted(VAST, 0, -VAST, 0)
        narrow = inner.width() < self._theme.px(640)
        right = inner.right()
        right = self._paint_sure(painter, inner, right, shown)
        if not narrow:
            right = self._paint_key_and_tempo(painter, inner, right, shown)
        selected = bool(state & QStyle.StateFlag.State_Selected)
        right = self._paint_pill(painter, inner, right, shown, selected)
        start = self._paint_cover(painter, inner, shown)
        left = QRectF(start, inner.top(), right - start, inner.height())
        self._paint_names(painter, left, shown, narrow)
        painter.restore()

    def _paint_ground(self, painter: QPainter, area: QRectF, state: QStyle.StateFlag) -> None:
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(area, self._theme.color("selection"))
            if state & QStyle.StateFlag.State_HasFocus:
                painter.fillRect(QRectF(area.left(), area.top(), 3, area.height()), self._theme.color("accent"))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(area, self._theme.color("hover"))
        painter.setPen(self._theme.color("line"))
        painter.drawLine(area.bottomLeft(), area.bottomRight())

    def _paint_cover(self, painter: QPainter, inner: QRectF, shown: ShownMatch) -> float:
        side = self._theme.px(COVER_PX)
        box = QRectF(inner.left(), inner.center().y() - side / 2, side, side).toRect()
        if shown.row is not None:
            ratio = painter.device().devicePixelRatioF()
            paint_tile(painter, box, shown.row, self._artwork, self._theme, ratio)
        return inner.left() + side + ROOM

    def _paint_sure(self, painter: QPainter, inner: QRectF, right: float, shown: ShownMatch) -> float:
        width = self._theme.px(SURE_PX)
        box = QRectF(right - width, inner.top(), width, inner.height())
        said_no = shown.said == "not a version"
        words = wording.confidence(shown.match.probability)
        painter.setFont(self._theme.font("body"))
        painter.setPen(self._theme.color("text_faint" if said_no else "text"))
        text_width = QFontMetrics(self._theme.font("body")).horizontalAdvance("99 %") + SNUG
        painter.drawText(box, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), words)
        groove = QRectF(box.left(), box.center().y() - 2, width - text_width, 4)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color("line"))
        painter.drawRoundedRect(groove, 2, 2)
        full = QRectF(groove)
        full.setWidth(max(4.0, groove.width() * shown.match.probability))
        painter.setBrush(self._theme.color("text_faint" if said_no else "accent"))
        painter.drawRoundedRect(full, 2, 2)
        return box.left() - WIDE

    def _paint_key_and_tempo(self, painter: QPainter, inner: QRectF, right: float, shown: ShownMatch) -> float:
        width = self._theme.px(KEY_AND_TEMPO_PX)
        box = QRectF(right - width, inner.top(), width, inner.height())
        metrics = QFontMetrics(self._theme.font("body"))
        painter.setFont(self._theme.font("body"))
        painter.setPen(self._theme.color("text_soft"))
        for number, words in enumerate(
            (wording.key_shift(shown.match.key_shift), wording.tempo(shown.match.tempo_ratio))
        ):
            top = box.center().y() - metrics.height() + number * metrics.height()
            line = QRectF(box.left(), top, box.width(), metrics.height())
            left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(line, int(left), metrics.elidedText(words, Qt.TextElideMode.ElideRight, int(box.width())))
        return box.left() - WIDE

    def _paint_pill(self, painter: QPainter, inner: QRectF, right: float, shown: ShownMatch, selected: bool) -> float:
        font = self._theme.font("small")
        metrics = QFontMetrics(font)
        column = self._theme.px(PILL_PX)
        width = min(float(metrics.horizontalAdvance(shown.kind) + 2 * ROOM), float(column))
        height = metrics.height() + TIGHT
        pill = QRectF(right - column, inner.center().y() - height / 2, width, height)
        text, ground = self._pill_colours(shown)
        if selected and shown.said is None:
            ground = self._theme.color("surface")
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(pill, height / 2, height / 2)
        painter.setFont(font)
        painter.setPen(text)
        words = metrics.elidedText(shown.kind, Qt.TextElideMode.ElideRight, int(width - SNUG))
        painter.drawText(pill, int(Qt.AlignmentFlag.AlignCenter), words)
        return right - column - WIDE

    def _pill_colours(self, shown: ShownMatch) -> tuple[QColor, QColor]:
        kind = shown.said or shown.match.verdict
        if kind == "not a version":
            return self._theme.color("bad"), self._theme.color("bad_ground")
        if shown.said is not None:
            return self._theme.color("good"), self._theme.color("good_ground")
        if kind in ("same recording", "version"):
            return self._theme.color("accent"), self._theme.color("selection")
        return self._theme.color("text_soft"), self._theme.color("sunken")

    def _paint_names(self, painter: QPainter, box: QRectF, shown: ShownMatch, narrow: bool) -> None:
        title_font, artist_font = QFont(self._theme.font("strong")), self._theme.font("body")
        title_font.setStrikeOut(shown.said == "not a version")
        titles, artists = QFontMetrics(title_font), QFontMetrics(artist_font)
        left = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        middle = box.center().y()
        artist = shown.row.artist if shown.row is not None else ""
        under = shown.key_and_tempo if narrow else (artist or translate("MatchList", "Unknown artist"))
        if shown.row is not None and shown.row.album and not narrow:
            under = f"{under}  ·  {shown.row.album}"
        width = int(box.width())
        painter.setFont(title_font)
        painter.setPen(self._theme.color("text"))
        line = QRectF(box.left(), middle - titles.height() - 1, box.width(), titles.height())
        painter.drawText(line, left, titles.elidedText(shown.title, Qt.TextElideMode.ElideRight, width))
        painter.setFont(artist_font)
        painter.setPen(self._theme.color("text_soft"))
        line = QRectF(box.left(), middle + 1, box.width(), artists.height())
        painter.drawText(line, left, artists.elidedText(under, Qt.TextElideMode.ElideRight, width))
