from __future__ import annotations

import shlex
from pathlib import Path
from typing import TypeVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSpinBox,
    QStackedWidget,
    QTableWidget,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from pemr_desktop.settings import SETTINGS
from pemr_desktop.settings_file import SettingsStore
from pemr_desktop.ui.actions import ActionSpec
from pemr_desktop.ui.artwork.artwork import Artwork
from pemr_desktop.ui.context import WindowContext
from pemr_desktop.ui.tracks.query_line import QueryLine
from pemr_desktop.ui.training.training_process import TrainingProcess
from pemr_desktop.ui.training.training_record import TrainingRequest
from pemr_desktop.ui.window.pages import Pages
from pemr_desktop.ui.window.settings_dialog import SettingsDialog

Control = TypeVar("Control", bound=QWidget)


@pytest.fixture
def dialog(qtbot: QtBot, context: WindowContext) -> SettingsDialog:
    context.actions.add(ActionSpec(id="test.scan", text="&Scan again…", handler=lambda: None, shortcuts=("F5",)))
    made = SettingsDialog(context)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    return made


def control(dialog: SettingsDialog, kind: type[Control], name: str) -> Control:
    found = dialog.findChild(kind, name)
    assert found is not None, name
    return found


def saved(context: WindowContext, name: str) -> object:
    """What a new start of the application would read."""
    return SettingsStore(context.settings.path).current.value(name)


def test_every_setting_of_the_table_has_a_row_with_its_label_and_help(dialog: SettingsDialog) -> None:
    shown = {row.setting.name for row in dialog.rows()}
    assert shown == {setting.name for setting in SETTINGS if setting.kind != "shortcuts"}
    for row in dialog.rows():
        assert row.label.text() == row.setting.label
        assert row.help.text() == row.setting.help
        assert row.editor.control.accessibleName() == row.setting.label


def test_a_switch_is_saved_at_once(dialog: SettingsDialog, context: WindowContext) -> None:
    control(dialog, QCheckBox, "scan_watch").setChecked(False)
    assert context.settings.current.scan.watch is False
    assert saved(context, "scan.watch") is False


def test_a_share_is_shown_in_percent(dialog: SettingsDialog, context: WindowContext) -> None:
    spin = control(dialog, QSpinBox, "tags_accept_probability")
    assert spin.text() == "80 %"
    spin.setValue(65)
    assert context.settings.current.tags.accept_probability == pytest.approx(0.65)


def test_a_choice_is_offered_in_words(dialog: SettingsDialog, context: WindowContext) -> None:
    combo = control(dialog, QComboBox, "tags_id3_version")
    assert [combo.itemText(number) for number in range(combo.count())] == ["2.4", "2.3"]
    combo.setCurrentIndex(1)
    assert context.settings.current.tags.id3_version == 3


def test_a_list_has_one_entry_a_line(dialog: SettingsDialog, context: WindowContext) -> None:
    control(dialog, QPlainTextEdit, "scan_ignore").setPlainText("*.bak\n\n  .git \n")
    assert context.settings.current.scan.ignore == ("*.bak", ".git")


def test_a_folder_is_saved_when_it_is_typed(
    qtbot: QtBot, dialog: SettingsDialog, context: WindowContext, tmp_path: Path
) -> None:
    dialog.show_section("folders")
    line = control(dialog, QLineEdit, "folders_runs")
    line.setText(str(tmp_path))
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert context.settings.current.folders.runs == str(tmp_path)
    assert dialog.isVisible()


def test_a_changed_setting_can_be_put_back(qtbot: QtBot, dialog: SettingsDialog, context: WindowContext) -> None:
    dialog.show_section("tags")
    reset = control(dialog, QToolButton, "reset_tags_keep_times")
    assert not reset.isVisible()
    control(dialog, QCheckBox, "tags_keep_times").setChecked(True)
    assert reset.isVisible()
    qtbot.mouseClick(reset, Qt.MouseButton.LeftButton)
    assert context.settings.current.tags.keep_times is False
    assert not control(dialog, QCheckBox, "tags_keep_times").isChecked()
    assert not reset.isVisible()


def test_a_change_from_elsewhere_is_shown(dialog: SettingsDialog, context: WindowContext) -> None:
    context.settings.set("covers.show_possible", False)
    assert not control(dialog, QCheckBox, "covers_show_possible").isChecked()


