"""Tags tuned to one's own music: the two ways to do it, what became of each tag, and the way back."""

from __future__ import annotations

import logging

import msgspec
from PySide6.QtCore import QDateTime, QLocale, Qt, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from pemr_desktop.jobs.client import JobView
from pemr_desktop.jobs.translation import translate
from pemr_desktop.library import queries
from pemr_desktop.library.embeddings.tag_tuning_status import TagTuningStatus
from pemr_desktop.protocol.messages import TuneTags, UntuneTags
from pemr_desktop.protocol.results import TagFigures, TagTuningResult, TunedTag
from pemr_desktop.protocol.sentences import tag_reason
from pemr_desktop.ui import wording
from pemr_desktop.ui.context import WindowContext
from pemr_desktop.ui.widgets.job_card import JobCard
from pemr_desktop.ui.widgets.label import Label
from pemr_desktop.ui.widgets.theme import ROOM, VAST, Role

log = logging.getLogger(__name__)

ROW_PX = 34
LEAST_COLUMN_PX = 90
MIN_ANALYSED_TRACKS = 12
SECONDS_A_TRACK = 1.5
"""What the teacher takes for one track on an ordinary machine; a running job says it better."""

TAG, CHANGE, RIGHT, FINDS, APART, JUDGE = range(6)


