"""A real window context in folders of its own; Qt draws off the screen."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from pemr_desktop.jobs.client import WorkerClient
from pemr_desktop.library.database import open_library, open_reader
from pemr_desktop.library import queries
from pemr_desktop.library.heard import ModelInfo, TrackAnalysis
from pemr_desktop.paths import Paths, below
from pemr_desktop.playback.player import Player
from pemr_desktop.resources import resource
from pemr_desktop.settings import SettingsStore
from pemr_desktop.ui.actions import ActionRegistry
from pemr_desktop.ui.context import Navigation, WindowContext
from pemr_desktop.ui.notices import Notices
from pemr_desktop.ui.play_queue import PlayQueue
from pemr_desktop.ui.reading import Reader
from pemr_desktop.ui.theme import Theme


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    """Folders of the application, all below one of the test's own."""
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
    """A library of four short tracks, scanned and heard; ids in the order of their titles Air, Bourrée, Canon, Dance."""
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
