from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QPalette, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from pemr_desktop.ui.widgets.theme import Theme
from pemr_desktop.ui.widgets.waveform import Waveform, bar_levels

PEAKS = bytes([10, 200, 100, 50] * 100)


@pytest.fixture
def waveform(qtbot: QtBot) -> Waveform:
    widget = Waveform()
    qtbot.addWidget(widget)
    widget.resize(400, 60)
    widget.set_sound(PEAKS, 100.0)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def turn_wheel(widget: QWidget, turned: QPoint) -> None:
    where = QPointF(widget.rect().center())
    event = QWheelEvent(
        where,
        widget.mapToGlobal(where),
        QPoint(),
        turned,
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


@given(st.binary(max_size=300), st.integers(0, 400))
def test_levels_fill_every_bar_and_stay_between_nothing_and_full(peaks: bytes, bar_count: int) -> None:
    levels = bar_levels(peaks, bar_count)
    assert len(levels) == (bar_count if peaks else 0)
    assert all(0 <= level <= 1 for level in levels)


@given(st.binary(min_size=1, max_size=300).filter(any), st.integers(1, 300))
def test_the_loudest_moment_is_a_full_bar(peaks: bytes, bar_count: int) -> None:
    assert max(bar_levels(peaks, bar_count)) == 1.0


def test_a_click_asks_for_the_moment_under_it(qtbot: QtBot, waveform: Waveform) -> None:
    with qtbot.waitSignal(waveform.seekRequested) as asked:
        qtbot.mouseClick(waveform, Qt.MouseButton.LeftButton, pos=QPoint(100, 30))
    assert asked.args == [pytest.approx(25.0, abs=0.3)]
    assert waveform.position_s == pytest.approx(25.0, abs=0.3)


def test_a_drag_asks_once_for_where_it_ends(qtbot: QtBot, waveform: Waveform) -> None:
    asked: list[float] = []
    waveform.seekRequested.connect(asked.append)
    qtbot.mousePress(waveform, Qt.MouseButton.LeftButton, pos=QPoint(40, 30))
    qtbot.mouseMove(waveform, QPoint(200, 30))
    qtbot.mouseMove(waveform, QPoint(300, 30))
    qtbot.mouseRelease(waveform, Qt.MouseButton.LeftButton, pos=QPoint(300, 30))
    assert asked == [pytest.approx(75.0, abs=0.3)]


def test_escape_lets_go_of_a_drag(qtbot: QtBot, waveform: Waveform) -> None:
    asked: list[float] = []
    waveform.seekRequested.connect(asked.append)
    qtbot.mousePress(waveform, Qt.MouseButton.LeftButton, pos=QPoint(40, 30))
    qtbot.keyClick(waveform, Qt.Key.Key_Escape)
    qtbot.mouseRelease(waveform, Qt.MouseButton.LeftButton, pos=QPoint(300, 30))
    assert asked == []


@pytest.mark.parametrize(
    ("key", "modifier", "moment_s"),
    [
        (Qt.Key.Key_Right, Qt.KeyboardModifier.NoModifier, 55.0),
        (Qt.Key.Key_Left, Qt.KeyboardModifier.NoModifier, 45.0),
        (Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier, 80.0),
        (Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier, 20.0),
        (Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier, 51.0),
        (Qt.Key.Key_PageUp, Qt.KeyboardModifier.NoModifier, 80.0),
        (Qt.Key.Key_Home, Qt.KeyboardModifier.NoModifier, 0.0),
        (Qt.Key.Key_End, Qt.KeyboardModifier.NoModifier, 100.0),
    ],
)
def test_keys_move_through_the_track(
    qtbot: QtBot, waveform: Waveform, key: Qt.Key, modifier: Qt.KeyboardModifier, moment_s: float
) -> None:
    waveform.set_position(50.0)
    with qtbot.waitSignal(waveform.seekRequested) as asked:
        qtbot.keyClick(waveform, key, modifier)
    assert asked.args == [pytest.approx(moment_s)]


def test_the_wheel_moves_through_the_track_and_small_turns_add_up(qtbot: QtBot, waveform: Waveform) -> None:
    waveform.set_position(50.0)
    asked: list[float] = []
    waveform.seekRequested.connect(asked.append)
    for turned in (QPoint(0, 120), QPoint(0, -240), QPoint(0, 40), QPoint(0, 40), QPoint(0, 40), QPoint(-120, 0)):
        turn_wheel(waveform, turned)
    assert asked == [55.0, 45.0, 50.0, 55.0]


def test_nothing_can_be_asked_of_an_empty_waveform(qtbot: QtBot, waveform: Waveform) -> None:
    waveform.clear()
    asked: list[float] = []
    waveform.seekRequested.connect(asked.append)
    qtbot.mouseClick(waveform, Qt.MouseButton.LeftButton, pos=QPoint(100, 30))
    qtbot.keyClick(waveform, Qt.Key.Key_Right)
    assert asked == []
    assert waveform.accessibleDescription() == "No track"


def test_the_played_part_is_drawn_in_the_accent_colour(waveform: Waveform) -> None:
    palette = waveform.palette()
    palette.setColor(QPalette.ColorRole.Accent, QColor("#ff0000"))
    waveform.setPalette(palette)
    waveform.set_position(50.0)
    picture = waveform.grab().toImage()
    ratio = picture.devicePixelRatio()

    def reds(left: int, right: int) -> int:
        row = int(30 * ratio)
        return sum(
            picture.pixelColor(x, row).red() > 200 and picture.pixelColor(x, row).green() < 60
            for x in range(int(left * ratio), int(right * ratio))
        )

    assert reds(0, 200) > 50
    assert reds(205, 400) == 0


def test_it_follows_the_scheme_while_it_is_shown(waveform: Waveform, theme: Theme) -> None:
    light = waveform.grab().toImage()
    theme.set_scheme("dark")
    dark = waveform.grab().toImage()
    assert light != dark
    theme.set_scheme("light")
    assert waveform.grab().toImage() == light


def test_it_tells_a_screen_reader_where_it_stands(qtbot: QtBot, waveform: Waveform) -> None:
    qtbot.keyClick(waveform, Qt.Key.Key_End)
    assert waveform.accessibleName() == "Position in the track"
    assert waveform.accessibleDescription() == "1:40 of 1:40"
