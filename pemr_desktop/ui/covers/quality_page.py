"""How good the cover search is on one's own library, the pairs it gets wrong, and fitting it to them."""

from __future__ import annotations

import logging
import sqlite3
from typing import TypeVar

import msgspec
from PySide6.QtCore import QModelIndex, Qt, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from pemr_desktop.jobs.client import JobView
from pemr_desktop.jobs.translation import translate
from pemr_desktop.library import queries
from pemr_desktop.library.rows import TrackRow
from pemr_desktop.library.versions.calibration import CoverFitStatus
from pemr_desktop.protocol.cover_quality import CoverFitReport, CoverQuality, WrongPair
from pemr_desktop.protocol.cover_sentences import fit_reason
from pemr_desktop.protocol.messages import (
    Changed,
    CheckCovers,
    Failed,
    FindAllVersions,
    Finished,
    FitCoverSearch,
    ResetCoverSearch,
)
from pemr_desktop.ui.context import WindowContext
from pemr_desktop.ui.covers import quality_words as words
from pemr_desktop.ui.covers.quality_figures import QualityFigures
from pemr_desktop.ui.widgets.empty_state import EmptyState
from pemr_desktop.ui.widgets.job_card import JobCard
from pemr_desktop.ui.widgets.label import Label
from pemr_desktop.ui.widgets.table_page import LinesModel
from pemr_desktop.ui.widgets.theme import ROOM, VAST

log = logging.getLogger(__name__)

ROW_PX = 34
ROWS_SEEN = 8
COLUMN_WIDTHS_PX = (150, 70, 130, 80, 300)

Report = TypeVar("Report", bound=msgspec.Struct)


