"""A real library on disk, with real music beside it."""

from __future__ import annotations

import functools
import importlib.util
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from pemr_desktop.library.database.reader import open_reader
from pemr_desktop.library.embeddings.analyses import TrackAnalysis
from pemr_desktop.library.embeddings.models import ModelInfo
from pemr_desktop.library.library import Library
from pemr_desktop.library.opening import open_library
from pemr_desktop.library.rows import TagRow
from pemr_desktop.tagfiles.diff import make_plan
from pemr_desktop.tagfiles.write import apply_plan

MODEL = ModelInfo(
    "0123456789abcdef",
    "a model",
    Path("/models/a.safetensors"),
    8,
    (
        TagRow("jazz", "genre", 0.5),
        TagRow("rock", "genre", 0.5),
        TagRow("calm", "mood", 0.4),
        TagRow("guitar", "instrument", 0.3),
        TagRow("polka", "genre", 0.5, supported=False),
    ),
)


@functools.cache
def _encoded(suffix: str, seed: int) -> bytes:
    found = importlib.util.spec_from_file_location("audio_makers", Path(__file__).parents[2] / "conftest.py")
    assert found is not None and found.loader is not None
    makers = importlib.util.module_from_spec(found)
    found.loader.exec_module(makers)
    rate = 48000 if suffix == ".opus" else 16000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a{suffix}"
        makers.write_audio(path, makers.melody(1.0, rate, seed=seed), rate)
        return path.read_bytes()


def write_song(path: Path, *, seed: int = 0, **fields: str | Sequence[str]) -> Path:
    """A real file whose sound depends on the seed, with these tags."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_encoded(path.suffix, seed))
    wanted = {name: [value] if isinstance(value, str) else list(value) for name, value in fields.items()}
    apply_plan(make_plan(0, path, wanted, mode="replace"))
    return path


@pytest.fixture
def song() -> Callable[..., Path]:
    """`song(path, seed=1, title="…", genre=["…", "…"])` -> path."""
    return write_song


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """The folder of the user's music."""
    folder = tmp_path / "music"
    folder.mkdir()
    return folder


@pytest.fixture
def library_file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "library.db"


@pytest.fixture
def library(library_file: Path) -> Iterator[Library]:
    """An open, empty library."""
    with open_library(library_file) as opened:
        yield opened


@pytest.fixture
def reader(library: Library) -> Iterator[sqlite3.Connection]:
    """A read-only connection, as the window has."""
    with closing(open_reader(library.path)) as connection:
        yield connection


@pytest.fixture
def album(music: Path, library: Library, song: Callable[..., Path]) -> list[Path]:
    """Four tracks in three formats, scanned."""
    paths = [
        song(
            music / "Kind of Blue" / "1.flac", seed=1, title="So What", artist="Miles Davis", genre="Jazz", date="1959"
        ),
        song(music / "Kind of Blue" / "2.mp3", seed=2, title="Blue in Green", artist="Miles Davis", genre="Jazz"),
        song(music / "Kind of Blue" / "3.opus", seed=3, title="All Blues", artist="Miles Davis", date="1959"),
        song(music / "loose.m4a", seed=4, title="Café", artist="Zoë", genre=["Pop", "Rock"], date="2001"),
    ]
    library.add_root(music)
    library.scan()
    return paths


def hear(
    library: Library, predictions: Sequence[tuple[str, float]] = (("jazz", 0.9), ("calm", 0.6), ("guitar", 0.4))
) -> list[int]:
    """Have the model hear all tracks that it has not heard -> their ids."""
    library.register_model(MODEL)
    library.activate_model(MODEL.id)
    waiting = library.tracks_to_analyse(MODEL.id)
    library.store_analyses(
        [
            TrackAnalysis(
                track_id=track.track_id,
                model_id=MODEL.id,
                vector=np.full(8, track.track_id, np.float32),
                segments=np.full((3, 8), track.track_id, np.float32),
                starts_s=np.array([0, 3, 6], np.float32),
                importance=np.linspace(0, 1, 5, dtype=np.float32),
                importance_step_s=0.5,
                predictions=predictions,
                peaks=b"\x01\x02",
                cover_features=b"chroma",
                cover_version=1,
            )
            for track in waiting
        ]
    )
    return [track.track_id for track in waiting]


@pytest.fixture
def analysed() -> Callable[..., list[int]]:
    """`analysed(library)` -> ids of the tracks that were heard with fixed predictions."""
    return hear
