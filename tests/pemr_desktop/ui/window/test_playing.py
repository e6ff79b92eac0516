"""Playing from the window: the button is the action, and the arrow keys move through the track."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from pemr_desktop.app import App
from pemr_desktop.ui.play_queue import PlayQueue


def rows_shown(qtbot: QtBot, app: App, count: int) -> None:
    qtbot.waitUntil(lambda: len(app.window.page.model.ids) == count)


def title(queue: PlayQueue) -> str:
    return "" if queue.current is None else queue.current.title


def test_with_an_empty_library_there_is_nothing_to_play(app: App) -> None:
    assert not app.window.player_bar.play.isEnabled()


def test_the_play_button_begins_with_the_first_row(qtbot: QtBot, suggested_tracks: list[int], app: App) -> None:
    rows_shown(qtbot, app, 6)
    bar, queue = app.window.player_bar, app.window.context.queue
    qtbot.waitUntil(bar.play.isEnabled)
    qtbot.mouseClick(bar.play, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: title(queue) == "Alpha")
    assert list(queue.ids) == list(app.window.page.model.ids)


def test_the_play_button_begins_with_what_is_chosen(qtbot: QtBot, suggested_tracks: list[int], app: App) -> None:
    rows_shown(qtbot, app, 6)
    bar, queue = app.window.player_bar, app.window.context.queue
    app.window.page.table.choose_ids(suggested_tracks[2:4])
    qtbot.mouseClick(bar.play, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: queue.current is not None)
    assert sorted(queue.ids) == sorted(suggested_tracks[2:4])


def test_the_arrow_keys_move_through_the_track(qtbot: QtBot, suggested_tracks: list[int], app: App) -> None:
    rows_shown(qtbot, app, 6)
    window, player = app.window, app.player
    player.hold(Path("/music/song.flac"), 60.0, 200.0)
    window.context.actions.refresh()
    window.page.table.setFocus()
    places = []
    for key, modifier in (
        (Qt.Key.Key_Right, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier),
        (Qt.Key.Key_Left, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier),
    ):
        qtbot.keyClick(window.page.table, key, modifier)
        places.append(player.position_s)
    assert places == [65.0, 35.0, 30.0, 60.0]


def test_files_play_as_tracks_where_the_library_has_them(
    qtbot: QtBot, suggested_tracks: list[int], app: App, tmp_path: Path
) -> None:
    rows_shown(qtbot, app, 6)
    row = app.window.page.model.known(suggested_tracks[1])
    assert row is not None
    queue = app.window.context.queue
    app.window.track_commands.play_files([Path(os.fsdecode(row.path))])
    qtbot.waitUntil(lambda: title(queue) == "Beta")
    app.window.track_commands.play_files([tmp_path / "elsewhere.flac"])
    qtbot.waitUntil(lambda: list(queue.ids) == [])
