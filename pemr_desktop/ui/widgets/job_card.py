"""A card for one long job: what it does, how it stands, a button that starts it, and while it runs how far it is."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from pemr_desktop.jobs.client import JobView
from pemr_desktop.ui import wording
from pemr_desktop.ui.widgets.label import Label
from pemr_desktop.ui.widgets.theme import ROOM, SNUG


class JobCard(QFrame):
    """A heading, a sentence, a state, and a button; while its job runs, how far it is and a way to stop it."""

    wanted = Signal()
    cancelWanted = Signal()

    def __init__(self, name: str, title: str, sentence: str, button: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setProperty("role", "card")
        heading = Label(title, self)
        heading.setProperty("role", "title")
        about = Label(sentence, self)
        about.setWordWrap(True)
        self.state = Label(self)
        self.state.setObjectName(f"{name}State")
        self.state.setProperty("role", "soft")
        self.state.setWordWrap(True)
        self.bar = QProgressBar(self)
        self.bar.setAccessibleName(title)
        self.bar.setTextVisible(False)
        self.start = QPushButton(button, self)
        self.start.setObjectName(f"{name}Start")
        self.start.setAccessibleName(button)
        self.start.clicked.connect(self.wanted)
        self.cancel = QPushButton(self.tr("Stop"), self)
        self.cancel.setObjectName(f"{name}Stop")
        self.cancel.setAccessibleName(self.tr("Stop: {}").format(title))
        self.cancel.clicked.connect(self.cancelWanted)
        self.buttons = QHBoxLayout()
        self.buttons.setSpacing(SNUG)
        self.buttons.addWidget(self.start)
        self.buttons.addWidget(self.cancel)
        self.buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(ROOM, ROOM, ROOM, ROOM)
        column.setSpacing(SNUG)
        column.addWidget(heading)
        column.addWidget(about)
        column.addWidget(self.state)
        column.addStretch(1)
        column.addWidget(self.bar)
        column.addLayout(self.buttons)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.show_job(None, can_start=False)

    def show_job(self, job: JobView | None, can_start: bool) -> None:
        """The job of this card while it waits or runs, None: none does."""
        runs = job is not None and not job.ended
        self.bar.setVisible(runs)
        self.cancel.setVisible(runs)
        self.start.setVisible(not runs)
        self.start.setEnabled(can_start)
        if job is None or not runs:
            return
        self.bar.setRange(0, job.total)
        self.bar.setValue(job.done)
        parts = [job.doing or job.title]
        if job.total:
            parts.append(wording.time_left(job.seconds_left))
        self.state.setText("  ·  ".join(parts))
        self.cancel.setEnabled(job.state != "cancelling")
