"""The panel with a real `pemr-train` on a few seconds of made music."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from pemr_desktop.protocol.messages import ActivateModel
from pemr_desktop.ui.context import WindowContext
from pemr_desktop.ui.training.model_card import read_model_card
from pemr_desktop.ui.training.models_view import USE
from pemr_desktop.ui.training.training_panel import FORM, MODELS, RUN, TrainingPanel
from pemr_desktop.ui.training.training_record import TrainingRequest, read_record

SMALL = """train.probe_minutes=0
front_end.segment_samples=20480
data.clip_s=2.0
data.held_out=0.4
pemr.layers=1
"""


@pytest.fixture
def music(tmp_path: Path, make_audio: Callable[..., Path]) -> Path:
    for seed in range(5):
        make_audio(tmp_path / "some music" / f"{seed}.wav", seconds=3, seed=seed, sample_rate=16000)
    return tmp_path / "some music"


@pytest.fixture
def panel(qtbot: QtBot, context: WindowContext) -> TrainingPanel:
    def end_training(widget: QWidget) -> None:
        made.process.kill()
        qtbot.waitUntil(lambda: not made.is_training())

    made = TrainingPanel(context)
    qtbot.addWidget(made, before_close_func=end_training)
    made.resize(1000, 760)
    made.show()
    qtbot.waitExposed(made)
    return made


def press_in_next_box(name: str, *, checked: bool | None = None) -> None:
    """Press the button of that text in the message box that opens next, after its check box is set."""

    def press() -> None:
        box = QApplication.activeModalWidget()
        if not isinstance(box, QMessageBox):
            QTimer.singleShot(10, press)
            return
        if checked is not None:
            box.checkBox().setChecked(checked)
        next(button for button in box.buttons() if button.text() == name).click()

    QTimer.singleShot(0, press)


@pytest.mark.slow
def test_without_torch_the_form_says_what_is_missing_and_how_to_get_it(
    panel: TrainingPanel, music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pemr_desktop.ui.training.training_form.missing_library", lambda: "torch")
    panel.show_form()
    sentence = "Training needs torch, which is not installed. Install it with: pip install 'pemr-desktop[training]'"
    assert panel.form.sentence.text() == sentence
    panel.form.from_folder.click()
    panel.form.folder.setText(str(music))
    assert panel.form.sentence.isVisibleTo(panel.form)
    assert not panel.form.start.isEnabled()


def test_a_training_is_started_paused_gone_on_with_and_put_to_use(
    qtbot: QtBot, context: WindowContext, panel: TrainingPanel, music: Path
) -> None:
    """Three starts of the real trainer, each of which loads torch: some twenty seconds."""
    panel.show_form()
    form = panel.form
    form.folder.setText(str(music))
    form.from_folder.setChecked(True)
    form.name.setText("My first / training")
    form.details.further.setPlainText(SMALL)
    for key, value in (("train.batch_size", "2"), ("train.epochs", "5000"), ("train.threads", "1")):
        form.details.fields[key].setText(value)
    qtbot.mouseClick(form.start, Qt.MouseButton.LeftButton)
    assert panel.pages.currentIndex() == RUN
    assert panel.is_training()

    view = panel.run_view
    qtbot.waitUntil(lambda: view.record is not None and view.record.step is not None)
    record = view.record
    assert record is not None
    qtbot.waitUntil(lambda: len(record.losses["total"].points) >= 3)
    assert view.state.text() == "Training"
    assert view.which.itemText(0) == "Loss"
    assert "clips/s" in view.speed.value.text()
    assert "left" in view.left.value.text()
    assert view.plot.accessibleDescription().endswith(str(int(record.losses["total"].points[-1][0])))

    qtbot.mouseClick(view.pause, Qt.MouseButton.LeftButton)
    assert not view.pause.isEnabled()
    qtbot.waitUntil(lambda: not panel.is_training())
    assert view.state.text() == "Paused"
    assert view.checkpoints.rowCount() >= 1
    reached = record.sorted_checkpoints()[0].step
    assert view.checkpoints.item(0, 1).text() == str(reached)
    assert view.checkpoints.item(0, 4).text() != "–"

    qtbot.mouseClick(view.resume, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: record.state == "training" and record.step.step > reached)
    press_in_next_box("Pause and close")
    assert panel.may_close()
    assert not panel.is_training()
    kept = read_record(record.folder)
    assert kept.state == "paused"
    steps = [x for x, _ in kept.losses["total"].points]
    assert steps == list(range(1, len(steps) + 1))

    press_in_next_box("Use this model", checked=False)
    button = view.checkpoints.findChild(QPushButton, "useModelLatest")
    assert button is not None
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(context.client.jobs()))
    (job,) = context.client.jobs()
    assert isinstance(job.request, ActivateModel)
    model = Path(os.fsdecode(job.request.path))
    assert model.parent == context.paths.models_dir
    assert read_model_card(model).tag_count == 0


@pytest.mark.slow
def test_a_folder_without_music_is_said_in_a_sentence_that_can_be_copied(
    qtbot: QtBot, context: WindowContext, panel: TrainingPanel, tmp_path: Path
) -> None:
    """The trainer loads torch before it looks: some seven seconds."""
    empty = tmp_path / "nothing here"
    empty.mkdir()
    panel.start(TrainingRequest((os.fsencode(empty),)), context.paths.runs_dir / "hopeless")
    qtbot.waitUntil(lambda: not panel.is_training())
    assert panel.run_view.state.text() == "Failed"
    assert str(empty) in panel.run_view.trouble.sentence.text()
    qtbot.mouseClick(panel.run_view.trouble.copy, Qt.MouseButton.LeftButton)
    assert str(empty) in QApplication.clipboard().text()


@pytest.mark.parametrize(
    ("folder", "epochs", "further", "sentence"),
    [
        ("", "", "", "Choose a folder with music."),
        ("/no/such/place", "", "", "There is no folder /no/such/place."),
        (".", "many", "", "“many” is no number: Rounds."),
        (".", "", "nonsense", "“nonsense” is no setting; write key=value."),
    ],
)
def test_what_is_missing_in_the_form_is_said_before_anything_starts(
    qtbot: QtBot, panel: TrainingPanel, folder: str, epochs: str, further: str, sentence: str
) -> None:
    panel.show_form()
    panel.form.from_folder.setChecked(True)
    panel.form.folder.setText(folder)
    panel.form.details.fields["train.epochs"].setText(epochs)
    panel.form.details.further.setPlainText(further)
    qtbot.mouseClick(panel.form.start, Qt.MouseButton.LeftButton)
    assert panel.form.sentence.text() == sentence
    assert panel.form.sentence.isVisible()
    assert not panel.is_training()


def test_the_library_can_be_trained_on(
    qtbot: QtBot, library_tracks: list[int], panel: TrainingPanel, tmp_path: Path
) -> None:
    panel.show_form()
    qtbot.waitUntil(lambda: panel.form.from_library.isEnabled())
    assert panel.form.from_library.text() == "My library (4 tracks)"
    panel.form.from_library.setChecked(True)
    assert panel.form.request().folders == (os.fsencode(tmp_path / "music"),)


def test_the_cores_of_the_settings_are_used_unless_the_form_says_otherwise(
    context: WindowContext, panel: TrainingPanel, tmp_path: Path
) -> None:
    context.settings.set("training.threads", 3)
    panel.form.from_folder.setChecked(True)
    panel.form.folder.setText(str(tmp_path))
    assert panel.form.request().overrides == ("train.threads=3",)
    panel.form.details.fields["train.threads"].setText("1")
    assert panel.form.request().overrides == ("train.threads=1",)


def test_the_models_of_the_library_are_listed(qtbot: QtBot, library_tracks: list[int], panel: TrainingPanel) -> None:
    panel.refresh()
    panel.show_models()
    assert panel.pages.currentIndex() == MODELS
    table = panel.models.table
    qtbot.waitUntil(lambda: table.rowCount() == 1)
    assert table.item(0, 0).text() == "Test ear"
    assert table.item(0, 3).text() == "4 of 4 tracks"
    assert table.columnWidth(USE) >= table.cellWidget(0, USE).sizeHint().width()


def test_a_model_that_is_being_loaded_shows_at_once(panel: TrainingPanel, context: WindowContext) -> None:
    panel.show_models()
    assert panel.models.switching.isHidden()
    job_id = context.client.submit(ActivateModel(b"/models/other.safetensors"))
    assert not panel.models.switching.isHidden() and not panel.models.table.isEnabled()
    assert panel.run_view.making_words.text() == "Loading the model…" and panel.run_view.cancel_making.isHidden()
    context.client.cancel(job_id)
    assert panel.models.switching.isHidden() and panel.models.table.isEnabled()
    assert panel.run_view.making_words.text() == ""


def test_at_first_there_is_the_form_and_the_models_are_elsewhere(panel: TrainingPanel) -> None:
    assert panel.pages.currentIndex() == FORM
    panel.show_models()
    assert panel.pages.currentIndex() == MODELS
    panel.show_trainings()
    assert panel.pages.currentIndex() == FORM
    assert panel.may_close()
