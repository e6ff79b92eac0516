from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from pemr_desktop.playback.mixer import FADE_S, Mixer
from pemr_desktop.playback.programme import Programme

RATE = 44_100
BLOCK = 512
FADE_BLOCKS = int(FADE_S * RATE / BLOCK) + 1


@pytest.fixture
def mixer(tone: Callable[..., Path], qtbot: QtBot) -> Iterator[Mixer]:
    """Two seconds of 440 Hz, decoded and ready."""
    mixer = Mixer(RATE)
    programme = Programme(sample_rate=RATE, path=tone("tone.flac", seconds=2.0))
    qtbot.waitUntil(lambda: programme.ring.written == 2 * RATE)
    mixer.programme = programme
    yield mixer
    programme.close()


def render(mixer: Mixer, blocks: int) -> np.ndarray:
    """The left channel of so many blocks."""
    out = np.full((blocks, BLOCK, 2), np.nan, np.float32)
    for block in out:
        mixer.render(block)
    return out.reshape(-1, 2)[:, 0]


def largest_step(signal: np.ndarray) -> float:
    return float(np.abs(np.diff(signal)).max())


STEP_OF_THE_TONE = 0.5 * 2 * np.pi * 440 / RATE


def test_without_a_programme_there_is_silence() -> None:
    assert not render(Mixer(RATE), 2).any()


def test_a_programme_fades_in_and_then_sounds_as_it_is(mixer: Mixer) -> None:
    signal = render(mixer, 20)
    expected = 0.5 * np.sin(2 * np.pi * 440 * np.arange(len(signal)) / RATE)
    assert np.allclose(signal[FADE_BLOCKS * BLOCK :], expected[FADE_BLOCKS * BLOCK :], atol=1e-3)
    assert largest_step(signal) < 1.1 * STEP_OF_THE_TONE


def test_pausing_fades_out_and_holds_the_position_and_resuming_goes_on_there(mixer: Mixer) -> None:
    assert mixer.programme is not None
    before = render(mixer, 10)
    mixer.paused = True
    fading = render(mixer, FADE_BLOCKS)
    held = mixer.programme.ring.read
    silence = render(mixer, 10)
    mixer.paused = False
    after = render(mixer, 10)
    assert not silence.any()
    assert held == (10 + FADE_BLOCKS) * BLOCK
    assert mixer.programme.ring.read == held + 10 * BLOCK
    assert largest_step(np.concatenate([before, fading, silence, after])) < 1.2 * STEP_OF_THE_TONE


def test_a_change_of_volume_makes_no_click(mixer: Mixer) -> None:
    before = render(mixer, 10)
    mixer.gain = 0.1
    after = render(mixer, 10)
    assert largest_step(np.concatenate([before, after])) < 1.2 * STEP_OF_THE_TONE
    assert np.abs(after[-BLOCK:]).max() == pytest.approx(0.05, rel=0.02)


def test_another_programme_takes_over_without_a_click(mixer: Mixer, tone: Callable[..., Path], qtbot: QtBot) -> None:
    other = Programme(sample_rate=RATE, path=tone("other.flac", hertz=220))
    qtbot.waitUntil(lambda: other.ring.written == RATE)
    before = render(mixer, 10)
    mixer.programme = other
    after = render(mixer, 10)
    other.close()
    assert largest_step(np.concatenate([before, after])) < 2 * STEP_OF_THE_TONE
    assert np.abs(after[-BLOCK:]).max() > 0.4


def test_the_end_of_a_programme_is_silence_and_no_underrun(mixer: Mixer) -> None:
    assert mixer.programme is not None
    render(mixer, 2 * RATE // BLOCK + 2)
    assert mixer.programme.finished
    assert not render(mixer, 1).any()
    assert mixer.underruns == 0
