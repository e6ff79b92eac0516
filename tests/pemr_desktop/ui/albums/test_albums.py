"""Albums in the window: the grid, an album with its tracks in order, an artist, and the way between them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from pemr_desktop.app import App
from pemr_desktop.library.opening import open_library
from pemr_desktop.library.rows import AlbumRow
from pemr_desktop.paths import Paths
from pemr_desktop.ui.albums.albums_page import AlbumsPage
from pemr_desktop.ui.artwork.artwork import Artwork
from pemr_desktop.ui.context import WindowContext


@pytest.fixture
def records(paths: Paths, tmp_path: Path, make_audio: Callable[..., Path]) -> Path:
    """Two albums called Greatest Hits, and a compilation whose files are in no order."""
    music = tmp_path / "Music"
    for artist, year in (("Queen", "1981"), ("The Abba", "1975")):
        for number in (2, 1):
            tags = {"title": f"{artist} {number}", "artist": artist, "album": "Greatest Hits"}
            tags |= {"tracknumber": str(number), "date": year}
            make_audio(music / artist / f"{3 - number}.flac", seconds=1, seed=number, tags=tags)
    for number, name in ((3, "Third"), (1, "First"), (2, "Second")):
        tags = {"title": name, "artist": "Queen" if number == 2 else f"Singer {number}", "album": "Summer"}
        make_audio(music / "Summer" / f"{name}.flac", seconds=1, seed=9, tags=tags | {"tracknumber": str(number)})
    with open_library(paths.library_file) as library:
        library.add_root(music)
        library.scan()
    return music


def grid_shown(qtbot: QtBot, app: App, count: int) -> AlbumsPage:
    page = app.window.pages.page("albums")
    assert isinstance(page, AlbumsPage)
    qtbot.waitUntil(lambda: len(page.model.ids) == count and all(page.model.album(row) for row in range(count)))
    return page


def albums_of(page: AlbumsPage) -> list[AlbumRow]:
    return [album for row in range(len(page.model.ids)) if (album := page.model.album(row)) is not None]


def titles(app: App) -> list[str]:
    model = app.window.page.model
    return [row.title for line in range(len(model.ids)) if (row := model.track(line)) is not None]


def lit(app: App) -> str:
    return app.window.sidebar.model.shown_key


def test_albums_are_sorted_by_name_and_those_of_one_name_stay_apart(
    qtbot: QtBot, records: Path, app: App, qtmodeltester: ModelTester
) -> None:
    app.window.view.go("albums")
    page = grid_shown(qtbot, app, 3)
    assert [(album.album, album.album_artist) for album in albums_of(page)] == [
        ("Greatest Hits", "The Abba"),
        ("Greatest Hits", "Queen"),
        ("Summer", "Various Artists"),
    ]
    page.order.setCurrentIndex(page.order.findData("year"))
    qtbot.waitUntil(lambda: [album.album_artist for album in albums_of(page)][:2] == ["Queen", "The Abba"])
    qtmodeltester.check(page.model)


def test_a_click_opens_an_album_and_the_sidebar_leads_back(qtbot: QtBot, records: Path, app: App) -> None:
    window = app.window
    window.view.go("albums")
    page = grid_shown(qtbot, app, 3)
    assert window.stack.currentWidget() is page and lit(app) == "albums"
    where = page.grid.visualRect(page.model.index(2, 0)).center()
    qtbot.mouseClick(page.grid.viewport(), Qt.MouseButton.LeftButton, pos=where)
    qtbot.waitUntil(lambda: titles(app) == ["First", "Second", "Third"])
    assert window.stack.currentWidget() is window.page and lit(app) == "albums"
    head = window.page.album_head
    assert head is not None
    qtbot.waitUntil(lambda: head.title.text() == "Summer")
    assert head.artist.text() == "Various artists" and not head.artist.isEnabled()
    assert head.extent.text() == "3 tracks · 3 s"
    tree = window.sidebar.tree
    place = tree.visualRect(window.sidebar.model.find("albums")).center()
    qtbot.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert window.stack.currentWidget() is page
    window.view.go("all")
    assert not head.isVisible() and lit(app) == "all"


def test_an_album_plays_in_its_order(qtbot: QtBot, records: Path, app: App) -> None:
    app.window.view.go("albums")
    page = grid_shown(qtbot, app, 3)
    app.window.view.show_album(page.model.ids[2])
    head = app.window.page.album_head
    assert head is not None
    qtbot.waitUntil(head.play.isEnabled)
    qtbot.waitUntil(lambda: len(app.window.page.model.ids) == 3)
    qtbot.mouseClick(head.play, Qt.MouseButton.LeftButton)
    queue = app.window.context.queue
    qtbot.waitUntil(lambda: list(queue.ids) == list(app.window.page.model.ids))
    queue.stop()


def test_an_artist_has_albums_and_tracks(qtbot: QtBot, records: Path, app: App) -> None:
    app.window.view.show_artist("Queen")
    head = app.window.page.artist_head
    assert head is not None and lit(app) == "facet.artist"
    qtbot.waitUntil(lambda: len(head.model.ids) == 2 and None not in [head.model.album(row) for row in (0, 1)])
    assert [album.album for row in (0, 1) if (album := head.model.album(row))] == ["Greatest Hits", "Summer"]
    qtbot.waitUntil(lambda: sorted(titles(app)) == ["Queen 1", "Queen 2", "Second"])
    assert head.extent.text() == "2 albums"
    head.strip.albumWanted.emit(head.model.ids[1])
    qtbot.waitUntil(lambda: titles(app) == ["First", "Second", "Third"])
    assert not head.isVisible()


def test_the_filter_is_for_the_page_on_view(qtbot: QtBot, records: Path, app: App) -> None:
    window = app.window
    window.view.go("albums")
    page = grid_shown(qtbot, app, 3)
    window.top_bar.query.set_text("abba")
    qtbot.waitUntil(lambda: len(page.model.ids) == 1)
    assert window.stack.currentWidget() is page
    window.top_bar.query.set_text("nothing like it")
    qtbot.waitUntil(lambda: page.empty.isVisible())
    assert page.empty.headline.text() == "No album fits this filter"
    window.view.go("history")
    window.top_bar.query.set_text("queen")
    assert window.stack.currentWidget() is window.page and lit(app) == "all"
    qtbot.waitUntil(lambda: len(window.page.model.ids) == 3)


def test_a_heading_of_the_sidebar_does_not_look_like_the_page_on_view(qtbot: QtBot, records: Path, app: App) -> None:
    sidebar = app.window.sidebar
    app.window.view.go("recent")
    place = sidebar.tree.visualRect(sidebar.model.find("facet.genre")).center()
    qtbot.mouseClick(sidebar.tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert lit(app) == "recent" and app.window.page.model.view.kind == "recent"


def test_the_menu_of_an_album_adds_it_to_what_plays(qtbot: QtBot, records: Path, app: App) -> None:
    app.window.view.go("albums")
    page = grid_shown(qtbot, app, 3)
    page.grid.menuWanted.emit(page.model.ids[2], page.mapToGlobal(QPoint(9, 9)))
    menu = page.findChild(QMenu, "albumMenu")
    assert menu is not None
    assert [action.text() for action in menu.actions() if action.text()] == ["Play", "Play later", "Open album"]
    menu.close()


def test_without_albums_the_page_says_what_an_album_needs(
    qtbot: QtBot, context: WindowContext, library_tracks: list[int]
) -> None:
    artwork = Artwork()
    page = AlbumsPage(context, artwork, "nobody")
    qtbot.addWidget(page)
    page.show()
    qtbot.waitUntil(page.empty.isVisible)
    page.filter("")
    qtbot.waitUntil(lambda: len(page.model.ids) == 1)
    assert page.grid.isVisible()
    artwork.close()
