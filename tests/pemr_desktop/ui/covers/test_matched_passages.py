from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from pemr_desktop.protocol.results import Passage
from pemr_desktop.ui.covers.matched_passages import MatchedPassages

PASSAGES = (Passage(10, 30, 20, 60), Passage(50, 70, 100, 120))


@pytest.fixture
def page(qtbot: QtBot) -> MatchedPassages:
    widget = MatchedPassages()
    qtbot.addWidget(widget)
    widget.resize(1000, 240)
    widget.set_query(bytes(range(200)), 100)
    widget.set_reference(bytes(range(200)), 200, PASSAGES)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def test_a_click_on_a_ribbon_asks_for_the_start_of_its_passage(qtbot: QtBot, page: MatchedPassages) -> None:
    with qtbot.waitSignal(page.momentWanted) as wanted:
        qtbot.mouseClick(page.ribbons, Qt.MouseButton.LeftButton, pos=QPoint(550, 25))
    assert wanted.args == ["query", 50]


def test_passages_can_be_chosen_with_the_keyboard(qtbot: QtBot, page: MatchedPassages) -> None:
    page.ribbons.setFocus()
    qtbot.keyClick(page.ribbons, Qt.Key.Key_Right)
    qtbot.keyClick(page.ribbons, Qt.Key.Key_Right)
    assert page.ribbons.accessibleDescription() == "0:50–1:10 matches 1:40–2:00"
    with qtbot.waitSignal(page.momentWanted) as wanted:
        qtbot.keyClick(page.ribbons, Qt.Key.Key_Return)
    assert wanted.args == ["query", 50]


def test_a_click_on_the_version_asks_for_its_own_moment(qtbot: QtBot, page: MatchedPassages) -> None:
    with qtbot.waitSignal(page.momentWanted) as wanted:
        qtbot.mouseClick(page.reference, Qt.MouseButton.LeftButton, pos=QPoint(500, 10))
    assert wanted.args == ["reference", pytest.approx(100, abs=0.5)]


def test_the_moment_that_plays_is_shown_on_both_sides(page: MatchedPassages) -> None:
    page.set_moment("reference", 40)
    assert page.query.position_s == pytest.approx(20)
    assert page.reference.position_s == pytest.approx(40)


def test_the_query_stands_alone_until_a_match_is_shown(page: MatchedPassages) -> None:
    page.clear_reference()
    assert page.query.isVisible()
    assert not page.reference.isVisible()
    assert not page.ribbons.isVisible()
