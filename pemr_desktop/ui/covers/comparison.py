"""A track and one version of it, side by side for the eye and one after the other for the ear."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from pemr_desktop.library.rows import TrackDetail, TrackRow
from pemr_desktop.ui import wording
from pemr_desktop.ui.artwork.artwork import Artwork
from pemr_desktop.ui.artwork.artwork_tile import CoverTile
from pemr_desktop.ui.context import WindowContext
from pemr_desktop.ui.covers.match_list import ShownMatch
from pemr_desktop.ui.covers.matched_passages import MatchedPassages
from pemr_desktop.ui.covers.passage_mapping import Side, other_side
from pemr_desktop.ui.widgets.elided_label import ElidedLabel
from pemr_desktop.ui.widgets.theme import ICON_SIZE, ROOM, SNUG, Theme

PLAY_WIDTH_PX = 68
COVER_PX = 40


class SideRow(QWidget):
    """One of the two: a play button, its name, and what there is to say about it."""

    def __init__(
        self, theme: Theme, artwork: Artwork | None, side: Side, letter: str, play_words: str, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setObjectName(f"{side}Row")
        self._theme = theme
        self._playing = False
        self.play = QToolButton(self)
        self.play.setObjectName(f"play{side.capitalize()}")
        self.play.setAccessibleName(play_words)
        self.play.setToolTip(f"{play_words} ({letter})")
        self.play.setText(letter)
        self.play.setMinimumWidth(theme.px(PLAY_WIDTH_PX))
        self.play.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.title = ElidedLabel(parent=self)
        self.title.setObjectName(f"{side}Title")
        self.title.setFont(theme.font("strong"))
        self.about = ElidedLabel(parent=self)
        self.about.setObjectName(f"{side}About")
        self.about.setProperty("role", "soft")
        self.cover = CoverTile(artwork, theme, COVER_PX, self)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addStretch(1)
        words.addWidget(self.title)
        words.addWidget(self.about)
        words.addStretch(1)
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(ROOM)
        self.row.addWidget(self.play)
        self.row.addWidget(self.cover)
        self.row.addLayout(words, 1)
        theme.changed.connect(self._recolour)
        self._recolour()

    def say(self, title: str, about: str, row: TrackRow | None = None) -> None:
        """Name the track, and show its cover if it is one of the library."""
        self.cover.show_track(row)
        self.cover.setVisible(row is not None)
        self.title.setText(title)
        self.about.setText(about)

    def set_playing(self, playing: bool) -> None:
        """Offer pause instead of play."""
        self._playing = playing
        self._recolour()

    @Slot()
    def _recolour(self) -> None:
        side = self._theme.px(ICON_SIZE)
        self.play.setIcon(self._theme.icon("pause" if self._playing else "play", "text"))
        self.play.setIconSize(QSize(side, side))
        self.title.setFont(self._theme.font("strong"))


class Comparison(QWidget):
    """The query above, a match beneath, ribbons between; plays either of them and switches at the same moment."""

    judged = Signal(str)
    """A `Relation`: what the user says the shown pair is."""

    def __init__(self, context: WindowContext, artwork: Artwork | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("comparison")
        self._context = context
        self._theme = context.theme
        self._player = context.player
        self._tracks: dict[Side, int | None] = {"query": None, "reference": None}
        self._query_file: Path | None = None
        self._query_sound = (b"", 0.0)
        self._match: ShownMatch | None = None

        self.query = SideRow(self._theme, artwork, "query", "A", self.tr("Play the track"), self)
        self.reference = SideRow(self._theme, artwork, "reference", "B", self.tr("Play the version"), self)
        self.passages = MatchedPassages(self)
        self.switch_button = QPushButton(self.tr("Switch"), self)
        self.switch_button.setObjectName("switchVersions")
        self.switch_button.setAccessibleName(self.tr("Switch to the same moment of the other version"))
        self.switch_button.setToolTip(self.tr("Hear the same moment of the other version (X)"))
        self.same = self._judge_button("sameRecording", self.tr("Same recording"), "S", "same recording")
        self.confirm = self._judge_button("confirmVersion", self.tr("Confirm version"), "C", "version")
        self.reject = self._judge_button("rejectVersion", self.tr("Not a version"), "R", "not a version")

        self.query.row.addWidget(self.switch_button)
        self.foot = QHBoxLayout()
        self.foot.setSpacing(SNUG)
        for button in (self.same, self.confirm, self.reject):
            self.foot.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SNUG)
        layout.addWidget(self.query)
        layout.addWidget(self.passages)
        layout.addWidget(self.reference)
        layout.addSpacing(SNUG)
        layout.addLayout(self.foot)

        self.query.play.clicked.connect(self._query_clicked)
        self.reference.play.clicked.connect(self._reference_clicked)
        self.switch_button.clicked.connect(self.switch)
        self.passages.momentWanted.connect(self.play)
        self._player.positionChanged.connect(self._moved)
        self._player.stateChanged.connect(self._show_playing)
        self._player.trackStarted.connect(self._show_playing)
        context.queue.currentChanged.connect(self._show_playing)
        self._theme.changed.connect(self._recolour)
        self._recolour()
        self.clear()

    def _judge_button(self, name: str, text: str, key: str, relation: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setObjectName(name)
        button.setAccessibleName(text)
        button.setToolTip(self.tr("{} ({}); press again to take it back").format(text, key))
        button.setCheckable(True)
        button.clicked.connect(lambda: self.judged.emit(relation))
        return button

    # what is shown

    def clear(self) -> None:
        """Show nothing."""
        self._tracks = {"query": None, "reference": None}
        self._query_file = None
        self._query_sound = (b"", 0.0)
        self.query.say("", "")
        self.passages.set_query(b"", 0.0)
        self.clear_match()

    def show_query(self, detail: TrackDetail) -> None:
        """The track that was asked about."""
        row = detail.row
        self._tracks["query"] = row.id
        self._query_file = None
        self.query.say(row.title or row.location, _about(detail), row)
        self.show_query_sound(detail.peaks, row.duration_s or 0.0)

    def show_query_file(self, path: Path) -> None:
        """A file from elsewhere that was asked about."""
        self.clear()
        self._query_file = path
        self.query.say(path.name, self.tr("Not in your library"))

    def show_query_sound(self, peaks: bytes, duration_s: float) -> None:
        """The waveform of the query, once known."""
        if (peaks, duration_s) != self._query_sound:
            self._query_sound = (peaks, duration_s)
            self.passages.set_query(peaks, duration_s)
            self._show_playing()

    def show_match(self, shown: ShownMatch, *, can_judge: bool) -> None:
        """The version to compare with; its waveform follows with `show_match_sound`."""
        other = self._match is None or self._match.match != shown.match
        self._match = shown
        self._tracks["reference"] = shown.match.track_id
        if other:
            self.passages.clear_reference()
        self.reference.show()
        self.switch_button.show()
        for button in (self.same, self.confirm, self.reject):
            button.setVisible(can_judge)
        self.show_said(shown)
        self._show_playing()

    def show_said(self, shown: ShownMatch) -> None:
        """What was found, and what the user said of it."""
        self._match = shown
        sure = self.tr("{} sure").format(wording.confidence(shown.match.probability))
        artist = shown.row.artist if shown.row is not None else ""
        parts = (artist, shown.kind, shown.key_and_tempo, sure)
        self.reference.say(shown.title, "  ·  ".join(part for part in parts if part), shown.row)
        self.same.setChecked(shown.said == "same recording")
        self.confirm.setChecked(shown.said == "version")
        self.reject.setChecked(shown.said == "not a version")

    def show_match_sound(self, detail: TrackDetail) -> None:
        """The waveform of the match, with the passages it shares with the query."""
        if self._match is not None and self._match.match.track_id == detail.row.id:
            duration_s = detail.row.duration_s or 0.0
            self.passages.set_reference(detail.peaks, duration_s, self._match.match.passages)
            self._moved(self._player.position_s)

    def clear_match(self) -> None:
        """Show the query alone."""
        self._match = None
        self._tracks["reference"] = None
        self.passages.clear_reference()
        self.reference.hide()
        for button in (self.switch_button, self.same, self.confirm, self.reject):
            button.hide()
        self._show_playing()

    # hearing it

    def playing_side(self) -> Side | None:
        """Which of the two plays or is paused, None when it is neither."""
        if self._player.state == "stopped":
            return None
        current = self._context.queue.current
        if current is not None:
            for side in ("query", "reference"):
                if self._tracks[side] == current.id:
                    return side
            return None
        return "query" if self._query_file is not None and self._player.path == self._query_file else None

    @Slot(str, float)
    def play(self, side: Side, start_s: float) -> None:
        """Play one of the two from a moment on."""
        if self.playing_side() == side:
            self._player.seek(start_s)
            self._player.resume()
            return
        track_id = self._tracks[side]
        if track_id is not None:
            self._context.queue.play([track_id], 0, start_s)
        elif side == "query" and self._query_file is not None:
            self._context.queue.play_file(self._query_file, start_s)

    def toggle(self, side: Side) -> None:
        """Pause one of the two if it plays, else play it: from the same moment if the other one plays."""
        playing = self.playing_side()
        if playing == side:
            self._player.toggle()
        elif playing is not None:
            self.play(side, self.passages.counterpart(playing, self._player.position_s))
        else:
            self.play(side, self._first_moment(side))

    @Slot()
    def switch(self) -> None:
        """Hear the same moment of the other version; if neither plays, the first passage they share."""
        playing = self.playing_side()
        self.toggle(other_side(playing) if playing is not None else "reference")

    def play_first_passage(self) -> None:
        """Hear where the version first agrees with the query."""
        self.play("reference", self._first_moment("reference"))

    def _first_moment(self, side: Side) -> float:
        passages = self._match.match.passages if self._match is not None else ()
        starts = [passage.a_start_s if side == "query" else passage.b_start_s for passage in passages]
        return min(starts, default=0.0)

    @Slot()
    def _query_clicked(self) -> None:
        self.toggle("query")

    @Slot()
    def _reference_clicked(self) -> None:
        self.toggle("reference")

    @Slot(float)
    def _moved(self, position_s: float) -> None:
        side = self.playing_side()
        if side is not None and self.isVisible():
            self.passages.set_moment(side, position_s)

    @Slot()
    def _show_playing(self) -> None:
        side = self.playing_side()
        playing = self._player.state == "playing"
        self.query.set_playing(playing and side == "query")
        self.reference.set_playing(playing and side == "reference")
        if side is not None:
            self._moved(self._player.position_s)

    @Slot()
    def _recolour(self) -> None:
        self.switch_button.setIcon(self._theme.icon("swap", "text_soft"))
        self.same.setIcon(self._theme.icon("duplicates", "text_soft"))
        self.confirm.setIcon(self._theme.icon("check", "text_soft"))
        self.reject.setIcon(self._theme.icon("cross", "text_soft"))


def _about(detail: TrackDetail) -> str:
    row = detail.row
    year = str(row.year) if row.year else ""
    parts = (row.artist, row.album, year, wording.clock(row.duration_s))
    return "  ·  ".join(part for part in parts if part)
