"""What would be written, as a tree with ticks."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QModelIndex, Qt
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from pemr_desktop.refusals import Refusal
from pemr_desktop.tagfiles.identity import FileIdentity
from pemr_desktop.tagfiles.plan import FieldChange, FilePlan
from pemr_desktop.ui.tags.review_model import ReviewModel


def plan(number: int, *changes: FieldChange, warnings: tuple[Refusal, ...] = ()) -> FilePlan:
    return FilePlan(number, f"/music/{number}.flac".encode(), FileIdentity(1, 1, 1), changes, warnings)


@pytest.fixture
def model(qtbot: QtBot) -> ReviewModel:
    made = ReviewModel()
    made.set_plans(
        [
            plan(1, FieldChange("genre", ("Rock",), ("Rock", "Jazz"))),
            plan(2, FieldChange("genre", (), ("Jazz",)), warnings=(Refusal("This file has two names."),)),
        ],
        {"/music/3.flac": "The folder is read-only."},
    )
    return made


def row_of(model: ReviewModel, words: str, below: int | None = None) -> QModelIndex:
    """The line that begins with these words; `below`: the branch to look in."""
    parent = QModelIndex() if below is None else model.index(below, 0)
    lines = [model.index(row, 0, parent) for row in range(model.rowCount(parent))]
    return next(line for line in lines if str(line.data()).startswith(words))


def tick(model: ReviewModel, line: QModelIndex, ticked: bool) -> bool:
    state = Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked
    return model.setData(line, state, Qt.ItemDataRole.CheckStateRole)


def state_of(line: QModelIndex) -> Qt.CheckState | None:
    state: Qt.CheckState | None = line.data(Qt.ItemDataRole.CheckStateRole)
    return state


def written(model: ReviewModel) -> dict[int, set[str]]:
    return {plan.track_id: {change.field for change in plan.changes} for plan in model.ticked_plans()}


def test_files_hold_their_changes_and_warnings(model: ReviewModel, qtmodeltester: ModelTester) -> None:
    qtmodeltester.check(model)
    assert model.rowCount() == 4
    assert [model.rowCount(model.index(row, 0)) for row in range(4)] == [1, 1, 2, 0]
    assert model.index(0, 0, model.index(1, 0)).data() == "Genre: Rock  ·  [+Jazz+]"
    assert model.index(0, 0, model.index(0, 0)).data() == "Genre: 2 files"


def test_one_file_needs_no_summary(qtbot: QtBot) -> None:
    model = ReviewModel()
    model.set_plans([plan(1, FieldChange("genre", (), ("Jazz",)))], {})
    assert model.rowCount() == 1 and model.first_file() == 0


def test_refused_files_say_why_and_cannot_be_ticked(model: ReviewModel) -> None:
    refused = model.index(3, 0)
    assert refused.data() == "/music/3.flac: The folder is read-only."
    assert state_of(refused) is None
    assert not tick(model, refused, False)
    assert not tick(model, row_of(model, "This file has two names.", below=2), False)


def test_only_ticked_files_are_written(qtbot: QtBot, model: ReviewModel) -> None:
    with qtbot.waitSignal(model.tickedChanged):
        tick(model, model.index(1, 0), False)
    assert list(written(model)) == [2]
    model.tick_all(False)
    assert model.ticked_plans() == ()
    model.tick_all(True)
    assert len(model.ticked_plans()) == 2


@pytest.fixture
def many(qtbot: QtBot) -> ReviewModel:
    """Five files with a genre and a note, of which the last two name a guitar, and one a mood."""
    made = ReviewModel()
    note = FieldChange("pemr_tags", (), ('{"accepted":{"Jazz":0.9,"Guitar":0.8}}',))
    genre = FieldChange("genre", ("Rock",), ("Rock", "Jazz"))
    plans = [
        plan(number, genre, note, warnings=(Refusal("It has an APEv2 tag beside the ID3 tag."),))
        for number in (1, 2, 3)
    ]
    plans += [msgspec.structs.replace(plan(number, genre, note), only_noted=("Guitar",)) for number in (4, 5)]
    plans[0] = plan(1, genre, FieldChange("mood", (), ("calm",)), note, warnings=plans[0].warnings)
    made.set_plans(plans, {}, {"/music/9.flac": ("Violin",)})
    return made


def test_a_file_is_ticked_in_part(many: ReviewModel) -> None:
    tick(many, row_of(many, "Genre", below=1), False)
    assert written(many)[1] == {"mood", "pemr_tags"}
    assert state_of(many.index(1, 0)) == Qt.CheckState.PartiallyChecked
    assert state_of(many.index(0, 0)) == Qt.CheckState.PartiallyChecked
    assert state_of(row_of(many, "Genre", below=0)) == Qt.CheckState.PartiallyChecked
    assert many.index(1, 0).data(Qt.ItemDataRole.AccessibleDescriptionRole) == "2 of 3 ticked"
    tick(many, many.index(1, 0), True)
    assert state_of(many.index(0, 0)) == Qt.CheckState.Checked


def test_a_field_is_ticked_in_all_files(many: ReviewModel, qtmodeltester: ModelTester) -> None:
    tick(many, row_of(many, "Genre", below=0), False)
    assert written(many) == {1: {"mood", "pemr_tags"}, 4: {"pemr_tags"}, 5: {"pemr_tags"}}
    assert state_of(many.index(2, 0)) == Qt.CheckState.Unchecked
    assert "Jazz" not in str([plan.changes for plan in many.ticked_plans()]), "the note names no genre that is left out"
    qtmodeltester.check(many)
    tick(many, row_of(many, "Genre", below=0), True)
    assert [len(fields) for fields in written(many).values()] == [3, 2, 2, 2, 2]


def test_a_note_alone_cannot_be_ticked_where_it_says_nothing(many: ReviewModel) -> None:
    many.show_notes(True)
    note = row_of(many, "Origin of tags", below=2)
    assert state_of(note) == Qt.CheckState.Checked
    tick(many, row_of(many, "Genre", below=2), False)
    assert state_of(note) == Qt.CheckState.Unchecked
    assert 2 not in written(many)
    tick(many, row_of(many, "Genre", below=2), True)
    assert written(many)[2] == {"genre", "pemr_tags"}


def test_what_many_files_have_in_common_is_said_once(many: ReviewModel) -> None:
    assert many.has_hidden_notes()
    below = [
        [many.index(leaf, 0, many.index(row, 0)).data() for leaf in range(many.rowCount(many.index(row, 0)))]
        for row in range(many.rowCount())
    ]
    summary = "\n".join(below[0])
    assert "Origin of tags: 5 files: notes that these tags came from PEMR Desktop" in summary
    assert "only named in “Origin of tags”: Guitar (2)" in summary
    assert "Not written, as files have no field for them: Violin (1)" in summary
    assert "3 files: It has an APEv2 tag beside the ID3 tag." in summary
    assert below[2] == ["Genre: Rock  ·  [+Jazz+]"]
    assert below[4] == ["Genre: Rock  ·  [+Jazz+]", "Origin of tags: the only place for Guitar"]
    many.show_notes(True)
    assert many.rowCount(many.index(2, 0)) == 2


def test_what_goes_along_has_no_tick_of_its_own(qtbot: QtBot) -> None:
    model = ReviewModel()
    changes = (FieldChange("genre", (), ("Jazz",)), FieldChange("title", ("Old",), ("Old",)))
    model.set_plans([msgspec.structs.replace(plan(1, *changes), carried=("title",))], {})
    assert state_of(row_of(model, "Title", below=0)) is None
    tick(model, row_of(model, "Genre", below=0), False)
    assert model.ticked_plans() == ()


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.booleans()), max_size=12))
def test_counts_are_those_of_what_is_written(many: ReviewModel, clicks: list[tuple[int, int, bool]]) -> None:
    many.tick_all(True)
    many.show_notes(True)
    for branch, leaf, ticked in clicks:
        parent = many.index(branch, 0)
        line = many.index(leaf - 1, 0, parent) if leaf else parent
        tick(many, line, ticked)
    chosen = written(many)
    assert many.ticks.files.ticked == len(chosen)
    assert many.ticks.changes.ticked == sum(map(len, chosen.values()))
    assert many.ticks.of_field("genre").ticked == sum("genre" in fields for fields in chosen.values())
