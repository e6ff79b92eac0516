"""What the training panel asks before it does something that takes long or changes much."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtWidgets import QCheckBox, QMessageBox, QWidget

from pemr_desktop.jobs.translation import translate
from pemr_desktop.ui.widgets.message_box import MessageBox


class UseAnswer(NamedTuple):
    """Whether the model may be used from now on, and whether it shall learn tags first."""

    use: bool
    learn_tags: bool


def may_pause_and_close(parent: QWidget) -> bool:
    """A training runs and the window wants to close: may it be paused?"""
    box = MessageBox(
        translate("TrainingQuestions", "A training is running."),
        translate(
            "TrainingQuestions",
            "It will finish its step and save, so that you can go on later exactly where it stopped.",
        ),
        parent,
    )
    box.setObjectName("closeWhileTraining")
    pause = box.addButton(translate("TrainingQuestions", "Pause and close"), QMessageBox.ButtonRole.AcceptRole)
    box.addButton(translate("TrainingQuestions", "Keep training"), QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(pause)
    box.exec()
    return box.clickedButton() is pause


def may_use_model(parent: QWidget, *, offer_tags: bool) -> UseAnswer:
    """The ear of the application is about to change: is that wanted, and with tags?"""
    box = MessageBox(
        translate("TrainingQuestions", "Listen with this model from now on?"),
        translate(
            "TrainingQuestions",
            "Your library is listened to again in the background. The model in use now stays under “Models”, "
            "with all it has heard, so you can go back at any time.",
        ),
        parent,
    )
    box.setObjectName("useModelQuestion")
    learn = QCheckBox(
        translate("TrainingQuestions", "Learn the tags first: a new model knows none (takes a while)"), box
    )
    learn.setObjectName("learnTagsFirst")
    learn.setAccessibleName(learn.text())
    learn.setChecked(offer_tags)
    if offer_tags:
        box.setCheckBox(learn)
    else:
        learn.hide()
    use = box.addButton(translate("TrainingQuestions", "Use this model"), QMessageBox.ButtonRole.AcceptRole)
    box.addButton(QMessageBox.StandardButton.Cancel)
    box.setDefaultButton(use)
    box.exec()
    return UseAnswer(box.clickedButton() is use, offer_tags and learn.isChecked())
