"""Files that come into a folder of the library are noticed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from pemr_desktop.app import App
from pemr_desktop.ui.window import folder_watch


def test_a_new_file_is_found_while_the_window_is_open(
    qtbot: QtBot,
    suggested_tracks: list[int],
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    make_audio: Callable[..., Path],
) -> None:
    monkeypatch.setattr(folder_watch, "QUIET_MS", 100)
    app: App = request.getfixturevalue("working_app")
    watch = app.window.watch
    qtbot.waitUntil(lambda: len(watch.watched()) == 3)
    qtbot.waitUntil(lambda: all(job.ended for job in app.client.jobs()))
    make_audio(tmp_path / "Music" / "Album 0" / "Newcomer.flac", seconds=1, tags={"title": "Newcomer"})
    qtbot.waitUntil(lambda: len(app.window.page.model.ids) == 7)


def test_nothing_is_watched_when_the_user_does_not_want_it(
    qtbot: QtBot, suggested_tracks: list[int], working_app: App
) -> None:
    watch = working_app.window.watch
    qtbot.waitUntil(lambda: len(watch.watched()) == 3)
    working_app.settings.set("scan.watch", False)
    assert watch.watched() == []


def test_a_folder_of_the_library_can_be_left_out(
    qtbot: QtBot, suggested_tracks: list[int], working_app: App, tmp_path: Path
) -> None:
    watch = working_app.window.watch
    qtbot.waitUntil(lambda: len(watch.watched()) == 3)
    working_app.window.library_commands.watch_root(str(tmp_path / "Music"), False)
    assert working_app.settings.current.scan.unwatched == (str(tmp_path / "Music"),)
    qtbot.waitUntil(lambda: watch.watched() == [])
    working_app.window.library_commands.watch_root(str(tmp_path / "Music"), True)
    assert working_app.settings.current.scan.unwatched == ()
    qtbot.waitUntil(lambda: len(watch.watched()) == 3)


def test_folders_that_cannot_be_watched_are_swept(
    qtbot: QtBot,
    suggested_tracks: list[int],
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    make_audio: Callable[..., Path],
) -> None:
    """Too many of them, or with a name that is not Unicode: then everything is looked through now and then."""
    monkeypatch.setattr(folder_watch, "MAX_WATCHED_FOLDERS", 1)
    monkeypatch.setattr(folder_watch, "SWEEP_MS", 500)
    app: App = request.getfixturevalue("working_app")
    watch = app.window.watch
    qtbot.waitUntil(lambda: watch.unwatched() == 2 and len(watch.watched()) == 1)
    strange = tmp_path / "Music" / os.fsdecode(b"caf\xe9")
    song = make_audio(tmp_path / "elsewhere.flac", seconds=1, tags={"title": "Newcomer"})
    strange.mkdir()
    song.rename(strange / "Newcomer.flac")
    qtbot.waitUntil(lambda: len(app.window.page.model.ids) == 7)
    qtbot.waitUntil(lambda: watch.unwatched() == 3)
