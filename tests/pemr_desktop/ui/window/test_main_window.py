"""The whole window on real files with the real worker: what a person does with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from mutagen.flac import FLAC
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QFileDialog,
    QHeaderView,
    QLineEdit,
    QMenu,
    QMenuBar,
    QSlider,
    QTableView,
    QWidget,
)
from pytestqt.qtbot import QtBot
from pytestqt.wait_signal import SignalBlocker

from pemr_desktop.app import App
from pemr_desktop.jobs.client import WorkerClient
from pemr_desktop.library.views import View
from pemr_desktop.paths import Paths
from pemr_desktop.protocol.messages import (
    Decide,
    FindCovers,
    Finished,
    ImportPlaylist,
    RemoveRoot,
    Request,
    SavePlaylist,
    Scan,
    Undo,
)
from pemr_desktop.protocol.results import PlaylistResult
from pemr_desktop.ui.actions import shown_shortcut
from pemr_desktop.ui.tags.review_dialog import ReviewDialog
from pemr_desktop.ui.widgets.colours import DARK
from pemr_desktop.ui.window.pages import NAMES
from pemr_desktop.ui.window.window_menus import MENUS


def rows_shown(qtbot: QtBot, app: App, count: int) -> None:
    qtbot.waitUntil(lambda: len(app.window.page.model.ids) == count)


def job_ends(qtbot: QtBot, client: WorkerClient, kind: type[Request]) -> SignalBlocker:
    """Wait for the end of such a job, not for that of the scan that the window begins with."""

    def is_it(event: Finished) -> bool:
        view = client.job(event.job_id)
        return view is not None and isinstance(view.request, kind)

    return qtbot.waitSignal(client.finished, check_params_cb=is_it)


def drop(window: QWidget, *paths: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    where, action = QPointF(400, 300), Qt.DropAction.CopyAction
    keys, buttons = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
    QApplication.sendEvent(window, QDragEnterEvent(where.toPoint(), action, data, buttons, keys))
    QApplication.sendEvent(window, QDropEvent(where, action, data, buttons, keys))


def test_an_empty_library_says_how_to_begin(qtbot: QtBot, app: App) -> None:
    assert app.window.page.empty.headline.text() == "Drop your music here"
    buttons = [button.text() for button in app.window.page.empty.findChildren(QAbstractButton)]
    assert buttons[0] == "Choose a folder…"


def test_a_dropped_folder_becomes_rows(
    qtbot: QtBot, working_app: App, tmp_path: Path, make_audio: Callable[..., Path]
) -> None:
    for number in range(3):
        make_audio(tmp_path / "music" / f"{number}.flac", seconds=1, seed=number, tags={"title": f"Tune {number}"})
    drop(working_app.window, tmp_path / "music")
    rows_shown(qtbot, working_app, 3)
    qtbot.waitUntil(lambda: working_app.window.counts_label.text().startswith("3 tracks"))
    assert working_app.window.overlay.isHidden()


def test_files_over_the_window_are_welcomed(qtbot: QtBot, app: App, tmp_path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path))])
    event = QDragEnterEvent(
        QPoint(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(app.window, event)
    assert event.isAccepted() and app.window.overlay.isVisible()


def test_rows_are_there_before_the_worker_is(qtbot: QtBot, suggested_tracks: list[int], app: App) -> None:
    rows_shown(qtbot, app, 6)
    assert app.client.last_ready is None


def test_a_suggestion_is_accepted_by_key_reviewed_written_and_undone(
    qtbot: QtBot, suggested_tracks: list[int], working_app: App, tmp_path: Path
) -> None:
    window, client = working_app.window, working_app.client
    rows_shown(qtbot, working_app, 6)
    window.page.table.choose_ids([suggested_tracks[0]])
    qtbot.waitUntil(window.inspector.has_suggestions)
    with job_ends(qtbot, client, Decide):
        window.context.actions.action("tags.accept").trigger()
    qtbot.waitUntil(lambda: window.top_bar.pending.isVisible())
    assert window.top_bar.pending.text() == "Review 1 file…"

    window.top_bar.pending.click()
    review = window.findChild(ReviewDialog)
    assert review is not None
    qtbot.waitUntil(lambda: review.stage == "reviewing")
    path = Path(os.fsdecode(review.model.ticked_plans()[0].path))
    assert "genre" not in FLAC(path)
    review.apply.click()
    qtbot.waitUntil(lambda: review.stage == "ended")
    assert FLAC(path)["genre"] == ["jazz"]

    review.undo.click()
    assert review.stage == "writing"
    qtbot.waitUntil(lambda: review.stage == "ended")
    assert "genre" not in FLAC(path)
    review.close_button.click()
    with job_ends(qtbot, client, Scan):
        client.submit(Scan())
    qtbot.waitUntil(lambda: window.talk.counts is not None and window.talk.counts.pending_writes == 1)
    assert window.talk.counts is not None and window.talk.counts.analysed == 6


def test_the_history_brings_a_batch_back(qtbot: QtBot, suggested_tracks: list[int], working_app: App) -> None:
    window, client = working_app.window, working_app.client
    rows_shown(qtbot, working_app, 6)
    with job_ends(qtbot, client, Decide):
        client.submit(Decide(tuple(suggested_tracks[:2]), ("jazz",), "accepted"))
    window.dialogs.review([])
    review = window.findChild(ReviewDialog)
    qtbot.waitUntil(lambda: review.stage == "reviewing")
    paths = [Path(os.fsdecode(plan.path)) for plan in review.model.ticked_plans()]
    review.apply.click()
    qtbot.waitUntil(lambda: review.stage == "ended")
    review.close_button.click()
    window.view.go("history")
    history = window.pages.page("history")
    qtbot.waitUntil(lambda: history.lines.rowCount() == 1)
    qtbot.waitUntil(lambda: "jazz" in history.entries.text())
    with job_ends(qtbot, client, Undo):
        history.undo.click()
    assert all("jazz" not in FLAC(path).get("genre", []) for path in paths)
    qtbot.waitUntil(lambda: history.lines.rowCount() == 2)


def test_removing_a_folder_asks_and_touches_no_file(
    qtbot: QtBot, suggested_tracks: list[int], working_app: App, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    window = working_app.window
    rows_shown(qtbot, working_app, 6)
    heading = window.sidebar.model.find("section.folders")
    qtbot.waitUntil(lambda: window.sidebar.model.rowCount(window.sidebar.model.find("section.folders")) == 1)
    heading = window.sidebar.model.find("section.folders")
    window.sidebar.tree.setCurrentIndex(window.sidebar.model.index(0, 0, heading))
    asked: list[str] = []

    def agree(question: str, *_: object) -> bool:
        asked.append(question)
        return True

    monkeypatch.setattr(window.library_commands, "_agreed", agree)
    with job_ends(qtbot, working_app.client, RemoveRoot):
        window.context.actions.run("library.remove")
    rows_shown(qtbot, working_app, 0)
    assert asked == ["Remove “Music” from the library?"]
    assert len(list((tmp_path / "Music").rglob("*.flac"))) == 6


def made_by_qt(control: QWidget) -> bool:
    """Parts of Qt's own controls, such as the line of a spin box or the list of a combo box."""
    parent = control.parentWidget()
    inside = (QAbstractSpinBox, QComboBox, QLineEdit, QHeaderView, QTableView, QMenu, QMenuBar)
    return (
        control.objectName().startswith("qt_")
        or isinstance(control, QHeaderView)
        or (parent is not None and (isinstance(parent, inside) or parent.inherits("QComboBoxPrivateContainer")))
    )


