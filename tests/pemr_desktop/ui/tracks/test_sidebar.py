"""The sidebar shows what there is, keeps its place, and takes drops on playlists."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt
from PySide6.QtGui import QDropEvent
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from pemr_desktop.library.opening import open_library
from pemr_desktop.paths import Paths
from pemr_desktop.ui.context import WindowContext
from pemr_desktop.ui.tracks import sidebar_model
from pemr_desktop.ui.tracks.sidebar import Sidebar
from pemr_desktop.ui.tracks.sidebar_model import SidebarItem
from pemr_desktop.ui.tracks.track_model import IDS_MIME_TYPE


@pytest.fixture
def sidebar(qtbot: QtBot, context: WindowContext, suggested_tracks: list[int], paths: Paths) -> Sidebar:
    with open_library(paths.library_file) as library:
        library.save_playlist("Sunday", suggested_tracks[:2])
    made = Sidebar(context.reader, context.theme)
    qtbot.addWidget(made)
    made.resize(240, 700)
    made.show()
    made.model.refresh()
    qtbot.waitUntil(lambda: item(made, "all").count == 6)
    return made


def item(sidebar: Sidebar, key: str) -> SidebarItem:
    found = sidebar.model.item_at(sidebar.model.find(key))
    assert found is not None, key
    return found


def playlist_key(sidebar: Sidebar) -> str:
    heading = sidebar.model.find("section.playlists")
    found = sidebar.model.item_at(sidebar.model.index(0, 0, heading))
    assert found is not None
    return found.key


def test_items_have_counts(sidebar: Sidebar, qtmodeltester: ModelTester) -> None:
    assert item(sidebar, "suggested").count == 6
    assert item(sidebar, "pending").count == 0
    assert item(sidebar, playlist_key(sidebar)).count == 2
    qtmodeltester.check(sidebar.model)


def test_choosing_an_item_goes_there(qtbot: QtBot, sidebar: Sidebar) -> None:
    with qtbot.waitSignal(sidebar.itemChosen) as signal:
        sidebar.go("suggested")
    assert signal.args[0].key == "suggested"


def test_a_facet_is_asked_for_when_it_is_opened(qtbot: QtBot, sidebar: Sidebar) -> None:
    index = sidebar.model.find("facet.artist")
    assert sidebar.model.hasChildren(index) and sidebar.model.rowCount(index) == 0
    sidebar.tree.expand(index)
    qtbot.waitUntil(lambda: sidebar.model.rowCount(sidebar.model.find("facet.artist")) == 2)
    assert item(sidebar, "facet.artist.Artist 0").count == 3


def test_folders_are_asked_for_when_they_are_opened(qtbot: QtBot, sidebar: Sidebar) -> None:
    root = sidebar.model.index(0, 0, sidebar.model.find("section.folders"))
    found = sidebar.model.item_at(root)
    assert found is not None and found.root_id is not None and found.text == "Music" and found.count == 6
    assert sidebar.model.hasChildren(root) and sidebar.model.rowCount(root) == 0
    sidebar.tree.expand(root)
    qtbot.waitUntil(lambda: sidebar.model.rowCount(root) == 2)
    album = sidebar.model.item_at(sidebar.model.index(0, 0, root))
    assert album is not None and album.text == "Album 0" and album.count == 3 and not album.opens
    sidebar.model.refresh()
    qtbot.waitUntil(sidebar.model._reader.idle)
    assert sidebar.model.rowCount(root) == 2


def test_of_many_values_some_are_shown_and_more_when_wanted(
    qtbot: QtBot, sidebar: Sidebar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sidebar_model, "AT_ONCE", 1)
    sidebar.go("suggested")
    sidebar.tree.expand(sidebar.model.find("facet.artist"))
    qtbot.waitUntil(lambda: sidebar.model.find("facet.artist.more").isValid())
    assert sidebar.model.rowCount(sidebar.model.find("facet.artist")) == 2
    sidebar.tree.setCurrentIndex(sidebar.model.find("facet.artist.more"))
    qtbot.waitUntil(lambda: not sidebar.model.find("facet.artist.more").isValid())
    assert sidebar.model.rowCount(sidebar.model.find("facet.artist")) == 2
    here = sidebar.current_item()
    assert here is not None and here.key == "suggested"


def test_the_chosen_item_stays_while_counts_change(
    qtbot: QtBot, sidebar: Sidebar, paths: Paths, suggested_tracks: list[int]
) -> None:
    sidebar.go("suggested")
    with open_library(paths.library_file) as library:
        library.decide(suggested_tracks, ["jazz"], "accepted")
    sidebar.model.refresh()
    qtbot.waitUntil(lambda: item(sidebar, "pending").count == 6)
    current = sidebar.current_item()
    assert current is not None and current.key == "suggested"


def test_headings_cannot_be_chosen(sidebar: Sidebar) -> None:
    assert not sidebar.model.find("section.library").flags() & Qt.ItemFlag.ItemIsSelectable


def test_tracks_can_be_dropped_on_a_playlist(qtbot: QtBot, sidebar: Sidebar) -> None:
    index = sidebar.model.find(playlist_key(sidebar))
    sidebar.tree.scrollTo(index)
    data = QMimeData()
    data.setData(IDS_MIME_TYPE, b"4,5")
    where = QPointF(sidebar.tree.visualRect(index).center())
    drop = QDropEvent(where, Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    with qtbot.waitSignal(sidebar.droppedOnPlaylist) as signal:
        sidebar.tree.dropEvent(drop)
    assert signal.args == [item(sidebar, playlist_key(sidebar)).playlist_id, [4, 5], []]
