"""Works rendered by arithmetic, in any key, tempo and timbre: sound whose versions are known."""

from __future__ import annotations

import numpy as np

RATE = 16_000
SCALE = (0, 2, 4, 5, 7, 9, 11)


def play(work: int, *, key: int = 0, tempo: float = 1.0, bright: float = 0.4) -> np.ndarray:
    """Forty seconds of a work: a melody over triads, each note with five partials, in a mode that the work chooses."""
    composer = np.random.default_rng(work)
    mode = int(composer.integers(0, 7))
    steps = np.cumsum(composer.choice([-3, -2, -1, 1, 2, 3, 4], 120)) % 14
    roots = composer.integers(0, 7, 30).repeat(4)
    length = int(RATE / 3 / tempo)
    time = np.arange(length) / RATE
    fade = np.minimum(1.0, np.minimum(time, time[::-1]) / 0.01)
    tones: dict[tuple[int, float], np.ndarray] = {}
    sound = np.zeros((120, length), np.float32)
    for index, (step, root) in enumerate(zip(steps, roots, strict=True)):
        for degree, octave, level in [(step, 72, 0.5), (root, 48, 0.15), (root + 2, 48, 0.15), (root + 4, 48, 0.15)]:
            pitch = octave + key + 12 * int((degree + mode) // 7) + SCALE[(degree + mode) % 7] - SCALE[mode]
            if (pitch, level) not in tones:
                partials = np.arange(1, 6)[:, None]
                waves = np.sin(2 * np.pi * 440.0 * 2 ** ((pitch - 69) / 12) * partials * time)
                tones[pitch, level] = (0.3 * level * fade * (bright ** (partials - 1) * waves).sum(axis=0)).astype(
                    np.float32
                )
            sound[index] += tones[pitch, level]
    return sound.ravel()
