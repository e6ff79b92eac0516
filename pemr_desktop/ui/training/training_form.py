"""The form that starts a training: which music, how long, which recipe; everything else folded away."""

from __future__ import annotations

import os
import re
from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFileDialog,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from pemr.training_extra import INSTALL, missing_library
from pemr_desktop.library import queries
from pemr_desktop.library.rows import RootRow
from pemr_desktop.settings import runs_dir
from pemr_desktop.ui import wording
from pemr_desktop.ui.context import WindowContext
from pemr_desktop.ui.training.training_command import free_run_name
from pemr_desktop.ui.training.training_details import TrainingDetails
from pemr_desktop.ui.training.training_memory import memory_free, memory_needed, memory_sentence
from pemr_desktop.ui.training.training_recipes import RecipeChoice, read_recipes
from pemr_desktop.ui.training.training_record import TrainingRequest
from pemr_desktop.ui.widgets.label import Label, add_named
from pemr_desktop.ui.widgets.theme import ROOM, SNUG, TIGHT, VAST

FORM_WIDTH_PX = 640
FURTHER_HEIGHT_PX = 72
HOURS = (1.0, 8.0, 24.0, None)


class TrainingForm(QScrollArea):
    """Collects a `TrainingRequest`; `startWanted` carries it with the folder of the run."""

    startWanted = Signal(object, object)
    """TrainingRequest, Path."""

    def __init__(self, context: WindowContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("trainingForm")
        self.setAccessibleName(self.tr("New training"))
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._context = context
        self._roots: list[RootRow] = []
        self._recipes: list[RecipeChoice] = read_recipes()
        self._build()
        self.refresh()
        self._recipe_chosen(0)
        context.client.changed.connect(self._library_changed)

    # what it is made of

    def _build(self) -> None:
        inner = QWidget(self)
        inner.setObjectName("trainingFormBody")
        inner.setMaximumWidth(self._context.theme.px(FORM_WIDTH_PX))
        column = QVBoxLayout(inner)
        column.setContentsMargins(VAST, VAST, VAST, VAST)
        column.setSpacing(ROOM)
        title = Label(self.tr("Train from scratch"), inner)
        title.setProperty("role", "title")
        about = Label(
            self.tr(
                "A new ear learns from nothing but the sound of your music: no labels, no internet. "
                "It runs on its own at low priority; you can pause it at any time and go on later."
            ),
            inner,
        )
        about.setProperty("role", "soft")
        about.setWordWrap(True)
        column.addWidget(title)
        column.addWidget(about)
        column.addSpacing(SNUG)
        column.addWidget(self._section(self.tr("Music")))
        self._build_music(inner, column)
        column.addSpacing(SNUG)
        column.addWidget(self._section(self.tr("How")))
        self._build_how(inner, column)
        self._build_details(inner, column)
        self.sentence = Label(inner)
        self.sentence.setObjectName("trainingFormSentence")
        self.sentence.setProperty("role", "bad")
        self.sentence.setWordWrap(True)
        self.sentence.hide()
        self.start = QPushButton(self.tr("Start training"), inner)
        self.start.setObjectName("startTraining")
        self.start.setAccessibleName(self.start.text())
        self.start.setProperty("look", "primary")
        self.start.clicked.connect(self._start)
        row = QHBoxLayout()
        row.addWidget(self.start)
        row.addStretch(1)
        column.addSpacing(SNUG)
        column.addWidget(self.sentence)
        column.addLayout(row)
        column.addStretch(1)
        holder = QWidget(self)
        holder.setObjectName("trainingFormHolder")
        across = QHBoxLayout(holder)
        across.setContentsMargins(0, 0, 0, 0)
        across.addWidget(inner, 10)
        across.addStretch(1)
        self.setWidget(holder)
        holder.setAutoFillBackground(False)
        self.viewport().setAutoFillBackground(False)

    def _section(self, text: str) -> QLabel:
        label = Label(text, self)
        label.setProperty("role", "section")
        return label

    def _build_music(self, parent: QWidget, column: QVBoxLayout) -> None:
        self.from_library = QRadioButton(self.tr("My library"), parent)
        self.from_library.setEnabled(False)  # until the library has answered
        self.from_library.setObjectName("trainOnLibrary")
        self.from_folder = QRadioButton(self.tr("A folder"), parent)
        self.from_folder.setObjectName("trainOnFolder")
        self._source = QButtonGroup(self)
        for button in (self.from_library, self.from_folder):
            button.setAccessibleName(button.text())
            self._source.addButton(button)
        self.folder = QLineEdit(parent)
        self.folder.setObjectName("trainingFolder")
        self.folder.setAccessibleName(self.tr("Folder to train on"))
        self.folder.setPlaceholderText(self.tr("Folder with music of any format"))
        self.browse = QPushButton(self.tr("Browse…"), parent)
        self.browse.setObjectName("browseTrainingFolder")
        self.browse.setAccessibleName(self.tr("Browse for a folder to train on"))
        self.browse.clicked.connect(self._browse)
        self.folder.textEdited.connect(self._folder_edited)
        self.from_library.toggled.connect(self._source_toggled)
        row = QHBoxLayout()
        row.setSpacing(SNUG)
        row.addWidget(self.from_folder)
        row.addWidget(self.folder, 1)
        row.addWidget(self.browse)
        column.addWidget(self.from_library)
        column.addLayout(row)

    def _build_how(self, parent: QWidget, column: QVBoxLayout) -> None:
        self.hours = QComboBox(parent)
        self.hours.setObjectName("trainingHours")
        self.hours.setAccessibleName(self.tr("How long to train"))
        for hours, words in zip(
            HOURS,
            (
                self.tr("One hour"),
                self.tr("Overnight (8 hours)"),
                self.tr("A day"),
                self.tr("Until the recipe is done"),
            ),
            strict=True,
        ):
            self.hours.addItem(words, hours)
        self.hours.setCurrentIndex(1)
        self.recipe = QComboBox(parent)
        self.recipe.setObjectName("trainingRecipe")
        self.recipe.setAccessibleName(self.tr("Recipe"))
        for recipe in self._recipes:
            self.recipe.addItem(recipe.name, recipe)
        self.recipe.currentIndexChanged.connect(self._recipe_chosen)
        self.recipe_about = Label(parent)
        self.recipe_about.setObjectName("recipeAbout")
        self.recipe_about.setProperty("role", "small")
        self.recipe_about.setWordWrap(True)
        self.memory = Label(parent)
        self.memory.setObjectName("trainingMemoryNeeded")
        self.memory.setProperty("role", "small")
        self.memory.setWordWrap(True)
        self.name = QLineEdit(parent)
        self.name.setObjectName("trainingName")
        self.name.setAccessibleName(self.tr("Name of the training"))
        form = QFormLayout()
        form.setHorizontalSpacing(ROOM)
        form.setVerticalSpacing(SNUG)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        add_named(form, self.tr("Train for"), self.hours)
        chosen = QVBoxLayout()
        chosen.setSpacing(TIGHT)
        chosen.addWidget(self.recipe)
        chosen.addWidget(self.recipe_about)
        chosen.addWidget(self.memory)
        add_named(form, self.tr("Recipe"), chosen)
        add_named(form, self.tr("Name"), self.name)
        column.addLayout(form)

    def _build_details(self, parent: QWidget, column: QVBoxLayout) -> None:
        self.more = QToolButton(parent)
        self.more.setObjectName("moreTrainingSettings")
        self.more.setText(self.tr("All settings"))
        self.more.setAccessibleName(self.more.text())
        self.more.setCheckable(True)
        self.more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.more.toggled.connect(self._more_toggled)
        self._context.theme.changed.connect(self._recolour)
        self.details = TrainingDetails(self._context.theme.px(FURTHER_HEIGHT_PX), parent)
        self.details.hide()
        self.details.edited.connect(self._say_memory)
        column.addWidget(self.more)
        column.addWidget(self.details)
        self._recolour()

    # what it shows

    def refresh(self) -> None:
        """Read the library's folders anew and suggest a name that is free."""
        self._ask_roots()
        self.name.setText(free_run_name(self._runs_dir()))
        self.sentence.hide()
        library = missing_library()
        self.start.setEnabled(library is None)
        if library is not None:
            sentence = self.tr("Training needs {}, which is not installed. Install it with: {}")
            self.say(sentence.format(library, INSTALL))

    def _quiet(self) -> None:
        """What was wrong has been put right. That training is not installed stays said."""
        if self.start.isEnabled():
            self.sentence.hide()

    def _ask_roots(self) -> None:
        done, failed = self._roots_read, self._no_library
        self._context.reader.ask(queries.roots, done=done, failed=failed, topic=(id(self), "roots"))

    def _roots_read(self, roots: list[RootRow]) -> None:
        self._roots = [root for root in roots if root.online and root.track_count]
        count = sum(root.track_count for root in self._roots)
        self.from_library.setEnabled(bool(self._roots))
        text = (
            self.tr("My library ({} tracks)").format(wording.number(count)) if count else self.tr("My library (empty)")
        )
        self.from_library.setText(text)
        self.from_library.setAccessibleName(text)
        if self._source.checkedButton() is None:
            (self.from_library if self._roots else self.from_folder).setChecked(True)
        elif not self._roots:
            self.from_folder.setChecked(True)

    def _no_library(self, _error: Exception) -> None:
        self._roots_read([])

    @Slot(object)
    def _library_changed(self, changed: object) -> None:
        if getattr(changed, "roots", False):
            self._ask_roots()

    def _runs_dir(self) -> Path:
        return runs_dir(self._context.settings.current, self._context.paths)

    @Slot(bool)
    def _source_toggled(self, from_library: bool) -> None:
        self.folder.setEnabled(True)
        self._quiet()
        if not from_library and not self.folder.text():
            self.folder.setFocus()

    @Slot()
    def _folder_edited(self) -> None:
        self.from_folder.setChecked(True)
        self._quiet()

    @Slot()
    def _browse(self) -> None:
        start = self.folder.text() or str(self._context.paths.music)
        chosen = QFileDialog.getExistingDirectory(self, self.tr("Folder to train on"), start)
        if chosen:
            self.folder.setText(chosen)
            self.from_folder.setChecked(True)

    @Slot(int)
    def _recipe_chosen(self, number: int) -> None:
        recipe: RecipeChoice | None = self.recipe.itemData(number)
        if recipe is None:
            return
        self.recipe_about.setText(recipe.description)
        self.recipe_about.setVisible(bool(recipe.description))
        self.details.show_recipe(recipe)
        self._say_memory()

    @Slot()
    def _say_memory(self) -> None:
        """What the training would take as the form stands."""
        recipe: RecipeChoice | None = self.recipe.currentData()
        needed = None if recipe is None else memory_needed(recipe, self.details.entered())
        self.memory.setVisible(needed is not None)
        if needed is None:
            return
        sentence, warns = memory_sentence(needed, memory_free())
        self.memory.setText(sentence)
        self.memory.setProperty("role", "warning" if warns else "small")
        self.memory.style().unpolish(self.memory)
        self.memory.style().polish(self.memory)

    @Slot(bool)
    def _more_toggled(self, shown: bool) -> None:
        self.details.setVisible(shown)
        self._recolour()

    @Slot()
    def _recolour(self) -> None:
        self.more.setIcon(self._context.theme.icon("chevron-down" if self.more.isChecked() else "chevron-right"))

    # what it gives

    def request(self) -> TrainingRequest:
        """What the form says now. Raises ValueError with a sentence when something is missing or cannot be."""
        if self.from_library.isChecked():
            folders = tuple(root.path for root in self._roots)
            if not folders:
                raise ValueError(self.tr("Your library is empty. Choose a folder with music."))
        else:
            folder = Path(self.folder.text().strip()).expanduser()
            if not self.folder.text().strip():
                raise ValueError(self.tr("Choose a folder with music."))
            if not folder.is_dir():
                raise ValueError(self.tr("There is no folder {}.").format(folder))
            folders = (os.fsencode(folder.absolute()),)
        recipe: RecipeChoice | None = self.recipe.currentData()
        if recipe is None:
            raise ValueError(self.tr("No recipe was found; the installation of pemr-train is not complete."))
        overrides = self.details.overrides(self._context.settings.current.training.threads)
        return TrainingRequest(folders, recipe.name, tuple(overrides), self.hours.currentData())

    @Slot()
    def _start(self) -> None:
        try:
            request = self.request()
            name = folder_name(self.name.text())
            if not name:
                raise ValueError(self.tr("Give the training a name."))
            folder = self._runs_dir() / name
            if folder.exists():
                raise ValueError(self.tr("There is a training named “{}” already.").format(folder.name))
        except ValueError as error:
            self.say(str(error))
            return
        self._quiet()
        self.startWanted.emit(request, folder)

    def say(self, sentence: str) -> None:
        """What is wrong with what was entered."""
        self.sentence.setText(sentence)
        self.sentence.setAccessibleName(sentence)
        self.sentence.show()
        self.ensureWidgetVisible(self.sentence)


def folder_name(name: str) -> str:
    """A name that every file system takes; empty when nothing is left of it."""
    return re.sub(r'[<>:"/\\|?*\x00-\x1f]', "-", name).strip(" .-")[:100].rstrip(" .")
