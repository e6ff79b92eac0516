"""Tracks that nobody has listened to are always somebody's business: a job's, or the user's, who is told of them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QToolButton, QWidget

from pemr_desktop.jobs.translation import translate
from pemr_desktop.library import queries
from pemr_desktop.protocol.messages import Analyse, Changed, Ready
from pemr_desktop.sentences import capitalised
from pemr_desktop.ui.widgets.label import Label
from pemr_desktop.ui.widgets.theme import SNUG, Theme

if TYPE_CHECKING:
    from pemr_desktop.ui.context import WindowContext

log = logging.getLogger(__name__)

COUNTED_AFTER_MS = 500


class ListeningLeft(QObject):
    """Counts them while no job listens. At the start of the window listening goes on by itself, if that is set."""

    changed = Signal(int)
    """So many tracks are left that no job will listen to; 0 while one does."""

    def __init__(self, context: WindowContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._can_write = self._starts = False
        self._listens = False
        self.count = 0
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(COUNTED_AFTER_MS)
        self._soon.timeout.connect(self._ask)
        context.client.ready.connect(self._ready)
        context.client.changed.connect(self._library_changed)
        context.client.jobsChanged.connect(self._jobs_changed)

    @Slot()
    def go_on(self) -> None:
        """Listen to what is left."""
        self._context.client.submit(Analyse())

    @Slot(object)
    def _ready(self, event: Ready) -> None:
        self._can_write = event.read_only is None
        self._starts = self._can_write and self._context.settings.current.analyse.automatic
        self._ask()

    @Slot(object)
    def _library_changed(self, _changed: Changed) -> None:
        if not self._soon.isActive():
            self._soon.start()

    @Slot()
    def _jobs_changed(self) -> None:
        listens = any(isinstance(view.request, Analyse) and not view.ended for view in self._context.client.jobs())
        if listens == self._listens:
            return
        self._listens = listens
        if listens:
            self._tell(0)
        else:
            self._soon.start()

    @Slot()
    def _ask(self) -> None:
        if self._can_write and not self._listens:
            self._context.reader.ask(
                queries.count_not_analysed, done=self._take, failed=self._not_counted, topic=(id(self), "left")
            )

    def _take(self, count: int) -> None:
        starts, self._starts = self._starts, False
        if self._listens:
            return
        if starts and count:
            self.go_on()
        else:
            self._tell(count)

    def _not_counted(self, error: Exception) -> None:
        log.info("What is left to listen to is not known: %s", error)

    def _tell(self, count: int) -> None:
        if count != self.count:
            self.count = count
            self.changed.emit(count)


class ListeningLeftLine(QWidget):
    """How many tracks are left, a button to go on, and one to be left alone until there are more."""

    wanted = Signal()
    shownChanged = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("listeningLeft")
        self._theme = theme
        self._count = self._put_off = 0
        self._icon = Label(self)
        self._icon.setFixedWidth(16)
        self.sentence = Label(self)
        self.sentence.setObjectName("listeningLeftCount")
        self.go_on = QPushButton(self.tr("Go on listening"), self)
        self.go_on.setObjectName("listeningLeftGoOn")
        self.go_on.setAccessibleName(self.go_on.text())
        self.go_on.setProperty("look", "link")
        self.go_on.clicked.connect(self.wanted)
        self.close_button = QToolButton(self)
        self.close_button.setObjectName("listeningLeftClose")
        self.close_button.setAccessibleName(self.tr("Not now"))
        self.close_button.setToolTip(self.tr("Not now"))
        self.close_button.clicked.connect(self._not_now)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SNUG)
        for widget in (self._icon, self.sentence, self.go_on):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self.close_button)
        theme.changed.connect(self._recolour)
        self._recolour()
        self.hide()

    @Slot(int)
    def show_count(self, count: int) -> None:
        """So many are left; 0 hides the line."""
        self._count = count
        sentence = translate.tr("%Ln track(s) not listened to yet.", "", count)
        self.sentence.setText(capitalised(sentence))
        self.setAccessibleName(self.sentence.text())
        self.setVisible(count > self._put_off)
        self.shownChanged.emit()

    @Slot()
    def _not_now(self) -> None:
        self._put_off = self._count
        self.show_count(self._count)

    @Slot()
    def _recolour(self) -> None:
        self._icon.setPixmap(self._theme.pixmap("info", 16, "text_soft", self.devicePixelRatioF()))
        self.close_button.setIcon(self._theme.icon("cross"))
