"""Groups of versions in the sidebar: compared, and exported as a playlist file."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget
from pytestqt.qtbot import QtBot

from pemr_desktop.library.opening import open_library
from pemr_desktop.library.views import View
from pemr_desktop.paths import Paths
from pemr_desktop.ui.context import WindowContext
from pemr_desktop.ui.tracks.library_commands import LibraryCommands
from pemr_desktop.ui.tracks.sidebar_model import SidebarItem


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    return made


@pytest.fixture
def group(paths: Paths, library_tracks: list[int]) -> SidebarItem:
    with open_library(paths.library_file) as library:
        library.judge(library_tracks[0], library_tracks[2], "version")
    return SidebarItem("group.1", "Air", "covers", View("cover-group", 1), count=2)


def test_a_group_is_exported_as_a_playlist_file(
    qtbot: QtBot,
    context: WindowContext,
    window: QWidget,
    group: SidebarItem,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    target = tmp_path / "versions of Air"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    with qtbot.waitSignal(context.notices.posted):
        LibraryCommands(context, window).export_group(group)
    written = target.with_suffix(".m3u8").read_text(encoding="utf-8").splitlines()
    assert written[:2] == ["#EXTM3U", "#PLAYLIST:Air"]
    assert [line for line in written if not line.startswith("#")] == ["music/Air.flac", "music/Canon.flac"]


def test_the_menu_of_a_group_compares_its_tracks(
    qtbot: QtBot, context: WindowContext, window: QWidget, group: SidebarItem, library_tracks: list[int]
) -> None:
    commands = LibraryCommands(context, window)
    commands.item_menu(group, QPoint(0, 0))
    menu = window.findChild(QMenu, "placeMenu")
    assert menu is not None
    assert [action.text() for action in menu.actions()] == ["Compare them", "Export…"]
    with qtbot.waitSignal(context.navigation.coversWanted) as wanted:
        menu.actions()[0].trigger()
    assert wanted.args == [[library_tracks[0], library_tracks[2]]]
    menu.close()
