"""The library is taken away or exchanged while the window shows it: it says so, writes nothing, and opens it again."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from pemr_desktop.app import App
from pemr_desktop.library.database.backups import backup_folder
from pemr_desktop.library.opening import open_library
from pemr_desktop.paths import Paths
from pemr_desktop.ui.notices import Notice
from pemr_desktop.ui.window import library_watch
from pemr_desktop.ui.window.library_watch import KEY

WORKER_MS = 60_000


@pytest.fixture
def watching(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, suggested_tracks: list[int]) -> App:
    """A window with six tracks, whose worker has opened the library, and which looks often."""
    monkeypatch.setattr(library_watch, "LOOK_MS", 100)
    app: App = request.getfixturevalue("working_app")
    return app


def notice(app: App, key: str) -> Notice | None:
    return next((shown for shown in app.window.notice_bar.shown() if shown.key == key), None)


def said(qtbot: QtBot, app: App, word: str, key: str = KEY) -> Notice:
    """The notice, once it says so."""
    qtbot.waitUntil(lambda: (shown := notice(app, key)) is not None and word in shown.text, timeout=WORKER_MS)
    found = notice(app, key)
    assert found is not None
    return found


def rows_shown(qtbot: QtBot, app: App, count: int) -> None:
    qtbot.waitUntil(lambda: len(app.window.page.model.ids) == count, timeout=WORKER_MS)


def seen(qtbot: QtBot, app: App) -> None:
    """Wait until the watch knows which file it is."""
    qtbot.waitUntil(lambda: app.window.talk.library_watch._opened is not None, timeout=WORKER_MS)


def take_away(paths: Paths, folder: Path) -> list[tuple[Path, Path]]:
    """Move the library and its log somewhere else -> from where to where."""
    folder.mkdir()
    moved = []
    for path in paths.library_file.parent.glob(f"{paths.library_file.name}*"):
        if path.is_file() and not path.name.endswith(".lock"):
            moved.append((path, path.rename(folder / path.name)))
    return moved


def test_a_library_that_went_and_came_back(qtbot: QtBot, watching: App, paths: Paths, tmp_path: Path) -> None:
    seen(qtbot, watching)
    moved = take_away(paths, tmp_path / "elsewhere")
    shown = said(qtbot, watching, "took the library")
    assert str(paths.library_file) in shown.text and "There is no backup" in shown.text
    assert "neither to it nor to music files" in shown.text
    rows_shown(qtbot, watching, 6)
    for place, now in moved:
        now.rename(place)
    qtbot.waitUntil(lambda: notice(watching, KEY) is None, timeout=WORKER_MS)
    assert any("is there again" in shown.text for shown in watching.window.notice_bar.shown())


def test_another_library_in_its_place_is_opened_when_it_is_wanted(
    qtbot: QtBot, watching: App, paths: Paths, tmp_path: Path, make_audio: Callable[..., Path]
) -> None:
    seen(qtbot, watching)
    make_audio(tmp_path / "other" / "a.flac", seconds=1)
    with open_library(tmp_path / "other.sqlite") as library:
        library.add_root(tmp_path / "other")
        library.scan()
    take_away(paths, tmp_path / "elsewhere")
    said(qtbot, watching, "took the library")
    shutil.copy(tmp_path / "other.sqlite", paths.library_file)
    shown = said(qtbot, watching, "another file in the place")
    rows_shown(qtbot, watching, 6)
    assert shown.action is not None and shown.action_text == "Open again"
    with qtbot.waitSignal(watching.client.ready, timeout=WORKER_MS):
        shown.action()
    rows_shown(qtbot, watching, 1)
    assert notice(watching, KEY) is None and notice(watching, "read-only") is None


def test_a_library_that_is_lost_at_the_start_is_opened_once_it_is_back(
    qtbot: QtBot, paths: Paths, suggested_tracks: list[int], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    folder = backup_folder(paths.library_file)
    folder.mkdir(exist_ok=True)
    shutil.copy(paths.library_file, folder / "before.db")
    moved = take_away(paths, tmp_path / "elsewhere")
    app: App = request.getfixturevalue("app")
    with qtbot.waitSignal(app.client.ready, timeout=WORKER_MS):
        app.client.start()
    qtbot.waitUntil(lambda: app.window.page.empty.headline.text() == "The library cannot be opened", timeout=WORKER_MS)
    shown = said(qtbot, app, "is not there, but", "read-only")
    assert str(paths.library_file) in shown.text and "Nothing was begun anew" in shown.text
    for place, now in moved:
        now.rename(place)
    assert shown.action is not None
    with qtbot.waitSignal(app.client.ready, timeout=WORKER_MS):
        shown.action()
    rows_shown(qtbot, app, 6)
    qtbot.waitUntil(lambda: notice(app, "read-only") is None, timeout=WORKER_MS)