class TagTuningView(QWidget):
    """Asks the worker; shows what the library keeps of the latest tuning."""

    def __init__(self, context: WindowContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("tuning")
        self._context = context
        self._status: TagTuningStatus | None = None
        self._result: TagTuningResult | None = None
        self._build()
        context.client.jobsChanged.connect(self._show_jobs)
        context.client.changed.connect(self._library_changed)
        context.theme.changed.connect(self._fill)
        self.refresh()

    def _build(self) -> None:
        title = Label(self.tr("Tune tags"), self)
        title.setProperty("role", "title")
        about = Label(
            self.tr(
                "The suggested tags come from free music. They can be fitted to yours: a tag changes only where it "
                "proves better on albums that were kept aside. No file is touched, and you can always go back."
            ),
            self,
        )
        about.setProperty("role", "soft")
        about.setWordWrap(True)
        self.tune = JobCard(
            "tuneCard",
            self.tr("Tune to my library"),
            self.tr("A teacher listens to a sample of your own music, in the background, and the tags learn from it."),
            self.tr("Tune to my library"),
            self,
        )
        self.teach = JobCard(
            "teachCard",
            self.tr("Teach my tags"),
            self.tr(
                "The tags learn from what you accepted and rejected one by one, and from genres and moods in your "
                "files. What you answered for many at once teaches nothing."
            ),
            self.tr("Learn now"),
            self,
        )
        self.tune.start.setProperty("look", "primary")
        self.tune.wanted.connect(lambda: self._ask(TuneTags()))
        self.teach.wanted.connect(lambda: self._ask(TuneTags(listen=False)))
        for card in (self.tune, self.teach):
            card.cancelWanted.connect(self._cancel)
        cards = QHBoxLayout()
        cards.setSpacing(ROOM)
        cards.addWidget(self.tune, 1)
        cards.addWidget(self.teach, 1)
        self.outcome = Label(self)
        self.outcome.setObjectName("tuningOutcome")
        self.outcome.setWordWrap(True)
        self.back = QPushButton(self.tr("Go back to the shipped tags"), self)
        self.back.setObjectName("untune")
        self.back.setAccessibleName(self.back.text())
        self.back.clicked.connect(lambda: self._ask(UntuneTags()))
        self.everything = QCheckBox(self.tr("Also tags that stayed as they are"), self)
        self.everything.setObjectName("showKeptTags")
        self.everything.toggled.connect(self._fill)
        row = QHBoxLayout()
        row.addWidget(self.everything)
        row.addStretch(1)
        row.addWidget(self.back)
        self.table = self._make_table()
        column = QVBoxLayout(self)
        column.setContentsMargins(VAST, VAST, VAST, ROOM)
        column.setSpacing(ROOM)
        column.addWidget(title)
        column.addWidget(about)
        column.addLayout(cards)
        column.addWidget(self.outcome)
        column.addWidget(self.table, 1)
        column.addLayout(row)
        column.addStretch(0)

    def _make_table(self) -> QTableWidget:
        table = QTableWidget(0, JUDGE + 1, self)
        table.setObjectName("tunedTags")
        table.setAccessibleName(self.tr("What became of each tag"))
        heads = (
            (self.tr("Tag"), ""),
            (self.tr("What happened"), ""),
            (self.tr("Right"), self.tr("How many suggestions were right, before and after, on albums kept aside.")),
            (self.tr("Finds"), self.tr("Of the tracks that have it, how many it is suggested for.")),
            (self.tr("Tells apart"), self.tr("Of a track with the tag and one without, how often it knows which.")),
            (self.tr("Judged by"), self.tr("Whose word was taken for the truth.")),
        )
        for column, (text, tip) in enumerate(heads):
            item = QTableWidgetItem(text)
            item.setToolTip(tip)
            table.setHorizontalHeaderItem(column, item)
        header = table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(CHANGE, QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(self._context.theme.px(LEAST_COLUMN_PX))
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        table.verticalHeader().hide()
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        table.setTabKeyNavigation(False)
        return table

    # asking

    def _ask(self, request: TuneTags | UntuneTags) -> None:
        self._context.client.submit(request)

    @Slot()
    def _cancel(self) -> None:
        job = self._job()
        if job is not None:
            self._context.client.cancel(job.job_id)

    def _job(self) -> JobView | None:
        """The tuning that waits or runs."""
        jobs = [job for job in self._context.client.jobs() if isinstance(job.request, TuneTags | UntuneTags)]
        return next((job for job in reversed(jobs) if not job.ended), None)

    def refresh(self) -> None:
        """Read anew how it stands."""
        self._context.reader.ask(
            queries.tag_tuning_status, done=self._read, failed=self._no_library, topic=(id(self), "tuning")
        )

    @Slot(object)
    def _library_changed(self, changed: object) -> None:
        if getattr(changed, "models", False) or getattr(changed, "everything", False) or self.isVisible():
            self.refresh()

    def _no_library(self, error: Exception) -> None:
        log.info("Nothing to tune: %s", error)
        self._read(TagTuningStatus(0, None, b"", 0, 0, False))

    # showing

    def _read(self, status: TagTuningStatus) -> None:
        self._status = status
        self._result = None
        if status.report:
            try:
                self._result = msgspec.json.decode(status.report, type=TagTuningResult)
            except msgspec.MsgspecError as error:
                log.warning("The report of the latest tuning is of another version: %s", error)
        self._show_jobs()
        self._fill()

    @Slot()
    def _show_jobs(self) -> None:
        status, job = self._status, self._job()
        can_start = status is not None and status.analysed >= MIN_ANALYSED_TRACKS and job is None
        listens = job is not None and isinstance(job.request, TuneTags) and job.request.listen
        learns = job is not None and isinstance(job.request, TuneTags) and not listens
        if status is not None:
            self.tune.state.setText(self._tune_state(status))
            self.teach.state.setText(self._teach_state(status))
        self.tune.show_job(job if listens else None, can_start)
        self.teach.show_job(job if learns else None, can_start)
        self.back.setEnabled(job is None)

    def _tune_state(self, status: TagTuningStatus) -> str:
        if status.analysed < MIN_ANALYSED_TRACKS:
            return self.tr("First some of your music has to be listened to: at least a dozen tracks of two albums.")
        tracks = min(self._context.settings.current.tuning.tracks, status.analysed)
        minutes = max(1, round(tracks * SECONDS_A_TRACK / 60))
        if self._changed_tags():
            return self.tr("Your tags are tuned. Again: what the teacher has heard already is not done twice.")
        if status.made_at is not None and self._result is not None:
            return self.tr("No tag needed it last time. Again: what the teacher has heard already is not done twice.")
        return self.tr("It listens to {} tracks, about {} min.").format(wording.number(tracks), minutes)

    def _changed_tags(self) -> list[TunedTag]:
        """The tags that the tuning in use made other than they were shipped."""
        in_use = self._status is not None and self._status.made_at is not None and self._result is not None
        return [tag for tag in self._result.tags if tag.change != "kept"] if in_use and self._result else []

    def _teach_state(self, status: TagTuningStatus) -> str:
        if not status.user_labels:
            return self.tr("You have not answered any suggestion one by one yet. Takes seconds.")
        return self.tr(
            "You answered {} suggestions one by one, {} of them since the tags last learned. Takes seconds."
        ).format(wording.number(status.user_labels), wording.number(status.user_labels_since))

    @Slot()
    def _fill(self) -> None:
        """The table of tags, those that changed first."""
        status, result = self._status, self._result
        tuned = status is not None and status.made_at is not None and result is not None
        changed = self._changed_tags()
        self.back.setVisible(bool(changed))
        self.everything.setVisible(tuned)
        self.table.setVisible(tuned and bool(changed or self.everything.isChecked()))
        if status is None or status.made_at is None or result is None:
            self.outcome.setText(self.tr("The tags are as they were shipped."))
            self.outcome.setProperty("role", "soft")
            return
        when = QLocale().toString(QDateTime.fromSecsSinceEpoch(int(status.made_at)), QLocale.FormatType.ShortFormat)
        if changed:
            sentence = self.tr("Tuned on {} to {} tracks of {} albums: {} tags changed, {} stayed.")
        else:
            sentence = self.tr(
                "On {}, none would have suited {} tracks of {} albums better: all tags are as they were shipped."
            )
        self.outcome.setText(
            sentence.format(
                when,
                wording.number(result.tracks),
                wording.number(result.albums),
                wording.number(len(changed)),
                wording.number(len(result.tags) - len(changed)),
            )
        )
        shown = list(result.tags) if self.everything.isChecked() else changed
        shown.sort(key=lambda tag: (tag.change == "kept", tag.change, tag.name))
        self.table.verticalHeader().setDefaultSectionSize(self._context.theme.px(ROW_PX))
        self.table.setRowCount(len(shown))
        for number, tag in enumerate(shown):
            self._fill_row(number, tag)

    def _fill_row(self, number: int, tag: TunedTag) -> None:
        icon, role, words = self._what(tag)
        texts = (
            tag.name,
            f"{words}: {reason}" if (reason := tag_reason(tag, translate)) else words,
            _both(_right(tag.before), _right(tag.after)),
            _both(_found(tag.before), _found(tag.after)),
            _both(_apart(tag.before), _apart(tag.after)),
            self.tr("you") if tag.judged_by == "you" else self.tr("the teacher"),
        )
        for column, text in enumerate(texts):
            item = QTableWidgetItem(text)
            item.setToolTip(text if column == CHANGE else "")
            if column == CHANGE:
                item.setIcon(self._context.theme.icon(icon, role))
            self.table.setItem(number, column, item)

    def _what(self, tag: TunedTag) -> tuple[str, Role, str]:
        """Icon, its colour, and words."""
        signs: dict[str, tuple[str, Role, str]] = {
            "new": ("add", "good", self.tr("learned, a tag of your own")),
            "switched on": ("check", "good", self.tr("switched on")),
            "better": ("check", "good", self.tr("improved")),
            "switched off": ("cross", "bad", self.tr("switched off")),
        }
        kept = self.tr("on, as before") if tag.is_on else self.tr("off, as before")
        return signs.get(tag.change, ("tag", "text_soft", kept))


def _both(before: str, after: str) -> str:
    return after if before == after else f"{before} → {after}"


def _right(figures: TagFigures) -> str:
    return f"{wording.number(figures.right)} / {wording.number(figures.shown)}" if figures.shown else "–"


def _found(figures: TagFigures) -> str:
    return f"{wording.number(figures.right)} / {wording.number(figures.positives)}" if figures.positives else "–"


def _apart(figures: TagFigures) -> str:
    return "–" if figures.tells_apart is None else f"{round(figures.tells_apart * 100)} %"
