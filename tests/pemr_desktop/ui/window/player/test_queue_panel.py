"""The queue beside the pages: seen, rearranged, saved, and there again after a restart."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtWidgets import QApplication, QInputDialog
from pytestqt.qtbot import QtBot

from pemr_desktop.app import App
from pemr_desktop.library import queries
from pemr_desktop.library.database.reader import open_reader
from pemr_desktop.paths import Paths
from pemr_desktop.ui.tracks.track_model import IDS_MIME_TYPE
from pemr_desktop.ui.window.player.queue_panel import QueuePanel


@pytest.fixture
def panel(qtbot: QtBot, suggested_tracks: list[int], app: App) -> QueuePanel:
    """Open, with all six tracks; the second is at hand."""
    window = app.window
    window.context.actions.run("view.queue")
    window.context.queue.play(suggested_tracks, 1)
    qtbot.waitUntil(lambda: window.context.queue.current is not None)
    qtbot.waitUntil(lambda: shown(window.queue_panel)[0] == "Alpha")
    return window.queue_panel


def shown(panel: QueuePanel) -> list[str]:
    return [panel.model.index(line, 0).data() for line in range(panel.model.rowCount())]


def choose(panel: QueuePanel, *lines: int) -> None:
    panel._choose(lines)


def test_it_shows_what_plays_and_what_follows(panel: QueuePanel, app: App) -> None:
    assert shown(panel) == ["Alpha", "Beta", "Delta", "Epsilon", "Gamma", "Zeta"]
    assert panel.model.index(1, 0).data(Qt.ItemDataRole.FontRole).bold()
    assert panel.model.index(0, 0).data(Qt.ItemDataRole.FontRole) is None
    assert panel.model.index(1, 2).data() == "0:01"
    assert panel.count.text() == "6 tracks" and app.window.player_bar.queue.isChecked()


def test_keys_move_and_remove(qtbot: QtBot, panel: QueuePanel) -> None:
    panel.table.setFocus()
    choose(panel, 3)
    qtbot.keyClick(panel.table, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert shown(panel)[2] == "Epsilon" and panel.chosen() == [2]
    qtbot.keyClick(panel.table, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    qtbot.keyClick(panel.table, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert shown(panel) == ["Alpha", "Beta", "Delta", "Gamma", "Epsilon", "Zeta"] and panel.chosen() == [4]
    qtbot.keyClick(panel.table, Qt.Key.Key_Delete)
    assert shown(panel) == ["Alpha", "Beta", "Delta", "Gamma", "Zeta"] and panel.chosen() == [4]


def test_next_later_and_emptying(panel: QueuePanel, app: App) -> None:
    actions = app.window.context.actions
    choose(panel, 4, 5)
    assert actions.run("queue.play-next")
    assert shown(panel) == ["Alpha", "Beta", "Gamma", "Zeta", "Delta", "Epsilon"]
    choose(panel, 0)
    assert actions.run("queue.play-later")
    assert shown(panel)[-1] == "Alpha"
    panel.clear()
    assert shown(panel) == ["Beta"] and app.window.context.queue.position == 0


def test_entries_are_dragged_among_one_another_and_tracks_into_them(
    qtbot: QtBot, panel: QueuePanel, suggested_tracks: list[int]
) -> None:
    model = panel.model
    dragged = model.mimeData([model.index(4, 0), model.index(4, 1)])
    assert model.dropMimeData(dragged, Qt.DropAction.MoveAction, 0, 0, model.index(-1, -1)) is False
    qtbot.waitUntil(lambda: shown(panel)[0] == "Gamma")
    tracks = QMimeData()
    tracks.setData(IDS_MIME_TYPE, str(suggested_tracks[5]).encode())
    model.dropMimeData(tracks, Qt.DropAction.CopyAction, -1, -1, model.index(-1, -1))
    qtbot.waitUntil(lambda: shown(panel) == ["Gamma", "Alpha", "Beta", "Delta", "Epsilon", "Zeta", "Zeta"])


def test_it_is_saved_as_a_playlist(
    qtbot: QtBot,
    panel: QueuePanel,
    app: App,
    paths: Paths,
    suggested_tracks: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with qtbot.waitSignal(app.client.ready):
        app.client.start()
    monkeypatch.setattr(QInputDialog, "getText", lambda *_args, **_more: ("Evening", True))
    choose(panel, 5)
    panel.move_up()
    order = list(app.window.context.queue.ids)
    with qtbot.waitSignal(app.client.finished, check_params_cb=lambda event: event.changed.playlists):
        panel.save_button.click()
    connection = open_reader(paths.library_file)
    try:
        (playlist,) = queries.playlists(connection)
        assert playlist.name == "Evening" and queries.playlist_tracks(connection, playlist.id) == order
    finally:
        connection.close()


def test_everything_is_there_again_after_a_restart(
    qtbot: QtBot, qapp: QApplication, panel: QueuePanel, app: App, paths: Paths
) -> None:
    queue = app.window.context.queue
    queue.set_repeat("all")
    queue.set_shuffled(True)
    order = list(queue.ids)
    qtbot.waitUntil(lambda: app.player.path is not None)
    app.player.hold(app.player.path, 1.25, 1.5)  # type: ignore[arg-type]
    app.window.close()

    again = App(qapp, paths)
    try:
        kept = again.window.context.queue
        qtbot.waitUntil(lambda: kept.current is not None)
        assert kept.current is not None and kept.current.title == "Beta"
        assert (list(kept.ids), kept.position, kept.shuffled, kept.repeat) == (order, 0, True, "all")
        assert (again.player.state, again.player.position_s) == ("paused", 1.25)
        bar = again.window.player_bar
        assert bar.title.text() == "Beta" and bar.play.isEnabled() and bar.play.toolTip() == "Play"
        assert not again.window.queue_panel.isHidden()
        kept.set_shuffled(False)
        assert shown(again.window.queue_panel)[0] in ("", "Alpha") and kept.position == 1
    finally:
        again.stop()
        again.theme.deleteLater()
        again.deleteLater()


def test_a_kept_queue_that_cannot_be_read_costs_nothing(qapp: QApplication, paths: Paths) -> None:
    for content in (b"{", b'{"ids":[1],"places":[0],"at":7}', b'{"ids":"x"}'):
        (paths.data / "play-queue.json").write_bytes(content)
        made = App(qapp, paths)
        assert list(made.window.context.queue.ids) == [] and made.player.state == "stopped"
        made.stop()
        made.theme.deleteLater()
        made.deleteLater()
