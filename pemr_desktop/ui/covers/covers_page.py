"""Versions of a track: the query and one version face to face, and the list of all that were found."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from pemr_desktop.jobs.translation import translate
from pemr_desktop.library import queries
from pemr_desktop.library.rows import Relation, TrackDetail, TrackRow
from pemr_desktop.protocol.messages import FindAllVersions, JudgeVersion
from pemr_desktop.protocol.sentences import cover_sentence
from pemr_desktop.ui import wording
from pemr_desktop.ui.actions import ActionSpec
from pemr_desktop.ui.artwork.artwork import Artwork
from pemr_desktop.ui.context import WindowContext
from pemr_desktop.ui.covers.comparison import Comparison
from pemr_desktop.ui.covers.cover_searches import CoverSearches, Query, Search
from pemr_desktop.ui.covers.dropped_files import DroppedFiles
from pemr_desktop.ui.covers.match_list import ShownMatch
from pemr_desktop.ui.covers.match_pane import MatchPane
from pemr_desktop.ui.widgets.drop_overlay import DropOverlay
from pemr_desktop.ui.widgets.empty_state import EmptyState
from pemr_desktop.ui.widgets.label import Label
from pemr_desktop.ui.widgets.theme import ROOM, SNUG, VAST

ASKED_NOTHING, SEARCHING_OR_NONE, FOUND = range(3)


class CoversPage(QWidget):
    """Shows versions of tracks of the library, or of files that need not be in it."""

    def __init__(self, context: WindowContext, parent: QWidget | None = None, artwork: Artwork | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("coversPage")
        self.setAccessibleName(self.tr("Versions"))
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._context = context
        self._queries: list[Query] = []
        self._query: Query | None = None
        self.searches = CoverSearches(context.client, self)
        self.searches.changed.connect(self._search_changed)

        self.which = QComboBox(self)
        self.which.setObjectName("coverQueries")
        self.which.setAccessibleName(self.tr("Track whose versions are shown"))
        self.which.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.which.setMinimumContentsLength(24)
        self.which.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.which.currentTextChanged.connect(self.which.setToolTip)
        self.which.currentIndexChanged.connect(self._query_chosen)
        self.show_possible = QCheckBox(self.tr("Show possible versions"), self)
        self.show_possible.setObjectName("showPossible")
        self.show_possible.setAccessibleName(self.show_possible.text())
        self.show_possible.setChecked(context.settings.current.covers.show_possible)
        self.show_possible.toggled.connect(self._show_possible_toggled)
        self.find_all = QPushButton(self.tr("Find all versions"), self)
        self.find_all.setObjectName("findAllVersions")
        self.find_all.setAccessibleName(self.find_all.text())
        self.find_all.setToolTip(self.tr("Compare every track of the library with every other one"))
        self.find_all.clicked.connect(self._find_all)

        self.comparison = Comparison(context, artwork, self)
        self.sentence = Label(self)
        self.sentence.setObjectName("coverSentence")
        self.sentence.setWordWrap(True)
        self.progress = QProgressBar(self)
        self.progress.setObjectName("coverProgress")
        self.progress.setAccessibleName(self.tr("Progress of the search"))
        self.progress.setTextVisible(False)
        self.cancel = QPushButton(self.tr("Cancel"), self)
        self.cancel.setObjectName("cancelSearch")
        self.cancel.setAccessibleName(self.tr("Cancel the search"))
        self.cancel.clicked.connect(self._cancel)

        self.pane = MatchPane(context, artwork, self)
        self.pane.chosen.connect(self._show_current_match)
        self.pane.playWanted.connect(self.comparison.play_first_passage)
        self.pane.againWanted.connect(self._search_again)
        self.pane.possibleWanted.connect(self._show_possible_ones)
        self.nothing_asked = EmptyState(context.theme, self)
        self._lay_out()
        self._say_what_to_do()
        self._add_actions()
        self.comparison.judged.connect(self.judge)
        self._overlay = DropOverlay(
            context.theme, self, self, self.tr("Drop to find its versions"), "covers", takes_own_rows=True
        )
        self.dropped = DroppedFiles(context, self)
        self.dropped.asked.connect(self._ask)
        self._overlay.dropped.connect(self.dropped.take)
        context.client.jobsChanged.connect(self._jobs_changed)

    def show_covers(self, track_ids: Sequence[int]) -> None:
        """Look for versions of tracks of the library; the first one is shown, the others can be chosen."""
        self._ask([Query(track_id=track_id) for track_id in dict.fromkeys(track_ids)])

    def show_pair(self, track_id: int, beside: int) -> None:
        """Show two tracks side by side, whether the search takes them for versions or not."""
        self._ask([Query(track_id=track_id, beside=beside)])

    def show_file(self, path: Path) -> None:
        """Look for versions of a file; if the library has it, of that track."""
        self.dropped.take([path])

    # actions

    def _add_actions(self) -> None:
        """What the keyboard does while the page has it: play either version, switch, say what the pair is."""
        play, section = self.comparison.toggle, self.tr("Versions")
        for name, text, key, handler, possible in (
            ("confirm", self.tr("Confirm version"), "C", partial(self.judge, "version"), self.can_judge),
            ("same", self.tr("Same recording"), "S", partial(self.judge, "same recording"), self.can_judge),
            ("reject", self.tr("Not a version"), "R", partial(self.judge, "not a version"), self.can_judge),
            ("query", self.tr("Play the track"), "A", partial(play, "query"), self.has_query),
            ("version", self.tr("Play the version"), "B", partial(play, "reference"), self.has_match),
            ("switch", self.tr("Switch to the same moment"), "X", self.comparison.switch, self.has_match),
        ):
            self._context.actions.add(
                ActionSpec(
                    f"covers.{name}",
                    text,
                    handler,
                    shortcuts=(key,),
                    section=section,
                    enabled_when=possible,
                    owner=self,
                )
            )

    # layout

    def _lay_out(self) -> None:
        theme = self._context.theme
        heading = Label(self.tr("Versions"), self)
        heading.setProperty("role", "title")
        top = QHBoxLayout()
        top.setSpacing(ROOM)
        top.addWidget(heading)
        top.addWidget(self.which, 3)
        top.addStretch(1)
        top.addWidget(self.show_possible)
        top.addWidget(self.find_all)
        for number, widget in enumerate((self.sentence, self.progress, self.cancel)):
            self.comparison.foot.insertWidget(number, widget, 1 if widget is self.sentence else 0)
        self.progress.setFixedWidth(theme.px(180))
        found = QWidget(self)
        inside = QVBoxLayout(found)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(0)
        padded = QVBoxLayout()
        padded.setContentsMargins(VAST, SNUG, VAST, ROOM)
        padded.setSpacing(ROOM)
        padded.addWidget(self.comparison)
        inside.addLayout(padded)
        inside.addWidget(self.pane, 1)
        self._pages = QStackedWidget(self)
        self._pages.addWidget(self.nothing_asked)
        self._pages.addWidget(found)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        top.setContentsMargins(VAST, ROOM, VAST, ROOM)
        layout.addLayout(top)
        layout.addWidget(self._pages, 1)
        self.which.hide()

    def _say_what_to_do(self) -> None:
        self.nothing_asked.say(
            "covers",
            self.tr("Find versions of a song"),
            self.tr(
                "Right-click a track and choose “Find covers”, or drop a sound file here: "
                "it need not be in your library."
            ),
            (
                (self.tr("Go to the library"), lambda: self._context.navigation.pageWanted.emit("library")),
                (self.tr("Choose a file…"), lambda: self._context.actions.run("track.find-covers-of-file")),
            ),
        )

    # asking

    @Slot(object)
    def _ask(self, wanted: list[Query]) -> None:
        if not wanted:
            return
        self._queries = wanted
        for query in wanted:
            self.searches.ask(query)
        self.which.blockSignals(True)
        self.which.clear()
        for query in wanted:
            self.which.addItem(query.path.name if query.path is not None else "…", query)
        self.which.blockSignals(False)
        self.which.setVisible(len(wanted) > 1)
        ids = [query.track_id for query in wanted if query.track_id is not None]
        if len(wanted) > 1:
            self._context.reader.ask(queries.rows, ids, done=self._name_queries, topic=(id(self), "names"))
        self._show_query(wanted[0])

    def _name_queries(self, rows: list[TrackRow]) -> None:
        names = {row.id: f"{row.title} – {row.artist}" if row.artist else row.title for row in rows}
        for number, query in enumerate(self._queries):
            if query.track_id in names:
                self.which.setItemText(number, names[query.track_id])

    @Slot(int)
    def _query_chosen(self, number: int) -> None:
        if 0 <= number < len(self._queries):
            self._show_query(self._queries[number])

    def _show_query(self, query: Query) -> None:
        self._query = query
        self._pages.setCurrentIndex(1)
        if query.track_id is not None:
            self.comparison.clear()
            self._context.reader.ask(queries.detail, query.track_id, done=self._query_read, topic=(id(self), "query"))
        elif query.path is not None:
            self._context.reader.forget((id(self), "query"))
            self.comparison.show_query_file(query.path)
        self._show_search()

    def _query_read(self, detail: TrackDetail) -> None:
        self.comparison.show_query(detail)
        self._show_current_match()

    @Slot()
    def _cancel(self) -> None:
        if self._query is not None:
            self.searches.cancel(self._query)

    def _search_again(self) -> None:
        if self._query is not None:
            self.searches.ask(self._query, again=True)

    @Slot()
    def _find_all(self) -> None:
        self._context.client.submit(FindAllVersions())

    @Slot()
    def _jobs_changed(self) -> None:
        running = any(
            isinstance(view.request, FindAllVersions) and not view.ended for view in self._context.client.jobs()
        )
        self.find_all.setEnabled(not running)

    # what was found

    @Slot(object)
    def _search_changed(self, query: Query) -> None:
        if query == self._query:
            self._show_search()

    def _show_search(self) -> None:
        search = self.searches.search(self._query) if self._query is not None else None
        if search is None:
            return
        searching = search.state == "searching"
        self.progress.setVisible(searching)
        self.cancel.setVisible(searching)
        if searching:
            self._show_searching(search)
        elif search.result is not None:
            self._show_result(search)
        else:
            self.sentence.clear()
            self.pane.say_ended(search)

    def _show_searching(self, search: Search) -> None:
        self.sentence.setText(search.doing)
        self.progress.setMaximum(search.total)
        self.progress.setValue(search.done)
        self.pane.say_searching()

    def _show_result(self, search: Search) -> None:
        assert search.result is not None
        result = search.result
        if self._query is not None and self._query.path is not None:
            self.comparison.show_query_sound(result.query_peaks, result.query_duration_s)
        matches = result.matches
        beside = self._query.beside if self._query is not None else None
        hidden = 0
        if not self.show_possible.isChecked():
            matches = tuple(match for match in matches if match.verdict != "possible" or match.track_id == beside)
            hidden = len(result.matches) - len(matches)
        if not matches:
            self.sentence.clear()
            self.pane.say_none(cover_sentence(result, translate), result.compared, hidden)
            return
        self.sentence.setText(self._with_hidden(cover_sentence(result, translate), hidden))
        self.pane.show_matches(matches, self._query.track_id if self._query is not None else None, beside)
        focused = QApplication.focusWidget()
        if focused is None or self.isAncestorOf(focused):
            self.pane.list.setFocus()

    def _with_hidden(self, sentence: str, hidden: int) -> str:
        if not hidden:
            return sentence
        return f"{sentence} " + self.tr("{} more are only possible and not shown.").format(wording.number(hidden))

    @Slot(bool)
    def _show_possible_toggled(self, shown: bool) -> None:
        self._context.settings.set("covers.show_possible", shown)
        self._show_search()

    @Slot()
    def _show_possible_ones(self) -> None:
        self.show_possible.setChecked(True)

    # the match at hand

    def current_match(self) -> ShownMatch | None:
        """The match that is compared with the query."""
        return self.pane.current()

    @Slot()
    def _show_current_match(self) -> None:
        shown = self.current_match()
        if shown is None:
            self.comparison.clear_match()
            return
        self.comparison.show_match(shown, can_judge=self.can_judge())
        self._context.reader.ask(queries.detail, shown.match.track_id, done=self._match_read, topic=(id(self), "match"))
        self._context.actions.refresh()

    def _match_read(self, detail: TrackDetail) -> None:
        shown = self.current_match()
        if shown is not None and shown.match.track_id == detail.row.id:
            self.comparison.show_match_sound(detail)

    def has_query(self) -> bool:
        """Whether versions of anything are looked for."""
        return self._query is not None

    def has_match(self) -> bool:
        """Whether a match is compared with the query."""
        return self.current_match() is not None

    def can_judge(self) -> bool:
        """Whether the user's word on this pair can be kept: both are tracks of the library."""
        return self.has_match() and self._query is not None and self._query.track_id is not None

    @Slot(str)
    def judge(self, relation: Relation) -> None:
        """Say what this pair is; saying the same again takes it back."""
        shown = self.current_match()
        if shown is None or self._query is None or self._query.track_id is None:
            return
        said = None if shown.said == relation else relation
        self._context.client.submit(JudgeVersion(self._query.track_id, shown.match.track_id, said or "undecided"))
        self.pane.set_said(shown.match.track_id, said)
        now = self.current_match()
        if now is not None:
            self.comparison.show_said(now)
