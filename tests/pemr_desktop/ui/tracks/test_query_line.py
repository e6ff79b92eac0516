"""The filter waits for a pause, completes words, and says where it does not understand."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from pemr_desktop.library.errors import QueryError
from pemr_desktop.ui.context import WindowContext
from pemr_desktop.ui.tracks.query_line import QueryLine


@pytest.fixture
def line(qtbot: QtBot, context: WindowContext, suggested_tracks: list[int]) -> QueryLine:
    made = QueryLine(context.reader, context.theme)
    qtbot.addWidget(made)
    made.resize(600, 60)
    made.show()
    made.line.setFocus()
    return made


def test_typing_is_sent_once_it_pauses(qtbot: QtBot, line: QueryLine) -> None:
    sent: list[str] = []
    line.queryChanged.connect(sent.append)
    qtbot.keyClicks(line.line, "abc")
    qtbot.waitUntil(lambda: bool(sent))
    assert sent == ["abc"]


def test_enter_sends_at_once_and_leaves_for_the_rows(qtbot: QtBot, line: QueryLine) -> None:
    qtbot.keyClicks(line.line, "abc")
    with qtbot.waitSignals([line.queryChanged, line.left], timeout=50):
        qtbot.keyClick(line.line, Qt.Key.Key_Return)


def test_escape_clears(qtbot: QtBot, line: QueryLine) -> None:
    line.set_text("abc")
    with qtbot.waitSignal(line.queryChanged) as signal:
        qtbot.keyClick(line.line, Qt.Key.Key_Escape)
    assert signal.args == [""]


def test_an_error_is_said_with_its_place(line: QueryLine) -> None:
    line.line.setText("genre:jazz year:19xx")
    line.show_error(QueryError("not a number", 16, 4, text="19xx", field="year", example="1960"))
    assert line.error.isVisible()
    assert "<u><b>19xx</b></u>" in line.error.text()
    line.clear_error()
    assert line.error.isHidden()


def test_field_names_are_completed(qtbot: QtBot, line: QueryLine) -> None:
    qtbot.keyClicks(line.line, "gen")
    qtbot.waitUntil(lambda: "genre:" in line._words.stringList())
    line._complete("genre:")
    assert line.text == "genre:"
    assert line.line.cursorPosition() == len("genre:")


def test_a_completion_replaces_the_word_under_the_cursor_only(line: QueryLine) -> None:
    line.line.setText("mood:calm gen year:1960")
    line.line.setCursorPosition(len("mood:calm gen"))
    line._complete("genre:")
    assert line.text == "mood:calm genre: year:1960"
    line.line.setText("mood:calm OR (gen)")
    line.line.setCursorPosition(len("mood:calm OR (gen"))
    line._complete("genre:jazz")
    assert line.text == "mood:calm OR (genre:jazz)"
