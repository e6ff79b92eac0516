"""The table's model holds ids, fetches rows when somebody looks, and keeps up with the library."""

from __future__ import annotations

import os
from array import array
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QMenu
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from pemr_desktop.library.opening import open_library
from pemr_desktop.library.search import track_ids
from pemr_desktop.library.views import View
from pemr_desktop.paths import Paths
from pemr_desktop.protocol.messages import Changed
from pemr_desktop.ui.context import WindowContext
from pemr_desktop.ui.tracks.track_model import IDS_MIME_TYPE, TrackModel, _place
from pemr_desktop.ui.tracks.track_table import TrackTable
from pemr_desktop.ui.widgets.theme import Theme


@pytest.fixture
def model(qtbot: QtBot, context: WindowContext, suggested_tracks: list[int]) -> TrackModel:
    made = TrackModel(context.reader)
    made.tester = QAbstractItemModelTester(made, QAbstractItemModelTester.FailureReportingMode.Fatal)  # type: ignore[attr-defined]
    return made


@pytest.fixture
def table(qtbot: QtBot, context: WindowContext, model: TrackModel) -> TrackTable:
    made = TrackTable(model, context.theme)
    qtbot.addWidget(made)
    made.usual_columns()
    made.resize(900, 400)
    made.show()
    return made


def shown(qtbot: QtBot, model: TrackModel, **wanted: object) -> list[str]:
    """Titles after asking for a view, a query or an order."""
    with qtbot.waitSignal(model.loaded):
        model.show(**wanted)  # type: ignore[arg-type]
    return titles(qtbot, model)


def titles(qtbot: QtBot, model: TrackModel) -> list[str]:
    qtbot.waitUntil(lambda: all(model.track(line) is not None for line in range(len(model.ids))))
    return [row.title for row in map(model.track, range(len(model.ids))) if row is not None]


def test_rows_come_when_somebody_looks(qtbot: QtBot, model: TrackModel) -> None:
    with qtbot.waitSignal(model.loaded):
        model.reload()
    assert model.rowCount() == 6
    assert model.track(0) is None
    assert model.index(0, 1).data() is None
    qtbot.waitUntil(lambda: model.track(0) is not None)
    assert model.index(0, 1).data() in ("Alpha", "Gamma", "Epsilon")


def test_the_model_keeps_the_rules_of_qt(qtbot: QtBot, model: TrackModel, qtmodeltester: ModelTester) -> None:
    shown(qtbot, model)
    qtmodeltester.check(model)
    shown(qtbot, model, query="title:Alpha")
    qtmodeltester.check(model)


def test_the_library_sorts(qtbot: QtBot, model: TrackModel) -> None:
    shown(qtbot, model)
    title = next(n for n, column in enumerate(model.columns) if column.id == "title")
    with qtbot.waitSignal(model.loaded):
        model.sort(title, Qt.SortOrder.DescendingOrder)
    assert titles(qtbot, model) == ["Zeta", "Gamma", "Epsilon", "Delta", "Beta", "Alpha"]


def test_the_query_line_filters(qtbot: QtBot, model: TrackModel) -> None:
    assert sorted(shown(qtbot, model, query="year:1960..1961")) == ["Alpha", "Beta"]
    assert shown(qtbot, model, query="-genre:rock artist:0 title:gam") == ["Gamma"]


def test_a_bad_query_leaves_the_rows_and_says_where(qtbot: QtBot, model: TrackModel) -> None:
    shown(qtbot, model)
    with qtbot.waitSignal(model.queryFailed) as signal:
        model.show(query="year:19xx")
    assert signal.args[0].position == len("year:")
    assert model.rowCount() == 6