def test_what_cannot_be_saved_is_said_and_not_taken(
    dialog: SettingsDialog, context: WindowContext, tmp_path: Path
) -> None:
    dialog.show_section("scan")
    context.settings.path = tmp_path / "a file" / "settings.toml"
    (tmp_path / "a file").write_text("in the way")
    control(dialog, QCheckBox, "scan_watch").setChecked(False)
    assert control(dialog, QCheckBox, "scan_watch").isChecked()
    row = next(row for row in dialog.rows() if row.setting.name == "scan.watch")
    assert row.trouble.isVisible()
    assert "could not be saved" in row.trouble.text()


def test_one_section_is_shown_at_a_time(dialog: SettingsDialog) -> None:
    dialog.show_section("playback")
    shown = {row.setting.section for row in dialog.rows() if row.isVisible()}
    assert shown == {"playback"}


def test_search_finds_settings_of_all_sections(dialog: SettingsDialog) -> None:
    dialog.search.setText("processor cores")
    shown = {row.setting.name for row in dialog.rows() if row.isVisible()}
    assert shown == {"analyse.threads", "training.threads"}
    dialog.search.setText("zzzz")
    assert not any(row.isVisible() for row in dialog.rows())
    assert dialog.nothing.isVisible()
    dialog.search.clear()
    assert any(row.isVisible() for row in dialog.rows())


def test_shortcuts_are_listed_with_their_keys(dialog: SettingsDialog) -> None:
    table = control(dialog, QTableWidget, "shortcutTable")
    rows = {(table.item(number, 0).text(), table.item(number, 1).text()) for number in range(table.rowCount())}
    assert ("Scan again", "F5") in rows


def test_a_device_that_is_gone_stays_chosen_and_is_marked(qtbot: QtBot, context: WindowContext) -> None:
    context.settings.set("playback.device", "Old headphones")
    dialog = SettingsDialog(context)
    qtbot.addWidget(dialog)
    combo = control(dialog, QComboBox, "playback_device")
    assert combo.currentText() == "Old headphones (not connected)"
    assert combo.itemText(0) == "What the system uses"


def test_a_closed_dialog_no_longer_listens(dialog: SettingsDialog, context: WindowContext) -> None:
    dialog.close()
    context.settings.set("covers.show_possible", False)
    assert control(dialog, QCheckBox, "covers_show_possible").isChecked()


@pytest.fixture
def pages(qtbot: QtBot, context: WindowContext) -> Pages:
    """The pages of a window whose settings are asked for."""
    stack = QStackedWidget()
    qtbot.addWidget(stack)
    made = Pages(context, stack, Artwork(stack), QueryLine(context.reader, context.theme, stack))
    context.navigation.pageWanted.connect(made.show)
    return made


def test_training_on_the_library_begins_in_the_settings_and_is_told_there(
    qtbot: QtBot, context: WindowContext, pages: Pages, library_tracks: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[tuple[TrainingRequest, Path]] = []
    monkeypatch.setattr(TrainingProcess, "start", lambda _self, *asked: started.append(asked))
    dialog = SettingsDialog(context, None, pages)
    qtbot.addWidget(dialog)
    dialog.show_section("training")
    dialog.show()
    qtbot.waitUntil(lambda: bool(control(dialog, QLineEdit, "trainingCommand").text()))
    assert "No training runs" in control(dialog, QLabel, "trainingSectionState").text()
    control(dialog, QPushButton, "copyTrainingCommand").click()
    command = shlex.split(QGuiApplication.clipboard().text())
    with qtbot.waitSignal(dialog.accepted):
        control(dialog, QPushButton, "trainOnLibraryNow").click()
    ((request, run_dir),) = started
    wanted = [argument for argument in request.arguments(run_dir) if argument != "--events"]
    assert command[-len(wanted) :] == wanted and command[0].endswith(("pemr-train", "pemr.command"))
    assert request.folders and request.max_hours == 8.0
    panel = pages.training()
    assert panel is not None and panel.live is not None
    again = SettingsDialog(context, None, pages)
    qtbot.addWidget(again)
    assert control(again, QLabel, "trainingSectionState").text() == f"“{run_dir.name}” runs: Loading…"
    assert not control(again, QPushButton, "trainOnLibraryNow").isEnabled()


def test_an_empty_library_cannot_be_trained_on(qtbot: QtBot, context: WindowContext, pages: Pages) -> None:
    dialog = SettingsDialog(context, None, pages)
    qtbot.addWidget(dialog)
    state = control(dialog, QLabel, "trainingSectionState")
    qtbot.waitUntil(lambda: "no music in your library" in state.text())
    assert not control(dialog, QPushButton, "trainOnLibraryNow").isEnabled()
    assert not control(dialog, QPushButton, "copyTrainingCommand").isEnabled()
    with qtbot.waitSignal(dialog.accepted):
        control(dialog, QPushButton, "openTraining").click()
    assert pages.training() is not None