def test_every_page_opens_and_every_control_has_a_name(qtbot: QtBot, suggested_tracks: list[int], app: App) -> None:
    rows_shown(qtbot, app, 6)
    app.window.page.table.choose_ids(suggested_tracks[:1])
    qtbot.waitUntil(app.window.inspector.has_suggestions)
    for name in NAMES:
        app.window.view.go(name)
    app.window.view.go("all")
    controls = (QAbstractButton, QLineEdit, QComboBox, QSlider, QAbstractSpinBox, QAbstractItemView)
    nameless = [
        f"{type(control).__name__} “{control.objectName()}” in “{control.parent().objectName()}”"
        for kind in controls
        for control in app.window.findChildren(kind)
        if not (control.accessibleName() or (isinstance(control, QAbstractButton) and control.text()))
        and not made_by_qt(control)
    ]
    assert nameless == []


def test_shortcuts_do_not_get_in_each_others_way(app: App) -> None:
    actions = app.window.context.actions
    everywhere: dict[str, str] = {}
    for spec in actions.specs():
        for keys in actions.action(spec.id).shortcuts():
            if spec.owner is None:
                assert everywhere.setdefault(keys.toString(), spec.id) == spec.id
    assert everywhere["Ctrl+K"] == "help.palette"


def test_menus_hold_registered_actions_and_show_their_keys(app: App) -> None:
    known = {spec.id for spec in app.window.context.actions.specs()}
    assert [action_id for _title, ids in MENUS for action_id in ids if action_id and action_id not in known] == []
    assert shown_shortcut(app.window.context.actions.action("view.query")) == "Ctrl+F"
    assert len(app.window.menuBar().findChildren(QMenu)) >= len(MENUS)


