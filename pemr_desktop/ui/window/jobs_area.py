"""What the worker is doing: a line a job, with progress, time left and a cancel button, and how it ended.

Jobs that wait say what they wait for; and what no job will listen to has a line of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from pemr_desktop.protocol.messages import (
    ApplyWrites,
    Decide,
    FindCovers,
    FindLegacyTexts,
    JudgeVersion,
    MoreLikeThis,
    PlanEdits,
    PlanRecoding,
    PlanWrites,
)
from pemr_desktop.ui import wording
from pemr_desktop.ui.widgets.elided_label import ElidedLabel
from pemr_desktop.ui.widgets.label import Label
from pemr_desktop.ui.widgets.theme import ROOM, SNUG, TIGHT, Role, Theme
from pemr_desktop.ui.window.listening_left import ListeningLeftLine

if TYPE_CHECKING:
    from pemr_desktop.jobs.client import JobView, WorkerClient

MAX_LINES = 3
ENDED_STAYS_MS = 8_000
SHOWN_AFTER_MS = 350
"""A job that ends sooner than this never flashes up."""

_SHOWN_ELSEWHERE = (
    Decide,
    JudgeVersion,
    PlanEdits,
    PlanWrites,
    PlanRecoding,
    FindLegacyTexts,
    ApplyWrites,
    FindCovers,
    MoreLikeThis,
)
"""Jobs whose outcome a page shows at once: a result line would only repeat it."""


class JobsArea(QWidget):
    """Watches the client; takes no space while nothing happens."""

    def __init__(self, client: WorkerClient, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("jobsArea")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(self.tr("Jobs"))
        self._client = client
        self._theme = theme
        self._lines: dict[int, JobLine] = {}
        self._dismissed: set[int] = set()
        self._more = Label(self)
        self._more.setObjectName("moreJobs")
        self._more.setProperty("role", "small")
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(ROOM, TIGHT, SNUG, TIGHT)
        self._layout.setSpacing(TIGHT)
        self._layout.addWidget(self._more)
        self.listening_left = ListeningLeftLine(theme, self)
        self.listening_left.shownChanged.connect(self._show_or_hide)
        self._layout.addWidget(self.listening_left)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(SHOWN_AFTER_MS)
        self._soon.timeout.connect(self._update)
        client.jobsChanged.connect(self._jobs_changed)
        self._update()

    def lines(self) -> list[JobLine]:
        """The lines on view, oldest job first."""
        return [self._lines[job_id] for job_id in sorted(self._lines)]

    def shows(self, job_id: int) -> bool:
        """True while a job has a line here."""
        return job_id in self._lines

    @Slot()
    def _jobs_changed(self) -> None:
        shown = [view for view in self._client.jobs() if view.job_id in self._lines]
        for view in shown:
            self._show(view)
        if [view.job_id for view in shown] != [view.job_id for view in self._wanted()] and not self._soon.isActive():
            self._soon.start()

    def _wanted(self) -> list[JobView]:
        """Jobs that deserve a line: under way, or ended while they had one."""
        return [
            view
            for view in self._client.jobs()
            if view.job_id not in self._dismissed
            and (not view.ended or (view.job_id in self._lines and not isinstance(view.request, _SHOWN_ELSEWHERE)))
        ]

    @Slot()
    def _update(self) -> None:
        wanted = self._wanted()
        active = [view for view in wanted if not view.ended]
        ended = [view for view in wanted if view.ended]
        running = sorted(active, key=lambda view: (view.state == "waiting", view.job_id))
        shown = {view.job_id: view for view in (*running[:MAX_LINES], *ended[-1:])}
        for job_id in [job_id for job_id in self._lines if job_id not in shown]:
            self._drop(job_id)
        for job_id, view in shown.items():
            if job_id not in self._lines:
                self._add(job_id)
            self._show(view)
        self._show_more(running[MAX_LINES:])
        self._show_or_hide()

    def _show(self, view: JobView) -> None:
        ahead = self._client.waits_for(view.job_id)
        self._lines[view.job_id].show_job(view, ahead.title if ahead is not None else "")

    def _show_more(self, more: list[JobView]) -> None:
        """Count the jobs that have no line; pointing at the count names them."""
        self._more.setText(self.tr("{} more waiting").format(wording.number(len(more))) if more else "")
        self._more.setToolTip("\n".join(view.title for view in more))
        self._more.setVisible(bool(more))

    @Slot()
    def _show_or_hide(self) -> None:
        self.setVisible(bool(self._lines) or not self.listening_left.isHidden())

    def _add(self, job_id: int) -> None:
        line = JobLine(self._theme, self)
        line.stop.clicked.connect(lambda: self._stop_or_dismiss(job_id))
        line.expired.timeout.connect(lambda: self._dismiss(job_id))
        self._lines[job_id] = line
        self._layout.insertWidget(self._layout.indexOf(self._more), line)

    def _drop(self, job_id: int) -> None:
        line = self._lines.pop(job_id)
        self._layout.removeWidget(line)
        line.hide()
        line.deleteLater()

    def _stop_or_dismiss(self, job_id: int) -> None:
        view = next((view for view in self._client.jobs() if view.job_id == job_id), None)
        if view is None or view.ended:
            self._dismiss(job_id)
        else:
            self._client.cancel(job_id)

    def _dismiss(self, job_id: int) -> None:
        self._dismissed.add(job_id)
        self._update()


class JobLine(QWidget):
    """One job."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("jobLine")
        self._theme = theme
        self._view: JobView | None = None
        self._icon = Label(self)
        self._icon.setFixedWidth(16)
        self.title = Label(self)
        self.title.setObjectName("jobTitle")
        self.doing = ElidedLabel(parent=self)
        self.doing.setObjectName("jobDoing")
        self.doing.setProperty("role", "soft")
        self.bar = QProgressBar(self)
        self.bar.setObjectName("jobProgress")
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(180)
        self.bar.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.left = Label(self)
        self.left.setObjectName("jobTimeLeft")
        self.left.setProperty("role", "small")
        self.stop = QToolButton(self)
        self.stop.setObjectName("jobCancel")
        self.expired = QTimer(self)
        self.expired.setSingleShot(True)
        self.expired.setInterval(ENDED_STAYS_MS)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SNUG)
        for widget, stretch in (
            (self._icon, 0),
            (self.title, 0),
            (self.doing, 1),
            (self.left, 0),
            (self.bar, 0),
            (self.stop, 0),
        ):
            row.addWidget(widget, stretch)
        theme.changed.connect(self._recolour)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A narrow window shows a shorter bar."""
        self.bar.setFixedWidth(min(180, max(60, event.size().width() // 5)))
        super().resizeEvent(event)

    def show_job(self, view: JobView, ahead: str = "") -> None:
        """Show the state of this job now. `ahead`: the title of the job that it waits for."""
        self._view = view
        self.setAccessibleName(view.title)
        self.title.setText(view.title)
        self.bar.setAccessibleName(self.tr("Progress of “{}”").format(view.title))
        if view.ended:
            self.title.setVisible(False)
            self.doing.setText(view.message or view.title)
            self.left.clear()
            if not self.expired.isActive():
                self.expired.start()
        else:
            self.doing.setText(self._doing(view, ahead))
            self.left.setText(self._time_left(view))
            self.bar.setMaximum(view.total if view.state != "waiting" else 1)
            self.bar.setValue(view.done if view.state != "waiting" else 0)
        self.bar.setVisible(not view.ended)
        word = self.tr("Close") if view.ended else self.tr("Cancel")
        self.stop.setToolTip(word)
        self.stop.setAccessibleName(f"{word}: {view.title}")
        self.stop.setEnabled(view.state != "cancelling")
        self._recolour()

    def _doing(self, view: JobView, ahead: str) -> str:
        if view.state == "waiting":
            return view.doing or (self.tr("Waiting for “{}”").format(ahead) if ahead else self.tr("Waiting"))
        if view.state == "cancelling":
            return self.tr("Stopping after the present file…")
        return view.doing

    def _time_left(self, view: JobView) -> str:
        if view.state != "running" or not view.total:
            return ""
        counted = self.tr("{} of {}").format(wording.number(view.done), wording.number(view.total))
        return counted if view.seconds_left is None else f"{counted}  ·  {wording.time_left(view.seconds_left)}"

    @Slot()
    def _recolour(self) -> None:
        state = self._view.state if self._view is not None else "running"
        icons: dict[str, tuple[str, Role]] = {
            "finished": ("check", "good"),
            "failed": ("warning", "bad"),
            "cancelled": ("info", "text_soft"),
        }
        name, role = icons.get(state, ("refresh", "accent"))
        self._icon.setPixmap(self._theme.pixmap(name, 16, role, self.devicePixelRatioF()))
        self.stop.setIcon(self._theme.icon("cross"))
