"""Below the comparison: the versions that were found, or a sentence where there are none to list."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, Signal, Slot
from PySide6.QtWidgets import QListView, QStackedWidget, QWidget

from pemr_desktop.library import queries
from pemr_desktop.library.rows import Relation, TrackRow
from pemr_desktop.protocol.results import CoverMatch
from pemr_desktop.ui.artwork.artwork import Artwork
from pemr_desktop.ui.context import WindowContext
from pemr_desktop.ui.covers.cover_searches import Search
from pemr_desktop.ui.covers.match_list import MatchDelegate, MatchModel, ShownMatch
from pemr_desktop.ui.widgets.empty_state import EmptyState


def known_of(
    connection: sqlite3.Connection, query_id: int | None, ids: Sequence[int]
) -> tuple[dict[int, TrackRow], dict[int, Relation]]:
    """The rows of the matches, and what the user said of each pair with the query; both by track id of the match."""
    rows = {row.id: row for row in queries.rows(connection, ids)}
    if query_id is None:
        return rows, {}
    pairs = queries.version_pairs(connection, query_id)
    said = {
        pair.track_b if pair.track_a == query_id else pair.track_a: pair.relation
        for pair in pairs
        if pair.source == "user"
    }
    return rows, said


class MatchPane(QStackedWidget):
    """The list of matches, best first; `chosen` follows the current one and what becomes known of it."""

    chosen = Signal()
    playWanted = Signal()
    againWanted = Signal()
    possibleWanted = Signal()

    def __init__(self, context: WindowContext, artwork: Artwork | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.model = MatchModel(context.theme)
        self._delegate = MatchDelegate(context.theme, artwork)
        self.list = QListView(self)
        self.list.setObjectName("matches")
        self.list.setAccessibleName(self.tr("Versions found, best first"))
        self.list.setModel(self.model)
        self.list.setItemDelegate(self._delegate)
        self.list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.list.setMouseTracking(True)
        self.list.setUniformItemSizes(True)
        self.list.selectionModel().currentChanged.connect(self._current_changed)
        self.list.activated.connect(self._activated)
        if artwork is not None:
            artwork.arrived.connect(self.list.viewport().update)
        self.none_found = EmptyState(context.theme, self)
        self.addWidget(self.none_found)
        self.addWidget(self.list)
        context.theme.changed.connect(self._restyle)

    def current(self) -> ShownMatch | None:
        """The match that is chosen."""
        return self.model.at(self.list.currentIndex())

    def show_matches(self, matches: Sequence[CoverMatch], query_id: int | None, chosen_id: int | None = None) -> None:
        """List them and choose one, else the best; names and what the user said follow when they have been read."""
        self.model.show(matches)
        self.setCurrentWidget(self.list)
        ids = [match.track_id for match in matches]
        self._context.reader.ask(known_of, query_id, ids, done=self._read, topic=(id(self), "matches"))
        self.list.setCurrentIndex(self.model.index(ids.index(chosen_id) if chosen_id in ids else 0))

    def say_searching(self) -> None:
        """The search is under way."""
        self._say("search", self.tr("Looking for versions…"), "")

    def say_ended(self, search: Search) -> None:
        """It ended without an answer."""
        stopped = search.state == "cancelled"
        headline = self.tr("Search cancelled") if stopped else self.tr("The search did not succeed")
        again = (self.tr("Search again"), self.againWanted.emit)
        self._say("info" if stopped else "warning", headline, search.message, again)

    def say_none(self, sentence: str, compared: int, hidden: int) -> None:
        """There is no version; `hidden` ones are possible but not wanted."""
        if hidden:
            show = (self.tr("Show possible versions"), self.possibleWanted.emit)
            self._say("covers", self.tr("Only possible versions"), sentence, show)
        elif compared == 0:
            self._say("info", self.tr("Nothing to compare"), sentence)
        else:
            self._say("covers", self.tr("No version found"), sentence)

    def set_said(self, track_id: int, said: Relation | None) -> None:
        """Show the user's word on a match at once."""
        self.model.set_said(track_id, said)

    def _say(self, icon: str, headline: str, sentence: str, *buttons: tuple[str, object]) -> None:
        if self.model.rowCount():
            self.model.show(())
        self.none_found.say(icon, headline, sentence, buttons)  # type: ignore[arg-type]
        self.setCurrentWidget(self.none_found)
        self.chosen.emit()

    def _read(self, known: tuple[dict[int, TrackRow], dict[int, Relation]]) -> None:
        self.model.fill_in(*known)
        self.chosen.emit()

    @Slot(QModelIndex, QModelIndex)
    def _current_changed(self, now: QModelIndex, _before: QModelIndex) -> None:
        if now.isValid():
            self.chosen.emit()

    @Slot(QModelIndex)
    def _activated(self, _index: QModelIndex) -> None:
        self.playWanted.emit()

    @Slot()
    def _restyle(self) -> None:
        self.list.doItemsLayout()
        self.list.viewport().update()