def test_tab_goes_to_the_filter_before_what_stands_right_of_it(app: App) -> None:
    bar = app.window.top_bar
    chain = [bar.query.line.nextInFocusChain()]
    while chain[-1] is not bar.query.line:
        chain.append(chain[-1].nextInFocusChain())
    names = [widget.objectName() for widget in chain if widget is not None and bar.isAncestorOf(widget)]
    buttons = [name for name in names if name.startswith("button.") or name == "pendingWrites"]
    assert buttons == ["pendingWrites", "button.view.inspector", "button.view.sidebar", "button.library.add-folder"]


def test_no_menu_has_two_entries_of_one_letter(app: App) -> None:
    for menu in app.window.menuBar().findChildren(QMenu):
        letters = [part[:1].casefold() for action in menu.actions() for part in action.text().split("&")[1:]]
        assert len(letters) == len(set(letters)), (menu.objectName(), sorted(letters))


def test_the_look_changes_and_is_kept(qtbot: QtBot, app: App) -> None:
    with qtbot.waitSignal(app.theme.changed):
        app.window.context.actions.run("view.scheme-dark")
    assert app.theme.colours is DARK
    assert app.settings.current.appearance.scheme == "dark"
    app.window.context.actions.run("view.larger")
    assert app.settings.current.appearance.zoom == pytest.approx(1.1)


def test_the_filter_has_the_focus_after_its_shortcut(qtbot: QtBot, app: App) -> None:
    app.window.view.go("history")
    app.window.context.actions.run("view.query")
    assert app.window.stack.currentWidget() is app.window.page
    assert app.window.focusWidget() is app.window.top_bar.query.line


def test_from_the_filter_down_goes_to_the_first_row_and_chooses_it(
    qtbot: QtBot, suggested_tracks: list[int], app: App
) -> None:
    rows_shown(qtbot, app, 6)
    app.window.context.actions.run("view.query")
    qtbot.keyClick(app.window.top_bar.query.line, Qt.Key.Key_Down)
    assert app.window.focusWidget() is app.window.page.table
    assert app.window.page.table.chosen_ids() == [app.window.page.model.ids[0]]


def test_covers_of_a_file_outside_the_library_are_asked_for_without_a_mouse(
    qtbot: QtBot, app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = tmp_path / "outside.flac"
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(outside), ""))
    app.window.context.actions.run("track.find-covers-of-file")
    wanted = FindCovers(path=os.fsencode(outside))
    qtbot.waitUntil(lambda: wanted in [job.request for job in app.client.jobs()])


def test_the_context_menu_offers_what_is_possible(qtbot: QtBot, suggested_tracks: list[int], app: App) -> None:
    rows_shown(qtbot, app, 6)
    table = app.window.page.table
    table.choose_ids(suggested_tracks[:2])
    table.menuWanted.emit(QPoint(100, 100))
    menu = app.window.findChild(QMenu, "trackMenu")
    texts = [action.text().replace("&", "") for action in menu.actions() if action.text()]
    assert texts[:4] == ["Play", "Play next", "Play later", "Find covers"]
    assert "Review tags…" in texts
    menu.close()


def test_a_library_of_another_instance_is_read_only_and_says_so(
    qtbot: QtBot, suggested_tracks: list[int], app: App
) -> None:
    from pemr_desktop.library.opening import open_library

    with open_library(app.paths.library_file):
        with qtbot.waitSignal(app.client.ready):
            app.client.start()
        qtbot.waitUntil(lambda: any(notice.key == "read-only" for notice in app.window.notice_bar.shown()))
        rows_shown(qtbot, app, 6)


def test_the_window_loads_neither_torch_nor_faiss() -> None:
    code = "import sys, pemr_desktop.app; print([m for m in ('torch', 'faiss', 'numpy.distutils') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_more_like_this_lists_the_nearest_by_sound(qtbot: QtBot, suggested_tracks: list[int], working_app: App) -> None:
    window = working_app.window
    rows_shown(qtbot, working_app, 6)
    window.page.table.choose_ids([suggested_tracks[2]])
    qtbot.waitUntil(lambda: window.page.model.known(suggested_tracks[2]) is not None)
    window.context.actions.run("track.more-like-this")
    qtbot.waitUntil(lambda: not window.page.heading.isHidden())
    qtbot.waitUntil(lambda: list(window.page.model.ids)[:1] == [suggested_tracks[2]])
    assert window.page.heading.text() == "Sounds like “Delta”"
    assert sorted(window.page.model.ids) == sorted(suggested_tracks)
    window.view.go("all")
    assert window.page.heading.isHidden()


def test_tracks_are_exported_as_a_playlist_that_comes_back(
    qtbot: QtBot, suggested_tracks: list[int], working_app: App, tmp_path: Path
) -> None:
    window = working_app.window
    rows_shown(qtbot, working_app, 6)
    file = tmp_path / "some.m3u8"
    window.track_commands.export_to(suggested_tracks[:3], file)
    qtbot.waitUntil(lambda: any("Exported" in notice.text for notice in window.notice_bar.shown()))
    with job_ends(qtbot, working_app.client, ImportPlaylist):
        working_app.client.submit(ImportPlaylist(os.fsencode(file)))
    heading = "section.playlists"
    qtbot.waitUntil(lambda: window.sidebar.model.rowCount(window.sidebar.model.find(heading)) == 1)
    item = window.sidebar.model.item_at(window.sidebar.model.index(0, 0, window.sidebar.model.find(heading)))
    assert item is not None and item.text == "some" and item.count == 3


