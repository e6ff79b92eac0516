from __future__ import annotations

import random

import numpy as np
import pytest

from pemr.truth.singing import RANGES, RATE, choir, sing, voice_for
from pemr.truth.stems import Struck

NOTE = [Struck(0.2, 2.0, 0, 60, 100)]


def fundamental_hz(sound: np.ndarray[tuple[int], np.dtype[np.float32]]) -> float:
    """By autocorrelation: the formants make other harmonics the stronger ones."""
    power = np.abs(np.fft.rfft(sound, 2 * len(sound))) ** 2
    correlation = np.fft.irfft(power)[: RATE // 60]
    return RATE / (int(np.argmax(correlation[RATE // 700 :])) + RATE // 700)


def test_a_note_is_sung_at_its_pitch() -> None:
    sung = sing(NOTE, "tenor", 2.5, random.Random(1))
    assert fundamental_hz(sung[RATE : 2 * RATE]) == pytest.approx(261.6, rel=0.04)


def test_nobody_sings_before_the_first_note() -> None:
    sung = sing(NOTE, "alto", 2.5, random.Random(2))
    assert np.abs(sung[: RATE // 10]).max() < 0.01
    assert np.abs(sung[RATE // 2 :]).max() > 0.1


def test_words_are_sung_at_the_pitch_of_the_melody() -> None:
    time = np.arange(3 * RATE) / RATE
    speech = sum(np.sin(2 * np.pi * 110 * harmonic * time) / harmonic for harmonic in range(1, 20))
    sung = sing(NOTE, "tenor", 2.5, random.Random(3), np.asarray(0.1 * speech, np.float32))
    assert fundamental_hz(sung[RATE : 2 * RATE]) == pytest.approx(261.6, rel=0.04)


def test_a_choir_is_not_one_voice() -> None:
    together = choir([(NOTE, "alto")], 2.5, random.Random(4), each=4)
    assert fundamental_hz(together[RATE : 2 * RATE]) == pytest.approx(261.6, rel=0.04)
    assert not np.allclose(together, sing(NOTE, "alto", 2.5, random.Random(4)), atol=0.05)


def test_a_melody_is_moved_into_the_range_of_its_voice() -> None:
    for seed in range(20):
        name, shift = voice_for([72, 74, 76], random.Random(seed))
        low, high = RANGES[name]
        assert low - 6 <= 74 + shift <= high + 6
