"""The inspector: what is known of the chosen tracks, what the ear suggests for them, and what was decided."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from pemr_desktop.library import queries
from pemr_desktop.library.rows import Problem, TrackDetail, TrackRow
from pemr_desktop.protocol.messages import AcceptAbove, Changed, Decide
from pemr_desktop.ui import wording
from pemr_desktop.ui.artwork.artwork import Artwork
from pemr_desktop.ui.artwork.artwork_tile import CoverTile
from pemr_desktop.ui.tracks.suggestion_list import SuggestionList
from pemr_desktop.ui.tracks.suggestion_model import SuggestionLine, lines_of_track, lines_of_tracks
from pemr_desktop.ui.tracks.track_columns import shown_title
from pemr_desktop.ui.widgets.elided_label import ElidedLabel
from pemr_desktop.ui.widgets.field_table import fields_html
from pemr_desktop.ui.widgets.label import HtmlLabel, Label
from pemr_desktop.ui.widgets.theme import HAIR, ROOM, SNUG, TIGHT, WIDE
from pemr_desktop.ui.widgets.waveform import Waveform

if TYPE_CHECKING:
    from pemr_desktop.ui.context import WindowContext

COVER_PX = 72
MAX_SUMMED_TRACKS = 1_000
"""Of a larger choice the first thousand tracks are summed up."""


@dataclass(frozen=True)
class Inspected:
    """What the inspector shows: one track in full, or the rows and suggestions of many."""

    ids: Sequence[int]
    rows: tuple[TrackRow, ...]
    detail: TrackDetail | None = None
    problems: tuple[Problem, ...] = ()
    lines: Sequence[SuggestionLine] = ()


class Inspector(QWidget):
    """Follows the choice in the table; stale answers never show."""

    reviewWanted = Signal(object)
    showFileWanted = Signal(object)

    def __init__(self, context: WindowContext, artwork: Artwork, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inspector")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._context = context
        self._ids: Sequence[int] = ()
        self._shown = Inspected((), ())
        self._unsure_too = False
        self._build(artwork)
        context.client.changed.connect(self._library_changed)
        context.player.positionChanged.connect(self._follow_player)
        context.queue.currentChanged.connect(self._playing_changed)
        context.theme.changed.connect(self._show_fields)
        self.show_tracks(())

    @property
    def shown(self) -> Inspected:
        """What is on view now."""
        return self._shown

    def show_tracks(self, ids: Sequence[int]) -> None:
        """Show these tracks; an empty choice clears."""
        self._ids = tuple(ids) if len(ids) <= MAX_SUMMED_TRACKS else ids
        if not self._ids:
            self._context.reader.forget((id(self), "detail"))
            self._show(Inspected((), ()))
            return
        self._ask()

    @Slot()
    def accept(self) -> None:
        """Accept the suggestion with the cursor."""
        self.suggestions.accept()

    @Slot()
    def reject(self) -> None:
        """Reject the suggestion with the cursor."""
        self.suggestions.reject()

    def step(self, by: int) -> None:
        """Move the cursor among the suggestions."""
        self.suggestions.step(by)

    def has_suggestions(self) -> bool:
        """True when there is something to decide."""
        return bool(self.suggestions.lines.tags())

    # building

    def _build(self, artwork: Artwork) -> None:
        self._body = QWidget(self)
        self._body.setObjectName("inspectorBody")
        column = QVBoxLayout(self._body)
        column.setContentsMargins(WIDE, ROOM, WIDE, WIDE)
        column.setSpacing(TIGHT)
        self.title = self._label("inspectorTitle", "title")
        self.artist = self._label("inspectorArtist")
        self.album = self._label("inspectorAlbum", "soft")
        self.facts = self._label("inspectorFacts", "small")
        self.cover = CoverTile(artwork, self._context.theme, COVER_PX, self._body)
        names = QVBoxLayout()
        names.setSpacing(HAIR)
        for label in (self.title, self.artist, self.album, self.facts):
            names.addWidget(label)
        head = QHBoxLayout()
        head.setSpacing(ROOM)
        head.addWidget(self.cover, 0, Qt.AlignmentFlag.AlignTop)
        head.addLayout(names, 1)
        column.addLayout(head)
        column.addSpacing(SNUG)
        self.waveform = Waveform(self._body)
        self.waveform.setObjectName("inspectorWaveform")
        self.waveform.setAccessibleName(self.tr("Waveform with the moments that matter most"))
        self.waveform.setFixedHeight(64)
        self.waveform.seekRequested.connect(self._play_from)
        column.addWidget(self.waveform)
        self.problem = Label(self._body)
        self.problem.setObjectName("inspectorProblem")
        self.problem.setProperty("role", "warning")
        self.problem.setWordWrap(True)
        column.addWidget(self.problem)
        column.addSpacing(SNUG)
        column.addLayout(self._suggestion_head())
        self.suggestions = SuggestionList(self._context.theme, self._body)
        self.suggestions.decided.connect(self._decided)
        column.addWidget(self.suggestions)
        self.nothing = self._wrapped("noSuggestions", "soft")
        column.addWidget(self.nothing)
        column.addLayout(self._suggestion_foot())
        column.addSpacing(WIDE)
        self.fields_head = self._section(self.tr("In the file"))
        column.addWidget(self.fields_head)
        self.fields = HtmlLabel(self._body)
        self.fields.setObjectName("fileTags")
        self.fields.setWordWrap(True)
        self.fields.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column.addWidget(self.fields)
        column.addSpacing(ROOM)
        self.path = ElidedLabel(mode=Qt.TextElideMode.ElideLeft, parent=self._body)
        self.path.setObjectName("inspectorPath")
        self.path.setProperty("role", "small")
        column.addWidget(self.path)
        self.show_file = self._link("showFile", self.tr("Show in file manager"))
        self.show_file.clicked.connect(self._show_file)
        column.addWidget(self.show_file, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)
        scroll = QScrollArea(self)
        scroll.setObjectName("inspectorScroll")
        scroll.setAccessibleName(self.tr("Chosen tracks"))
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self._body)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll)
        self.empty = Label(self.tr("Choose a track to see its tags and suggestions."), self)
        self.empty.setObjectName("inspectorEmpty")
        self.empty.setProperty("role", "soft")
        self.empty.setWordWrap(True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setContentsMargins(WIDE, 0, WIDE, 0)
        outer.addWidget(self.empty)
        self._scroll = scroll

    def _suggestion_head(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self.suggestions_head = self._section(self.tr("Suggestions"))
        row.addWidget(self.suggestions_head)
        row.addStretch(1)
        self.more = self._link("unsureToo", self.tr("Show unlikely ones"))
        self.more.clicked.connect(self._toggle_unsure)
        row.addWidget(self.more)
        return row

    def _suggestion_foot(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(0, SNUG, 0, 0)
        row.setSpacing(SNUG)
        self.accept_all = QPushButton(self._body)
        self.accept_all.setObjectName("acceptAll")
        self.accept_all.clicked.connect(self._accept_all)
        self.review = QPushButton(self.tr("Review tags…"), self._body)
        self.review.setObjectName("reviewTags")
        self.review.setAccessibleName(self.tr("Review what accepted tags would change in the files"))
        self.review.clicked.connect(lambda: self.reviewWanted.emit(list(self._ids)))
        row.addWidget(self.accept_all)
        row.addWidget(self.review)
        row.addStretch(1)
        return row

    def _label(self, name: str, role: str = "") -> ElidedLabel:
        label = ElidedLabel(parent=self._body)
        label.setObjectName(name)
        if role:
            label.setProperty("role", role)
        return label

    def _wrapped(self, name: str, role: str = "") -> QLabel:
        label = Label(self._body)
        label.setObjectName(name)
        label.setWordWrap(True)
        if role:
            label.setProperty("role", role)
        return label

    def _section(self, text: str) -> QLabel:
        label = Label(text, self._body)
        label.setProperty("role", "section")
        return label

    def _link(self, name: str, text: str) -> QPushButton:
        button = QPushButton(text, self._body)
        button.setObjectName(name)
        button.setAccessibleName(text)
        button.setProperty("look", "link")
        return button

    # answers

    def _ask(self) -> None:
        self._context.reader.ask(_inspect, self._ids, done=self._show, failed=self._gone, topic=(id(self), "detail"))

    def _gone(self, _error: Exception) -> None:
        self._show(Inspected((), ()))

    @Slot(object)
    def _library_changed(self, changed: Changed) -> None:
        shown = set(self._ids[:MAX_SUMMED_TRACKS])
        if shown and (changed.everything or not shown.isdisjoint(changed.track_ids)):
            self._ask()

    def _show(self, inspected: Inspected) -> None:
        before, self._shown = self._shown, inspected
        self._scroll.setVisible(bool(inspected.ids))
        self.empty.setVisible(not inspected.ids)
        if inspected.detail is not None:
            self._show_one(inspected.detail, same_track=before.ids == inspected.ids)
        elif inspected.rows:
            self._show_many(inspected)
        self._show_suggestions()
        self._show_fields()
        self._context.actions.refresh()

    def _show_one(self, detail: TrackDetail, same_track: bool) -> None:
        row = detail.row
        self.title.setText(shown_title(row))
        self.cover.show_track(row)
        self.artist.setText(row.artist or self.tr("Artist not known"))
        self.album.setText(" · ".join(str(part) for part in (row.album, row.year) if part))
        self.facts.setText(_facts_line(detail))
        self.path.setText(row.location)
        at_s = self.waveform.position_s if same_track else 0.0
        self.waveform.set_sound(detail.peaks, row.duration_s or 0.0, detail.importance, detail.importance_step_s)
        self.waveform.set_position(at_s)
        self.problem.setText("\n".join(problem.reason for problem in self._shown.problems))
        self._set_visible(single=True)

    def _show_many(self, inspected: Inspected) -> None:
        rows = inspected.rows
        seconds = sum(row.duration_s or 0.0 for row in rows)
        artists = {row.artist for row in rows if row.artist}
        albums = {row.album for row in rows if row.album}
        self.title.setText(self.tr("{} tracks").format(wording.number(len(inspected.ids))))
        self.artist.setText(_one_or(artists, self.tr("{} artists")))
        self.album.setText(_one_or(albums, self.tr("{} albums")))
        cut = len(inspected.ids) > len(rows)
        length = wording.duration(seconds)
        self.facts.setText(self.tr("{} in the first {} tracks").format(length, len(rows)) if cut else length)
        self.problem.clear()
        self._set_visible(single=False)

    def _set_visible(self, single: bool) -> None:
        self.waveform.setVisible(single)
        self.cover.setVisible(single)
        self.problem.setVisible(bool(self.problem.text()))
        self.album.setVisible(bool(self.album.text()))
        for widget in (self.fields_head, self.fields, self.path, self.show_file, self.more):
            widget.setVisible(single)

    def _show_suggestions(self) -> None:
        shown = self._shown
        if shown.detail is not None:
            lines = lines_of_track(shown.detail.row.id, shown.detail.suggestions, self._unsure_too)
        else:
            lines = list(shown.lines)
        self.suggestions.lines.set_lines(lines)
        self.suggestions.setVisible(bool(lines))
        self.nothing.setVisible(not lines)
        self.nothing.setText(self._why_nothing())
        probability = self._context.settings.current.tags.accept_probability
        sure = [
            line
            for line in self.suggestions.lines.tags()
            if line.decision is None and line.sure and line.probability >= probability
        ]
        text = self.tr("Accept all above {}").format(wording.confidence(probability))
        self.accept_all.setText(text)
        self.accept_all.setAccessibleName(text)
        self.accept_all.setVisible(bool(sure))
        accepted = any(line.decision in ("accepted", "mixed") for line in self.suggestions.lines.tags())
        self.review.setVisible(accepted)

    def _why_nothing(self) -> str:
        rows = self._shown.rows
        if any(not row.analysed for row in rows):
            if len(rows) == 1:
                return self.tr("This track has not been listened to yet.")
            return self.tr("Some of these tracks have not been listened to yet.")
        return self.tr("No suggestions: nothing the ear is sure of that the file does not say already.")

    @Slot()
    def _show_fields(self) -> None:
        detail = self._shown.detail
        if detail is not None:
            self.fields.setText(fields_html(detail.fields, self._context.theme.colours))

    # doing

    @Slot()
    def _toggle_unsure(self) -> None:
        self._unsure_too = not self._unsure_too
        self.more.setText(self.tr("Hide unlikely ones") if self._unsure_too else self.tr("Show unlikely ones"))
        self._show_suggestions()

    @Slot(str, object, object)
    def _decided(self, tag: str, track_ids: tuple[int, ...], decision: str | None) -> None:
        request = Decide(tuple(track_ids), (tag,), decision or "undecided")  # type: ignore[arg-type]
        self._context.client.submit(request)

    @Slot()
    def _accept_all(self) -> None:
        probability = self._context.settings.current.tags.accept_probability
        self._context.client.submit(AcceptAbove(probability, tuple(self._ids)))

    @Slot(float)
    def _play_from(self, position_s: float) -> None:
        detail = self._shown.detail
        if detail is None:
            return
        current = self._context.queue.current
        if current is not None and current.id == detail.row.id:
            self._context.player.seek(position_s)
        else:
            self._context.queue.play([detail.row.id], 0, position_s)

    @Slot(float)
    def _follow_player(self, position_s: float) -> None:
        detail, current = self._shown.detail, self._context.queue.current
        if detail is not None and current is not None and current.id == detail.row.id:
            self.waveform.set_position(position_s)

    @Slot(object)
    def _playing_changed(self, current: object) -> None:
        """A track that plays no longer has no playhead."""
        detail = self._shown.detail
        if detail is not None and getattr(current, "id", None) != detail.row.id:
            self.waveform.set_position(0.0)

    @Slot()
    def _show_file(self) -> None:
        if self._shown.detail is not None:
            self.showFileWanted.emit(self._shown.detail.row.path)


def _inspect(conn: sqlite3.Connection, ids: Sequence[int]) -> Inspected:
    if len(ids) == 1:
        detail = queries.detail(conn, ids[0])
        problems = tuple(problem for problem in queries.problems(conn) if problem.track_id == ids[0])
        return Inspected(ids, (detail.row,), detail, problems)
    rows = tuple(queries.rows(conn, ids[:MAX_SUMMED_TRACKS]))
    return Inspected(ids, rows, lines=lines_of_tracks(rows))


def _one_or(names: set[str], many: str) -> str:
    """The only name there is, or how many; nothing when there is none."""
    return many.format(len(names)) if len(names) > 1 else "".join(names)


def _facts_line(detail: TrackDetail) -> str:
    facts = [
        "" if detail.row.duration_s is None else wording.clock(detail.row.duration_s),
        detail.row.format,
        f"{detail.bit_rate / 1000:.0f} kbit/s" if detail.bit_rate else "",
        f"{detail.sample_rate / 1000:g} kHz" if detail.sample_rate else "",
        wording.size(detail.size),
    ]
    return "  ·  ".join(fact for fact in facts if fact)