def test_changed_rows_are_fetched_again(qtbot: QtBot, model: TrackModel, paths: Paths) -> None:
    shown(qtbot, model)
    track_id = model.ids[0]
    with open_library(paths.library_file) as library:
        library.decide([track_id], ["jazz"], "accepted")
    with qtbot.waitSignal(model.dataChanged):
        model.take_change(Changed(track_ids=(track_id,)))
    row = model.known(track_id)
    assert row is not None
    assert [suggestion.decision for suggestion in row.suggestions if suggestion.tag == "jazz"] == ["accepted"]


def test_rows_go_out_as_files_and_ids(qtbot: QtBot, model: TrackModel) -> None:
    shown(qtbot, model)
    data = model.mimeData([model.index(0, 0), model.index(0, 1), model.index(2, 0)])
    assert bytes(data.data(IDS_MIME_TYPE).data()) == f"{model.ids[0]},{model.ids[2]}".encode()
    row = model.known(model.ids[0])
    assert row is not None
    assert Path(data.urls()[0].toLocalFile()) == Path(os.fsdecode(row.path))


def test_the_choice_survives_a_new_list(qtbot: QtBot, model: TrackModel, table: TrackTable) -> None:
    shown(qtbot, model)
    chosen = [model.ids[4], model.ids[5]]
    table.choose_ids(chosen)
    year = next(n for n, column in enumerate(model.columns) if column.id == "title")
    with qtbot.waitSignal(model.loaded):
        model.sort(year, Qt.SortOrder.DescendingOrder)
    assert sorted(table.chosen_ids()) == sorted(chosen)


def test_all_rows_can_be_chosen(qtbot: QtBot, model: TrackModel, table: TrackTable) -> None:
    shown(qtbot, model)
    table.selectAll()
    assert table.chosen_ids() == list(model.ids)


def test_columns_share_the_window_until_the_user_moves_one(qtbot: QtBot, model: TrackModel, table: TrackTable) -> None:
    assert table.columns_state().isEmpty()
    before = table.columnWidth(1)
    table.resize(1400, 400)
    assert table.columnWidth(1) > before
    table.horizontalHeader().resizeSection(1, 111)
    table.resize(1000, 400)
    assert table.columnWidth(1) == 111
    assert not table.columns_state().isEmpty()


def test_columns_that_were_chosen_are_kept_and_still_share_the_window(
    qtbot: QtBot, model: TrackModel, table: TrackTable
) -> None:
    year = next(n for n, column in enumerate(model.columns) if column.id == "year")
    menu = QMenu(table)
    table.column_actions(menu)
    next(action for action in menu.actions() if action.text() == "Year").trigger()
    assert table.columns_fit and not table.isColumnHidden(year)
    state, fit = table.columns_state(), table.columns_fit
    table.usual_columns()
    assert table.isColumnHidden(year) and table.columns_state().isEmpty()
    table.restore_columns(state, fit)
    assert not table.isColumnHidden(year)
    before = table.columnWidth(1)
    table.resize(1400, 400)
    assert table.columnWidth(1) > before


def test_the_whole_row_under_the_pointer_lights_up(
    qtbot: QtBot, model: TrackModel, table: TrackTable, theme: Theme
) -> None:
    shown(qtbot, model)
    hover = theme.color("hover").rgb()

    def lit() -> list[int]:
        """Lines whose first and last column are lit."""
        picture, ratio = table.viewport().grab().toImage(), table.devicePixelRatioF()
        places = (2, table.viewport().width() - 8)
        found = []
        for line in range(model.rowCount()):
            top = table.rowViewportPosition(line) + 2
            if all(picture.pixel(int(x * ratio), int(top * ratio)) == hover for x in places):
                found.append(line)
        return found

    for line in (1, 2):
        table.entered.emit(model.index(line, 1))
        assert lit() == [line]
    table.viewportEntered.emit()
    assert lit() == []


