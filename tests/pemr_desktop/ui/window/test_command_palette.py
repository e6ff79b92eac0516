"""The palette finds actions by letters and runs them."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from pemr_desktop.ui.actions import ActionRegistry, ActionSpec, plain_text
from pemr_desktop.ui.widgets.theme import Theme
from pemr_desktop.ui.window.command_palette import CommandPalette, fuzzy_score


@pytest.fixture
def done() -> list[str]:
    return []


@pytest.fixture
def registry(qtbot: QtBot, theme: Theme, done: list[str]) -> ActionRegistry:
    host = QWidget()
    qtbot.addWidget(host)
    made = ActionRegistry(host, theme)
    host.registry = made  # type: ignore[attr-defined]
    made.add(
        ActionSpec("add", "Add &folder…", lambda: done.append("add"), ("Ctrl+O",), "folder-add", section="Library")
    )
    made.add(ActionSpec("covers", "Find &covers", lambda: done.append("covers"), section="Tracks"))
    made.add(ActionSpec("never", "Fly to the moon", lambda: done.append("never"), enabled_when=lambda: False))
    return made


def open_palette(qtbot: QtBot, registry: ActionRegistry, theme: Theme) -> CommandPalette:
    palette = CommandPalette(registry, theme, registry.parent())  # type: ignore[arg-type]
    palette.show()
    return palette


def test_letters_in_order_are_found_and_starts_of_words_count_most() -> None:
    assert fuzzy_score("fc", "Find covers") is not None
    assert fuzzy_score("cf", "Find covers") is None
    assert fuzzy_score("fc", "Find covers") > fuzzy_score("fc", "Offer bacon")


def test_what_is_not_possible_now_is_not_offered(qtbot: QtBot, registry: ActionRegistry, theme: Theme) -> None:
    assert open_palette(qtbot, registry, theme).found() == ["add", "covers"]


def test_typing_and_enter_run_the_best_match(
    qtbot: QtBot, registry: ActionRegistry, theme: Theme, done: list[str]
) -> None:
    palette = open_palette(qtbot, registry, theme)
    line = palette.findChild(QLineEdit, "paletteLine")
    qtbot.keyClicks(line, "covers")
    assert palette.found() == ["covers"]
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert done == ["covers"]


def test_down_goes_to_the_next(qtbot: QtBot, registry: ActionRegistry, theme: Theme, done: list[str]) -> None:
    line = open_palette(qtbot, registry, theme).findChild(QLineEdit, "paletteLine")
    qtbot.keyClick(line, Qt.Key.Key_Down)
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert done == ["covers"]


def test_an_action_that_is_not_possible_does_not_run(registry: ActionRegistry, done: list[str]) -> None:
    assert not registry.run("never")
    assert registry.run("add")
    assert done == ["add"]


def test_an_id_can_be_taken_once_only(registry: ActionRegistry) -> None:
    with pytest.raises(ValueError, match="twice"):
        registry.add(ActionSpec("add", "Again", lambda: None))


def test_the_users_own_keys_take_the_place_of_the_usual_ones(registry: ActionRegistry) -> None:
    registry.set_shortcuts({"add": ("Ctrl+Alt+A",), "unknown": ("X",)})
    assert registry.action("add").shortcut().toString() == "Ctrl+Alt+A"


def test_marks_and_dots_are_no_part_of_the_text() -> None:
    assert plain_text("Add &folder…") == "Add folder"
    assert plain_text("Rock && &Roll") == "Rock & Roll"
