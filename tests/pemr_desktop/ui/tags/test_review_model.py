"""What would be written, as a tree with ticks."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from pemr_desktop.tagfiles.identity import FileIdentity
from pemr_desktop.tagfiles.plan import FieldChange, FilePlan
from pemr_desktop.ui.tags.review_model import ReviewModel


def plan(number: int, *changes: FieldChange, warnings: tuple[str, ...] = ()) -> FilePlan:
    return FilePlan(number, f"/music/{number}.flac".encode(), FileIdentity(1, 1, 1), changes, warnings)


@pytest.fixture
def model(qtbot: QtBot) -> ReviewModel:
    made = ReviewModel()
    made.set_plans(
        [
            plan(1, FieldChange("genre", ("Rock",), ("Rock", "Jazz"))),
            plan(2, FieldChange("genre", (), ("Jazz",)), warnings=("This file has two names.",)),
        ],
        {"/music/3.flac": "The folder is read-only."},
    )
    return made


def test_files_hold_their_changes_and_warnings(model: ReviewModel, qtmodeltester: ModelTester) -> None:
    qtmodeltester.check(model)
    assert model.rowCount() == 3
    assert [model.rowCount(model.index(row, 0)) for row in range(3)] == [1, 2, 0]
    assert model.index(0, 0, model.index(0, 0)).data() == "Genre: Rock  ·  [+Jazz+]"


def test_refused_files_say_why_and_cannot_be_ticked(model: ReviewModel) -> None:
    refused = model.index(2, 0)
    assert refused.data() == "/music/3.flac: The folder is read-only."
    assert refused.data(Qt.ItemDataRole.CheckStateRole) is None
    assert not model.setData(refused, Qt.CheckState.Unchecked, Qt.ItemDataRole.CheckStateRole)


def test_only_ticked_files_are_written(qtbot: QtBot, model: ReviewModel) -> None:
    with qtbot.waitSignal(model.tickedChanged):
        model.setData(model.index(0, 0), Qt.CheckState.Unchecked, Qt.ItemDataRole.CheckStateRole)
    assert [plan.track_id for plan in model.ticked_plans()] == [2]
    model.tick_all(False)
    assert model.ticked_plans() == ()
    model.tick_all(True)
    assert len(model.ticked_plans()) == 2