def test_each_page_keeps_its_order(qtbot: QtBot, model: TrackModel, table: TrackTable) -> None:
    shown(qtbot, model)
    titles = next(n for n, column in enumerate(model.columns) if column.id == "title")
    with qtbot.waitSignal(model.loaded):
        model.sort(titles, Qt.SortOrder.DescendingOrder)
    shown(qtbot, model, view=View("recent"))
    assert model.sorted_by() == (2, Qt.SortOrder.AscendingOrder)
    shown(qtbot, model, view=View("ids", tuple(model.ids)))
    assert model.sorted_by() == (-1, Qt.SortOrder.AscendingOrder)
    shown(qtbot, model, view=View("all"))
    assert model.sorted_by() == (titles, Qt.SortOrder.DescendingOrder)
    kept = model.orders()
    model.restore_orders({"all": ("no such order", True)})
    shown(qtbot, model, view=View("all"))
    assert model.sorted_by() == (2, Qt.SortOrder.AscendingOrder)
    model.restore_orders(kept)
    shown(qtbot, model, view=View("all"))
    assert model.sorted_by() == (titles, Qt.SortOrder.DescendingOrder)


def test_a_view_of_ids_keeps_their_order(qtbot: QtBot, model: TrackModel, suggested_tracks: list[int]) -> None:
    wanted = tuple(reversed(suggested_tracks))
    shown(qtbot, model, view=View("ids", wanted))
    assert tuple(model.ids) == wanted


def test_the_first_rows_are_shown_before_the_others_come(
    qtbot: QtBot, model: TrackModel, table: TrackTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown(qtbot, model)
    everything = list(model.ids)
    chosen = [everything[0], everything[5]]
    table.choose_ids(chosen)
    monkeypatch.setattr(track_ids, "MIN_FIRST_ROWS", 2)
    monkeypatch.setattr(track_ids, "IDS_PER_CHUNK", 3)
    counts: list[int] = []
    rows_at_first: list[bool] = []
    model.loaded.connect(counts.append)
    model.idsChanged.connect(lambda: rows_at_first.append(all(model.track(line) is not None for line in (0, 1))))
    with qtbot.waitSignal(model.idsCompleted):
        model.show(query="artist:a")
    assert counts == [2, 5, 6]
    assert rows_at_first == [True]  # they come with their ids
    assert list(model.ids) == everything
    assert table.chosen_ids() == chosen
    with qtbot.waitSignal(model.idsCompleted):
        model.show(query="title:nothing")
    assert model.rowCount() == 0


def test_a_newer_question_ends_the_parts_of_the_older_one(
    qtbot: QtBot, model: TrackModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(track_ids, "MIN_FIRST_ROWS", 1)
    monkeypatch.setattr(track_ids, "IDS_PER_CHUNK", 1)
    with qtbot.waitSignal(model.idsCompleted):
        for query in ("", "artist:a", "", "title:gam"):
            model.show(query=query)
    assert titles(qtbot, model) == ["Gamma"]


@pytest.mark.parametrize("track_id", [1, 255, 256, 257, 1 << 40])
def test_an_id_is_found_where_it_stands(track_id: int) -> None:
    """Also where its bytes stand across two others."""
    ids = array("q", [256, 0, 255 << 8, track_id << 8, 1 << 56, track_id, 7])
    assert _place(ids.tobytes(), track_id) == ids.index(track_id)
    assert _place(ids.tobytes(), 12345) == -1
    assert _place(b"", track_id) == -1


@pytest.mark.parametrize("lines", [[], [3], [0, 1, 2, 3, 4, 5], [0, 2, 3, 5], [1, 2]])
def test_chosen_lines_are_kept_as_runs(qtbot: QtBot, model: TrackModel, table: TrackTable, lines: list[int]) -> None:
    shown(qtbot, model)
    table.choose_ids([model.ids[line] for line in lines])
    assert table.chosen().tolist() == [model.ids[line] for line in lines]
    neighbours = sum(line + 1 in lines for line in lines)
    assert table.selectionModel().selection().count() == len(lines) - neighbours
