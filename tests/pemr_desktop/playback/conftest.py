"""A sound server of the test's own, and tones to play into it."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from pemr_desktop.playback.player import Player
from sound_server import SoundServer, own_sound_server
from sounds import write_audio


@pytest.fixture
def sound_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SoundServer]:
    """A real sound server in a folder of its own; the player finds it through the environment, as it always does."""
    yield from own_sound_server(tmp_path / "sound-server", monkeypatch)


@pytest.fixture
def no_sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without any audio device."""
    configuration = tmp_path / "no-sound.conf"
    configuration.write_text("pcm.default { type hw card 31 }\n")
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(configuration))
    monkeypatch.setenv("PULSE_SERVER", f"unix:{tmp_path / 'nobody-listens'}")


@pytest.fixture
def player(qtbot: QtBot) -> Iterator[Player]:
    """A player whose engine ends with the test."""
    player = Player()
    yield player
    player.close()
    player.deleteLater()


@pytest.fixture
def tone(tmp_path: Path) -> Callable[..., Path]:
    """`tone("a.flac", hertz=440, seconds=1)` -> path of a steady sine at half of full scale."""

    def make(name: str, *, hertz: float = 440.0, seconds: float = 1.0, sample_rate: int = 44_100) -> Path:
        time = np.arange(round(seconds * sample_rate)) / sample_rate
        return write_audio(tmp_path / name, 0.5 * np.sin(2 * np.pi * hertz * time), sample_rate)

    return make


@pytest.fixture
def broken_file(tmp_path: Path) -> Path:
    """Text that calls itself music."""
    path = tmp_path / "broken.mp3"
    path.write_text("This is a letter, not a song.\n" * 50)
    return path