def test_tracks_are_added_to_a_playlist_once(qtbot: QtBot, suggested_tracks: list[int], working_app: App) -> None:
    window, client = working_app.window, working_app.client
    rows_shown(qtbot, working_app, 6)
    with job_ends(qtbot, client, SavePlaylist) as finished:
        client.submit(SavePlaylist("Sunday", tuple(suggested_tracks[:2])))
    result = client.result(finished.args[0])
    assert isinstance(result, PlaylistResult)
    with job_ends(qtbot, client, SavePlaylist):
        window.track_commands.add_to_playlist(result.playlist_id, suggested_tracks[1:4])
    window.page.show_view(View("playlist", result.playlist_id))
    qtbot.waitUntil(lambda: list(window.page.model.ids) == suggested_tracks[:4])


def test_a_damaged_library_is_named_and_left_as_it_is(
    qtbot: QtBot, paths: Paths, request: pytest.FixtureRequest
) -> None:
    paths.library_file.write_bytes(b"this was a library once" * 100)
    app: App = request.getfixturevalue("app")
    qtbot.waitUntil(lambda: app.window.page.empty.headline.text() == "The library cannot be opened")
    with qtbot.waitSignal(app.client.ready):
        app.client.start()
    qtbot.waitUntil(lambda: any(notice.key == "read-only" for notice in app.window.notice_bar.shown()))
    assert paths.library_file.read_bytes() == b"this was a library once" * 100


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_a_worker_that_is_killed_comes_back_and_the_window_says_so(
    qtbot: QtBot, suggested_tracks: list[int], working_app: App
) -> None:
    client, bar = working_app.client, working_app.window.notice_bar
    rows_shown(qtbot, working_app, 6)
    process = client.process_id()
    assert process is not None
    with qtbot.waitSignal(client.restarted):
        os.kill(process, signal.SIGKILL)
    qtbot.waitUntil(lambda: any("runs again" in notice.text for notice in bar.shown()))
    with job_ends(qtbot, client, Decide):
        client.submit(Decide((suggested_tracks[0],), ("jazz",), "accepted"))
    rows_shown(qtbot, working_app, 6)


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names are Unicode there")
def test_names_that_are_no_unicode_are_shown_and_dragged_out_unchanged(
    qtbot: QtBot, working_app: App, tmp_path: Path, make_audio: Callable[..., Path]
) -> None:
    window = working_app.window
    folder = tmp_path / "music"
    made = make_audio(folder / "plain.flac", seconds=1)
    made.rename(Path(os.fsdecode(os.fsencode(folder) + b"/Caf\xe9.flac")))
    window.library_commands.add([folder])
    rows_shown(qtbot, working_app, 1)
    qtbot.waitUntil(lambda: window.page.model.track(0) is not None)
    assert window.page.model.index(0, 1).data() == "Caf\ufffd"
    url = window.page.model.mimeData([window.page.model.index(0, 0)]).urls()[0]
    assert url.toEncoded().data().endswith(b"Caf%E9.flac")
    window.page.table.choose_ids(list(window.page.model.ids))
    qtbot.waitUntil(lambda: window.inspector.title.text() == "Caf\ufffd")


def test_the_window_is_as_it_was_when_it_is_opened_again(
    qtbot: QtBot, suggested_tracks: list[int], app: App, qapp: QApplication
) -> None:
    window = app.window
    window.resize(761, 601)
    rows_shown(qtbot, app, 6)
    qtbot.waitUntil(window.page.table.isVisible)
    window.context.actions.run("view.inspector")
    window.page.table.horizontalHeader().resizeSection(1, 123)
    window.view.go("recent")
    window.page.table.horizontalHeader().setSortIndicator(1, Qt.SortOrder.DescendingOrder)
    window.context.actions.run("view.sidebar")
    window.close()
    again = App(qapp, app.paths)
    again.window.show()
    qtbot.waitExposed(again.window)
    view, page = again.window.view, again.window.page
    looks = (again.window.width(), view.inspector_wanted, page.table.columnWidth(1), again.window.sidebar.isHidden())
    where = (view.place, page.model.view.kind, page.model.sorted_by())
    assert again.stop()
    again.theme.deleteLater()
    again.deleteLater()
    assert looks == (761, False, 123, True)
    assert where == ("recent", "recent", (1, Qt.SortOrder.DescendingOrder))
