"""A real encoder with random weights, and a real library with short clips in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pemr.embed import Encoder
from pemr_desktop.analysis.models import describe
from pemr_desktop.library.library import Library
from pemr_desktop.library.opening import open_library
from random_model import write_random_model

MakeAudio = Callable[..., Path]


@pytest.fixture(scope="session")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "random.safetensors"
    write_random_model(path)
    return path


@pytest.fixture(scope="session")
def encoder(model_file: Path) -> Encoder:
    return Encoder.load(model_file)


@pytest.fixture
def music(tmp_path: Path, make_audio: MakeAudio) -> Path:
    for number in range(3):
        make_audio(tmp_path / "music" / f"tune {number}.wav", seconds=4.0, seed=number)
    return tmp_path / "music"


@pytest.fixture
def library(tmp_path: Path, music: Path, encoder: Encoder, model_file: Path) -> Iterator[Library]:
    """A library that knows the model and has scanned the music."""
    with open_library(tmp_path / "data" / "library.sqlite") as library:
        library.register_model(describe(encoder, model_file))
        library.activate_model(encoder.model_id)
        library.scan(targets=[library.add_root(music)])
        yield library
