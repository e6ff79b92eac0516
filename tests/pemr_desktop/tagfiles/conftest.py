"""Tiny real files in every format: encoded here, or from mutagen's own test suite (see data/README.md)."""

from __future__ import annotations

import functools
import importlib.util
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

DATA = Path(__file__).parent / "data"
ENCODED = (".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a", ".aiff", ".wma", ".wv")
COLLECTED = {
    ".tak": "has-tags.tak",
    ".ofr": "silence-2s-44100-16.ofr",
    ".ape": "mac-399.ape",
    ".mpc": "click.mpc",
    ".dsf": "with-id3.dsf",
    ".dff": "5644800-2ch-s01-silence-dst.dff",
    ".spx": "empty.spx",
}
TAGS = {"title": "Blue in Green", "artist": "Miles Davis", "genre": "Jazz", "album": "Kind of Blue", "track": "3/5"}


@functools.cache
def _encoded(suffix: str) -> bytes:
    found = importlib.util.spec_from_file_location("audio_makers", Path(__file__).parents[2] / "conftest.py")
    assert found is not None and found.loader is not None
    makers = importlib.util.module_from_spec(found)
    found.loader.exec_module(makers)
    rate = 48000 if suffix == ".opus" else 22050
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a{suffix}"
        makers.write_audio(path, makers.melody(1.0, rate), rate, TAGS)
        return path.read_bytes()


@pytest.fixture
def sample(tmp_path: Path) -> Callable[[str], Path]:
    """`sample(".flac")` -> a fresh tiny file of that format with a few tags, where the format came with any."""

    def make(suffix: str, name: str = "song") -> Path:
        path = tmp_path / f"{name}{suffix}"
        if suffix in COLLECTED:
            shutil.copyfile(DATA / COLLECTED[suffix], path)
        else:
            path.write_bytes(_encoded(suffix))
        return path

    return make


@pytest.fixture
def collected(tmp_path: Path) -> Callable[[str], Path]:
    """`collected("id3v22-test.mp3")` -> a fresh copy of a file of data/."""

    def copy(name: str) -> Path:
        return Path(shutil.copyfile(DATA / name, tmp_path / name))

    return copy