class QualityPage(QWidget):
    """Asks the worker to check and to fit; shows what the library keeps of both."""

    def __init__(self, context: WindowContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("coverQualityPage")
        self.setAccessibleName(self.tr("Quality of versions"))
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._context = context
        self._status: CoverFitStatus | None = None
        self._quality: CoverQuality | None = None
        self._fit_report: CoverFitReport | None = None
        self._said = {CheckCovers: "", FitCoverSearch: ""}
        self._build()
        context.client.jobsChanged.connect(self._show_jobs)
        context.client.changed.connect(self._library_changed)
        context.client.finished.connect(self._finished)
        context.client.failed.connect(self._failed)
        context.theme.changed.connect(self._restyle)
        self._restyle()
        self.refresh()

    # layout

    def _build(self) -> None:
        self.check = JobCard(
            "checkCard",
            self.tr("Check it"),
            self.tr(
                "Compares pairs whose answer is known: those that you confirmed or rejected, and files that name the "
                "same or another MusicBrainz work. Changes nothing."
            ),
            self.tr("Check now"),
            self,
        )
        self.check.start.setProperty("look", "primary")
        self.check.wanted.connect(self._check)
        self.fit = JobCard(
            "teachCoversCard",
            self.tr("Teach it"),
            self.tr(
                "It learns from the same pairs how sure to be of what, and what to listen to: the last layer of its "
                "network is fine-tuned. Each is kept only if it does better on works that were kept aside; you can "
                "always go back."
            ),
            self.tr("Learn now"),
            self,
        )
        self.fit.wanted.connect(self._fit)
        self.back = QPushButton(self.tr("Go back to the shipped search"), self)
        self.back.setObjectName("unteachCovers")
        self.back.setAccessibleName(self.back.text())
        self.back.clicked.connect(self._go_back)
        self.fit.buttons.insertWidget(2, self.back)
        for card in (self.check, self.fit):
            card.cancelWanted.connect(self._cancel)
            card.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)  # both as high as the higher
        cards = QHBoxLayout()
        cards.setSpacing(ROOM)
        cards.addWidget(self.check, 1)
        cards.addWidget(self.fit, 1)
        self.figures = QualityFigures(self)
        self.wrong_heading = Label(self)
        self.wrong_heading.setObjectName("wrongPairsHeading")
        self.wrong_heading.setProperty("role", "section")
        self.wrong_heading.setWordWrap(True)
        self.table = self._make_table()
        self.not_compared = Label(self)
        self.not_compared.setWordWrap(True)
        self.not_compared.setProperty("role", "soft")
        self.find_all = QPushButton(self.tr("Find all versions"), self)
        self.find_all.setObjectName("compareAll")
        self.find_all.setAccessibleName(self.find_all.text())
        self.find_all.clicked.connect(self._find_all)
        missing = QHBoxLayout()
        missing.setSpacing(ROOM)
        missing.addWidget(self.not_compared, 1)
        missing.addWidget(self.find_all)
        content = QWidget(self)
        column = QVBoxLayout(content)
        column.setContentsMargins(VAST, 0, VAST, ROOM)
        column.setSpacing(ROOM)
        column.addLayout(cards)
        column.addWidget(self.figures)
        column.addLayout(missing)
        column.addWidget(self.wrong_heading)
        column.addWidget(self.table, 1)
        self._below = QWidget(self)  # takes the room that the table does not, so that the cards do not grow
        column.addWidget(self._below, 1)
        scroll = QScrollArea(self)
        scroll.setObjectName("qualityScroll")
        scroll.setAccessibleName(self.tr("Quality of versions"))
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(content)
        content.setAutoFillBackground(False)
        scroll.viewport().setAutoFillBackground(False)
        self.empty = EmptyState(self._context.theme, self)
        self.stack = QStackedWidget(self)
        self.stack.addWidget(scroll)
        self.stack.addWidget(self.empty)
        title = Label(self.tr("Quality of versions"), self)
        title.setProperty("role", "title")
        title.setContentsMargins(VAST, ROOM, VAST, ROOM)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(title)
        layout.addWidget(self.stack, 1)

    def _make_table(self) -> QTableView:
        self.lines = LinesModel(
            (
                self.tr("It says"),
                self.tr("Sure"),
                self.tr("It is"),
                self.tr("Says who"),
                self.tr("Track"),
                self.tr("Compared with"),
            ),
            self,
        )
        table = QTableView(self)
        table.setObjectName("wrongPairs")
        table.setAccessibleName(self.tr("Pairs that it gets wrong"))
        table.setModel(self.lines)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.verticalHeader().hide()
        table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        table.horizontalHeader().setStretchLastSection(True)
        table.horizontalHeader().setHighlightSections(False)
        table.clicked.connect(self._show_pair)
        table.activated.connect(self._show_pair)
        return table

    @Slot()
    def _restyle(self) -> None:
        theme = self._context.theme
        self.table.verticalHeader().setDefaultSectionSize(theme.px(ROW_PX))
        for column, width in enumerate(COLUMN_WIDTHS_PX):
            self.table.setColumnWidth(column, theme.px(width))
        self._fit_table()

    def _fit_table(self) -> None:
        rows = min(ROWS_SEEN, self.lines.rowCount()) + 1.5
        self.table.setMinimumHeight(round(self._context.theme.px(ROW_PX) * rows))

    # asking

    @Slot()
    def _check(self) -> None:
        self._said[CheckCovers] = ""
        self._context.client.submit(CheckCovers())

    @Slot()
    def _fit(self) -> None:
        self._said[FitCoverSearch] = ""
        self._fit_report = None
        self._context.client.submit(FitCoverSearch())

    @Slot()
    def _go_back(self) -> None:
        self._said[FitCoverSearch] = ""
        self._fit_report = None
        self._context.client.submit(ResetCoverSearch())

    @Slot()
    def _find_all(self) -> None:
        self._context.client.submit(FindAllVersions())

    @Slot()
    def _cancel(self) -> None:
        job = self._job()
        if job is not None:
            self._context.client.cancel(job.job_id)

    def _job(self) -> JobView | None:
        """The check or fit that waits or runs."""
        kinds = CheckCovers | FitCoverSearch | ResetCoverSearch
        jobs = [job for job in self._context.client.jobs() if isinstance(job.request, kinds)]
        return next((job for job in reversed(jobs) if not job.ended), None)

    @Slot()
    def refresh(self) -> None:
        """Read anew how it stands."""
        self._context.reader.ask(_known, done=self._read, failed=self._no_library, topic=(id(self), "quality"))

    @Slot(object)
    def _library_changed(self, changed: Changed) -> None:
        if changed.versions or changed.everything or self.isVisible():
            self.refresh()

    @Slot(object)
    def _finished(self, event: Finished) -> None:
        view = self._context.client.job(event.job_id)
        if view is not None and isinstance(view.request, FitCoverSearch):
            result = self._context.client.result(event)
            self._fit_report = result if isinstance(result, CoverFitReport) and not result.kept else None
            self._show_jobs()

    @Slot(object)
    def _failed(self, event: Failed) -> None:
        view = self._context.client.job(event.job_id)
        if view is not None and type(view.request) in self._said:
            self._said[type(view.request)] = self._context.client.said(event)
            self._show_jobs()

    def _no_library(self, error: Exception) -> None:
        log.info("Nothing to check: %s", error)
        self._read((CoverFitStatus(), {}))

    # showing

    def _read(self, known: tuple[CoverFitStatus, dict[int, TrackRow]]) -> None:
        self._status, rows = known
        self._quality = _report(self._status.quality, CoverQuality)
        self._show_jobs()
        self._show_figures()
        self._show_wrong(rows)

    @Slot()
    def _show_jobs(self) -> None:
        status = self._status
        if status is None:
            return
        job = self._job()
        can_start = job is None and status.known.by_you + status.known.by_tags > 0
        checks = job is not None and isinstance(job.request, CheckCovers)
        self.check.state.setText(self._check_state(status))
        self.check.start.setText(self.tr("Check now") if self._quality is None else self.tr("Check again"))
        self.check.start.setAccessibleName(self.check.start.text())
        self.fit.state.setText(self._fit_state(status))
        self.check.show_job(job if checks else None, can_start)
        self.fit.show_job(None if checks else job, can_start)
        self.back.setVisible(status.fitted_at is not None and not status.outdated and job is None)
        compares = any(
            isinstance(view.request, FindAllVersions) and not view.ended for view in self._context.client.jobs()
        )
        self.find_all.setEnabled(not compares)
        nothing = self._quality is None and job is None and status.known.by_you + status.known.by_tags == 0
        if nothing and self.stack.currentWidget() is not self.empty:
            self._say_what_is_needed()
        elif nothing:
            self.empty.sentence.setText(words.what_is_needed(status))
        self.stack.setCurrentIndex(int(nothing))

    def _say_what_is_needed(self) -> None:
        assert self._status is not None
        go = self._context.navigation.pageWanted.emit
        self.empty.say(
            "check",
            self.tr("Nothing to check the cover search against yet"),
            words.what_is_needed(self._status),
            ((self.tr("Find versions"), lambda: go("covers")), (self.tr("Find all versions"), self._find_all)),
        )

    def _check_state(self, status: CoverFitStatus) -> str:
        if self._said[CheckCovers]:
            return self._said[CheckCovers]
        known = words.known(status)
        if status.checked_at is None or self._quality is None:
            return f"{known} " + self.tr("Not checked yet.")
        checked = self.tr("Checked on {}.").format(words.when(status.checked_at))
        return " ".join(filter(None, (known, checked, words.since_the_check(status, self._quality))))

    def _fit_state(self, status: CoverFitStatus) -> str:
        if self._said[FitCoverSearch]:
            return self._said[FitCoverSearch]
        if self._fit_report is not None:
            why = fit_reason(self._fit_report.why, self._fit_report.reason, translate)
            told = (why, words.fit_words(self._fit_report), words.layer_words(self._fit_report))
            return " ".join((self.tr("Nothing was changed."), *filter(None, told)))
        if status.fitted_at is None:
            return self.tr("The search judges as it was shipped.")
        if status.outdated:
            return self.tr(
                "What it was taught on {} was measured with an earlier version of this program and no longer counts: "
                "the search judges as it was shipped. Your answers are still there; teach it again."
            ).format(words.when(status.fitted_at))
        fitted = _report(status.report, CoverFitReport)
        parts = [self.tr("Taught on {}.").format(words.when(status.fitted_at))]
        if fitted is not None:
            parts += [words.learned_from(fitted), words.fit_words(fitted), words.layer_words(fitted)]
        return " ".join(filter(None, parts))

    def _show_figures(self) -> None:
        quality = self._quality
        self.figures.show_quality(quality)
        for widget in (self.not_compared, self.find_all):
            widget.setVisible(quality is not None and quality.not_compared > 0)
        self.not_compared.setText(words.not_compared(quality.not_compared) if quality is not None else "")

    def _show_wrong(self, rows: dict[int, TrackRow]) -> None:
        quality = self._quality
        wrong = [pair for pair in quality.wrong if {pair.track_a, pair.track_b} <= rows.keys()] if quality else []
        self.lines.set_lines([(pair, words.wrong_cells(pair, rows)) for pair in wrong])
        self.table.setVisible(bool(wrong))
        self._below.setVisible(not wrong)
        self.wrong_heading.setVisible(quality is not None)
        self.wrong_heading.setText(
            self.tr("It gets these pairs wrong. Choose one to see and hear it.")
            if wrong
            else self.tr("It gets none of the known pairs wrong.")
        )
        self._fit_table()

    @Slot(QModelIndex)
    def _show_pair(self, index: QModelIndex) -> None:
        pair: WrongPair | None = self.lines.item(index.row())
        if pair is not None:
            self._context.navigation.pairWanted.emit(pair.track_a, pair.track_b)


def _known(connection: sqlite3.Connection) -> tuple[CoverFitStatus, dict[int, TrackRow]]:
    """How it stands, and the tracks of the pairs that are wrong."""
    status = queries.cover_fit_status(connection)
    quality = _report(status.quality, CoverQuality)
    ids = sorted({track for pair in quality.wrong for track in (pair.track_a, pair.track_b)}) if quality else []
    return status, {row.id: row for row in queries.rows(connection, ids)}


def _report(stored: bytes, kind: type[Report]) -> Report | None:
    """A stored report; None when there is none, or one of another version of this program."""
    if not stored:
        return None
    try:
        return msgspec.json.decode(stored, type=kind)
    except msgspec.MsgspecError as error:
        log.warning("The report on the cover search is of another version: %s", error)
        return None
