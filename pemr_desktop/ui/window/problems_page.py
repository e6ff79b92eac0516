"""The problems: files that something could not be done with, why, and what was left untouched."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale, QPoint, Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu, QPushButton, QWidget

from pemr_desktop.library import queries
from pemr_desktop.library.rows import Problem
from pemr_desktop.protocol.messages import Analyse, Changed, Scan
from pemr_desktop.ui.widgets.table_page import TablePage

if TYPE_CHECKING:
    from pemr_desktop.ui.context import WindowContext


class ProblemsPage(TablePage):
    """One line a problem; the newest first."""

    showFileWanted = Signal(object)

    def __init__(self, context: WindowContext, parent: QWidget | None = None) -> None:
        headings = (self.tr("File"), self.tr("What happened"), self.tr("While"), self.tr("When"))
        super().__init__("problemsPage", self.tr("Problems"), headings, (360, 460, 110, 140), context.theme, parent)
        self._context = context
        self.empty.say(
            "check",
            self.tr("No problems"),
            self.tr("Every file could be read and listened to."),
        )
        self.again = self._button("tryAgain", self.tr("Try again"), self.try_again)
        self.copy = self._button("copyProblems", self.tr("Copy list"), self.copy_list)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.customContextMenuRequested.connect(self._menu)
        context.client.changed.connect(self._library_changed)
        self.refresh()

    def _button(self, name: str, text: str, slot: object) -> QPushButton:
        button = QPushButton(text, self)
        button.setObjectName(name)
        button.setAccessibleName(text)
        button.clicked.connect(slot)
        self.head.addWidget(button)
        return button

    @Slot()
    def refresh(self) -> None:
        """Read the list again."""
        self._context.reader.ask(queries.problems, done=self._take, failed=self._nothing, topic=(id(self), "problems"))

    @Slot()
    def try_again(self) -> None:
        """Scan and listen again: the chosen files, or all of them."""
        problems: list[Problem] = self.chosen() or [self.lines.item(row) for row in range(self.lines.rowCount())]
        self._context.client.submit(Scan())
        ids = tuple(problem.track_id for problem in problems if problem.track_id is not None)
        if ids:
            self._context.client.submit(Analyse(ids, again=True))

    @Slot()
    def copy_list(self) -> None:
        """The chosen lines, or all, as text."""
        problems: list[Problem] = self.chosen() or [self.lines.item(row) for row in range(self.lines.rowCount())]
        QGuiApplication.clipboard().setText("\n".join(f"{problem.location}\t{problem.reason}" for problem in problems))

    def _take(self, problems: list[Problem]) -> None:
        stages = {"scan": self.tr("Scanning"), "analyse": self.tr("Listening"), "write": self.tr("Writing")}
        self.set_lines(
            [
                (
                    problem,
                    (
                        problem.location,
                        problem.reason,
                        stages[problem.stage],
                        QLocale().toString(  # type: ignore[call-overload]
                            datetime.fromtimestamp(problem.seen_at), QLocale.FormatType.ShortFormat
                        ),
                    ),
                )
                for problem in problems
            ]
        )
        for button in (self.again, self.copy):
            button.setVisible(bool(problems))

    def _nothing(self, _error: Exception) -> None:
        self._take([])

    @Slot(QPoint)
    def _menu(self, where: QPoint) -> None:
        problem = self.lines.item(self.table.indexAt(where).row())
        if problem is None:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(self.tr("Show in file manager"), lambda: self.showFileWanted.emit(problem.path))
        menu.addAction(self.tr("Try again"), self.try_again)
        menu.popup(self.table.viewport().mapToGlobal(where))

    @Slot(object)
    def _library_changed(self, changed: Changed) -> None:
        if changed.problems or changed.everything:
            self.refresh()
