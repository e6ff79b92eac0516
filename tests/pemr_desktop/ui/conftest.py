"""A real window context in folders of its own; Qt draws off the screen."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import gc
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from pemr_desktop.app import App
from pemr_desktop.jobs.client import WorkerClient
from pemr_desktop.library import queries
from pemr_desktop.library.database.reader import open_reader
from pemr_desktop.library.embeddings.analyses import TrackAnalysis
from pemr_desktop.library.embeddings.models import ModelInfo
from pemr_desktop.library.opening import open_library
from pemr_desktop.library.rows import TagRow
from pemr_desktop.paths import HOME_VARIABLE, Paths, below
from pemr_desktop.playback.player import Player
from pemr_desktop.resources import resource
from pemr_desktop.settings_file import SettingsStore
from pemr_desktop.ui.actions import ActionRegistry
from pemr_desktop.ui.context import Navigation, WindowContext
from pemr_desktop.ui.library_reader import Reader
from pemr_desktop.ui.notices import Notices
from pemr_desktop.ui.play_queue import PlayQueue
from pemr_desktop.ui.widgets.theme import Theme


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paths:
    """Folders of the application and of its worker process, all below one of the test's own."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    return below(tmp_path / "home").create()


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[Theme]:
    """The light look."""
    look = Theme(qapp, resource("icons"), resource("themes", "window.qss"), "light")
    yield look
    look.deleteLater()


@pytest.fixture
def context(qtbot: QtBot, paths: Paths, theme: Theme) -> Iterator[WindowContext]:
    """All services of a window; the worker is not started."""
    host = QWidget()
    qtbot.addWidget(host)
    reader = Reader(paths.library_file, open_reader)
    client = WorkerClient(paths.library_file)
    player = Player()
    made = WindowContext(
        reader=reader,
        client=client,
        player=player,
        queue=PlayQueue(player, reader),
        settings=SettingsStore(paths.settings_file),
        paths=paths,
        theme=theme,
        actions=ActionRegistry(host, theme),
        notices=Notices(),
        navigation=Navigation(),
    )
    yield made
    player.close()
    client.stop()
    assert reader.close()


@pytest.fixture
def library_tracks(paths: Paths, tmp_path: Path, make_audio: Callable[..., Path]) -> list[int]:
    """A library of four short tracks, scanned and heard; ids by title: Air, Bourrée, Canon, Dance."""
    music = tmp_path / "music"
    for seed, title in enumerate(("Air", "Bourrée", "Canon", "Dance")):
        tags = {"title": title, "artist": "The Testers", "album": "Made up"}
        make_audio(music / f"{title}.flac", seconds=4, seed=seed, tags=tags)
    with open_library(paths.library_file) as library:
        library.add_root(music)
        library.scan()
        library.register_model(ModelInfo("0123456789abcdef", "Test ear", tmp_path / "ear.safetensors", 4, ()))
        library.activate_model("0123456789abcdef")
        waiting = library.tracks_to_analyse("0123456789abcdef")
        library.store_analyses([heard(each.track_id, each.duration_s or 4.0) for each in waiting])
        ids = library.read(queries.track_ids, sort="title")
    assert len(ids) == 4
    return list(ids)


def heard(track_id: int, duration_s: float) -> TrackAnalysis:
    """What an analysis would have stored, small."""
    draw = np.random.default_rng(track_id)
    return TrackAnalysis(
        track_id,
        "0123456789abcdef",
        vector=draw.random(4, dtype=np.float32),
        segments=draw.random((2, 4), dtype=np.float32),
        starts_s=np.array([0.0, 2.0], dtype=np.float32),
        importance=draw.random(40, dtype=np.float32),
        importance_step_s=duration_s / 40,
        predictions=(),
        peaks=draw.integers(20, 255, 400, dtype=np.uint8).tobytes(),
        duration_s=duration_s,
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A warning of Qt fails a test of the window; what the offscreen platform cannot do is no fault of ours."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.qt_log_level_fail("WARNING"))
            item.add_marker(pytest.mark.qt_log_ignore("This plugin does not support", extend=True))


TAGS = (
    TagRow("jazz", "genre", 0.5, True),
    TagRow("rock", "genre", 0.5, True),
    TagRow("calm", "mood", 0.5, True),
    TagRow("piano", "instrument", 0.5, True),
)


@pytest.fixture
def suggested_tracks(paths: Paths, tmp_path: Path, make_audio: Callable[..., Path]) -> list[int]:
    """Six tracks Alpha ... Zeta, ids in the order of titles; jazz is sure, calm likely, piano possible, rock not."""
    music = tmp_path / "Music"
    titles = ("Alpha", "Beta", "Gamma", "Delta", "Epsilon", "Zeta")
    for seed, title in enumerate(titles):
        tags = {"title": title, "artist": f"Artist {seed % 2}", "album": f"Album {seed // 3}", "date": str(1960 + seed)}
        if seed % 2:
            tags["genre"] = "Rock"
        make_audio(music / f"Album {seed // 3}" / f"{title}.flac", seconds=1.5, seed=seed, tags=tags)
    predictions = (("jazz", 0.93), ("calm", 0.7), ("piano", 0.55), ("rock", 0.4))
    with open_library(paths.library_file) as library:
        library.add_root(music)
        library.scan()
        library.register_model(ModelInfo("0123456789abcdef", "Test ear", tmp_path / "ear.safetensors", 4, TAGS))
        library.activate_model("0123456789abcdef")
        waiting = library.tracks_to_analyse("0123456789abcdef")
        library.store_analyses(
            [heard(each.track_id, each.duration_s or 1.5)._replace(predictions=predictions) for each in waiting]
        )
        ids = library.read(queries.track_ids, sort="title")
    return list(ids)


@pytest.fixture
def app(qtbot: QtBot, qapp: QApplication, paths: Paths) -> Iterator[App]:
    """The whole application on its own folders, shown but without its worker; nothing may be left of it afterwards."""
    before = set(QApplication.topLevelWidgets())
    settings = SettingsStore(paths.settings_file)
    settings.set("analyse.automatic", False)
    made = App(qapp, paths)
    made.window.show()
    qtbot.waitExposed(made.window)
    yield made
    assert made.stop()
    made.deleteLater()
    made.theme.deleteLater()
    del made
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()
    left = [widget for widget in QApplication.topLevelWidgets() if widget not in before and shiboken6.isValid(widget)]
    assert not left, f"widgets left over: {[(widget.objectName(), type(widget).__name__) for widget in left]}"
    readers = [
        thread.name for thread in threading.enumerate() if thread.name.startswith(("library-reader", "off-thread"))
    ]
    assert not readers, f"threads left over: {readers}"


@pytest.fixture
def working_app(qtbot: QtBot, app: App) -> App:
    """The application with its worker running."""
    with qtbot.waitSignal(app.client.ready):
        app.client.start()
    return app
