"""The settings of a recipe that a new training may change, folded away below the form until somebody asks for them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFormLayout, QLineEdit, QPlainTextEdit, QWidget

from pemr_desktop.ui.training.training_recipes import RecipeChoice
from pemr_desktop.ui.widgets.label import add_named
from pemr_desktop.ui.widgets.theme import ROOM, SNUG

THREADS = "train.threads"


@dataclass(frozen=True)
class RecipeField:
    """A setting of a recipe that the form offers: its key, label and what it means."""

    key: str
    label: str
    help: str


class TrainingDetails(QWidget):
    """A line for each setting that is often changed, and room for any other as key=value."""

    edited = Signal()

    def __init__(self, overrides_height_px: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("trainingDetails")
        self.fields: dict[str, QLineEdit] = {}
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setHorizontalSpacing(ROOM)
        form.setVerticalSpacing(SNUG)
        for field in self._recipe_fields():
            edit = QLineEdit(self)
            edit.setObjectName(field.key.replace(".", "_"))
            edit.setAccessibleName(field.label)
            edit.setToolTip(field.help)
            edit.textChanged.connect(self.edited)
            self.fields[field.key] = edit
            add_named(form, field.label, edit)
        self.further = QPlainTextEdit(self)
        self.further.setObjectName("trainingOverrides")
        self.further.setAccessibleName(self.tr("Further settings, one key=value a line"))
        self.further.setPlaceholderText("pemr.mask_ratio=0.1\ndata.held_out=0.05")
        self.further.setFixedHeight(overrides_height_px)
        self.further.setTabChangesFocus(True)
        self.further.textChanged.connect(self.edited)
        add_named(form, self.tr("Further settings"), self.further)

    def show_recipe(self, recipe: RecipeChoice) -> None:
        """What each setting is when nothing is entered."""
        for key, edit in self.fields.items():
            value = recipe.value(key)
            edit.setPlaceholderText(f"{value:g}" if isinstance(value, (int, float)) else self.tr("usual value"))

    def entered(self) -> list[str]:
        """What stands there now as key=value, whether it can be or not."""
        lines = [f"{key}={text}" for key, edit in self.fields.items() if (text := edit.text().strip())]
        return lines + self.further.toPlainText().split()

    def overrides(self, usual_threads: int) -> list[str]:
        """What was entered as key=value; `usual_threads` (0: none) count where no others are asked for.

        Raises ValueError with a sentence for what cannot be.
        """
        entered = []
        for field in self._recipe_fields():
            text = self.fields[field.key].text().strip()
            if not text:
                continue
            if not re.fullmatch(r"\d+(\.\d+)?([eE]-?\d+)?", text):
                raise ValueError(self.tr("“{}” is no number: {}.").format(text, field.label))
            entered.append(f"{field.key}={text}")
        if usual_threads and not self.fields[THREADS].text().strip():
            entered.append(f"{THREADS}={usual_threads}")
        for line in self.further.toPlainText().splitlines():
            if not line.strip():
                continue
            if "=" not in line:
                raise ValueError(self.tr("“{}” is no setting; write key=value.").format(line.strip()))
            entered.append(line.strip())
        return entered

    def _recipe_fields(self) -> tuple[RecipeField, ...]:
        return (
            RecipeField("train.batch_size", self.tr("Clips a step"), self.tr("More need more memory.")),
            RecipeField("train.epochs", self.tr("Rounds"), self.tr("How often all music is heard.")),
            RecipeField("train.learning_rate", self.tr("Learning rate"), self.tr("How far each step goes.")),
            RecipeField(THREADS, self.tr("Processor cores"), self.tr("Empty: as in the settings of the application.")),
            RecipeField(
                "train.checkpoint_minutes", self.tr("Save every (minutes)"), self.tr("At most this much can be lost.")
            ),
            RecipeField(
                "data.cache_gb", self.tr("Disk for decoded sound (GB)"), self.tr("Tracks that do not fit are left out.")
            ),
            RecipeField("train.seed", self.tr("Seed"), self.tr("The same seed and music give the same training.")),
        )
