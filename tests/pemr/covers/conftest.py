"""Small pieces of music made by arithmetic: a random melody over chords, played at any key, tempo and timbre."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

RATE = 16_000
Samples = npt.NDArray[np.float32]
SCALE = (0, 2, 4, 5, 7, 9, 11)


def play(
    work: int, *, key: int = 0, tempo: float = 1.0, bright: float = 0.5, notes: int = 120, seed: int = 0
) -> Samples:
    """A work is its seed: 120 melody notes of a third of a second over a triad that changes every fourth note."""
    composer, player = np.random.default_rng(work), np.random.default_rng(seed)
    steps = np.cumsum(composer.integers(-2, 3, notes)) % 14
    roots = composer.choice([0, 3, 4, 5, 1], notes // 4 + 1)
    length = int(RATE / 3 / tempo)
    time = np.arange(length) / RATE
    fade = np.minimum(1.0, np.minimum(time, time[::-1]) / 0.01)
    sound = np.zeros(length * notes, np.float32)
    tones: dict[tuple[int, float], Samples] = {}
    for index, step in enumerate(steps):
        root = int(roots[index // 4])
        chord = [(72 + 12 * (step // 7) + SCALE[step % 7], 0.5)]
        chord += [(48 + 12 * ((root + third) // 7) + SCALE[(root + third) % 7], 0.12) for third in (0, 2, 4)]
        for pitch, level in chord:
            if (pitch, level) not in tones:
                hz = 440.0 * 2.0 ** ((pitch + key - 69) / 12)
                partials = np.arange(1, 6)[:, None]
                waves = np.sin(2.0 * np.pi * hz * partials * time + player.uniform(0.0, 2.0 * np.pi, (5, 1)))
                tones[pitch, level] = (0.3 * level * fade * (bright ** (partials - 1) * waves).sum(axis=0)).astype(
                    np.float32
                )
            sound[index * length : (index + 1) * length] += tones[pitch, level]
    return sound


@pytest.fixture(scope="session")
def player() -> Callable[..., Samples]:
    return play
