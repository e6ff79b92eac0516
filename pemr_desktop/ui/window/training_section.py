"""Training in the settings: what runs, a button that starts it on the library or goes there, and its command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from pemr.training_extra import INSTALL, missing_library
from pemr_desktop.library import queries
from pemr_desktop.library.rows import RootRow
from pemr_desktop.settings import runs_dir
from pemr_desktop.ui.training.training_command import command_line, free_run_name, library_request
from pemr_desktop.ui.training.training_record import TrainingRequest
from pemr_desktop.ui.training.training_run_view import progress_words
from pemr_desktop.ui.widgets.label import Label
from pemr_desktop.ui.widgets.theme import ROOM, SNUG

if TYPE_CHECKING:
    from pemr_desktop.ui.context import WindowContext
    from pemr_desktop.ui.training.training_panel import TrainingPanel


class TrainingPages(Protocol):
    """Where the page of trainings comes from."""

    def training(self) -> TrainingPanel | None:
        """The page, if it was needed before: no training runs without it."""

    def page(self, name: str) -> Any:
        """A page by its name, made now if it was not needed before."""


class TrainingSection(QWidget):
    """Stands above the settings of training. `left`: the window went to the training, so the dialog is in the way."""

    left = Signal()

    def __init__(self, context: WindowContext, pages: TrainingPages, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("trainingSection")
        self._context = context
        self._pages = pages
        self._request: TrainingRequest | None = None
        self._run_dir = runs_dir(context.settings.current, context.paths)
        self.state = Label(self)
        self.state.setObjectName("trainingSectionState")
        self.state.setWordWrap(True)
        self.start = self._button("trainOnLibraryNow", self.tr("Train on my library"))
        self.start.setProperty("look", "primary")
        self.start.clicked.connect(self._start)
        self.open = self._button("openTraining", self.tr("Open training"))
        self.open.setToolTip(self.tr("Choose the music, the recipe and how long; watch what runs"))
        self.open.clicked.connect(self._open)
        self.command = QLineEdit(self)
        self.command.setObjectName("trainingCommand")
        self.command.setAccessibleName(self.tr("The same in a terminal"))
        self.command.setReadOnly(True)
        self.copy = self._button("copyTrainingCommand", self.tr("Copy"))
        self.copy.setAccessibleName(self.tr("Copy the command line"))
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.command.text()))
        self._lay_out()
        panel = self._panel()
        if panel is not None:
            panel.process.happened.connect(self._show)
            panel.process.ended.connect(self._show)
        self._show()
        context.reader.ask(queries.roots, done=self._roots_read, failed=self._no_library, topic=(id(self), "roots"))

    def _button(self, name: str, text: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setObjectName(name)
        button.setAccessibleName(text)
        button.setAutoDefault(False)
        return button

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(SNUG)
        buttons.addWidget(self.start)
        buttons.addWidget(self.open)
        buttons.addStretch(1)
        about = Label(self.tr("The same in a terminal"), self)
        about.setProperty("role", "small")
        line = QHBoxLayout()
        line.setSpacing(SNUG)
        line.addWidget(self.command, 1)
        line.addWidget(self.copy)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, ROOM)
        column.setSpacing(SNUG)
        column.addWidget(self.state)
        column.addLayout(buttons)
        column.addWidget(about)
        column.addLayout(line)

    # what it shows

    def _panel(self) -> TrainingPanel | None:
        """The page of trainings, if it was needed before; a training runs nowhere else."""
        return self._pages.training()

    def _roots_read(self, roots: list[RootRow]) -> None:
        self._request = library_request(roots, self._context.settings.current.training.threads)
        self._run_dir /= free_run_name(self._run_dir)
        if self._request is not None:
            self.command.setText(command_line(self._request, self._run_dir))
            self.command.setCursorPosition(0)
            self.command.setToolTip(self.command.text())
        self._show()

    def _no_library(self, _error: Exception) -> None:
        self._roots_read([])

    @Slot()
    def _show(self) -> None:
        panel, library = self._panel(), missing_library()
        record = panel.live if panel is not None else None
        if record is not None:
            self.state.setText(self.tr("“{}” runs: {}").format(record.name, progress_words(record)))
        elif library is not None:
            sentence = self.tr("Training needs {}, which is not installed. Install it with: {}")
            self.state.setText(sentence.format(library, INSTALL))
        elif self._request is None:
            self.state.setText(self.tr("No training runs. There is no music in your library to train on yet."))
        else:
            self.state.setText(
                self.tr("No training runs. One on your library with the usual recipe takes a night, and can be paused.")
            )
        can_start = record is None and library is None and self._request is not None
        self.start.setEnabled(can_start)
        self.copy.setEnabled(bool(self.command.text()))

    # doing

    @Slot()
    def _start(self) -> None:
        if self._request is None:
            return
        self._context.navigation.pageWanted.emit("training")
        self._pages.page("training").start(self._request, self._run_dir)
        self.left.emit()

    @Slot()
    def _open(self) -> None:
        self._context.navigation.pageWanted.emit("training")
        self.left.emit()
