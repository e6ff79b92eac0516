"""A constant-Q-like spectrum: how loud each semitone is, 4.3 times a second, and how far a track is off A4 = 440 Hz."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from pemr.frontend import hann_window, power_of

Samples = npt.NDArray[np.float32]
Rows = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float32]

MIN_BELL = 0.01
"""A bell of the filterbank ends where it would be lower."""
BLOCK_FRAMES = 64
"""Spectra computed at a time; what more of them take no longer lies in the cache of a core."""
TUNING_EXCERPT_S = 20.0
TUNING_RANGE_HZ = (160, 2000)


class LogFrequency:
    """Samples (n,) -> magnitudes (frames, 84) of the semitones C1 (32.7 Hz) to B7; a sine of amplitude 1 peaks at 1.

    From one long FFT: at this frame rate a window of half a second is short enough for every semitone, and it is as
    long as a constant-Q kernel needs to be for the lowest octave.
    """

    sample_rate = 16_000
    n_fft = 8192
    hop_length = 3720
    lowest_hz = 32.7032
    n_bins = 84
    highest_hz = 4800.0
    """No bell reaches further: B7 is at 3951 Hz, and a bell ends two semitones from its middle."""

    def __init__(self) -> None:
        self._window = hann_window(self.n_fft)
        self._scale = 2.0 / float(self._window.sum())

    def magnitudes(self, samples: Samples, a4_offset: float = 0.0) -> Rows:
        """(n,) -> (n // hop_length, 84); block by block, so that long mixes fit in memory.

        `a4_offset`: semitones by which the music lies above A4 = 440 Hz, -0.5 to 0.5.
        """
        frames = len(samples) // self.hop_length
        octaves = _octaves(self.filterbank(a4_offset))
        lines = octaves[-1][0].stop
        levels = np.empty((frames, self.n_bins), np.float32)
        windowed = np.empty((min(BLOCK_FRAMES, frames), self.n_fft), np.float32)
        for first in range(0, frames, BLOCK_FRAMES):
            count = min(BLOCK_FRAMES, frames - first)
            np.multiply(self._windows(samples, first, count), self._window, out=windowed[:count])
            power = power_of(np.fft.rfft(windowed[:count])[:, :lines])
            semitones = np.concatenate([power[:, covered] @ bank for covered, bank in octaves], axis=1)
            np.multiply(np.sqrt(semitones), np.float32(self._scale), out=levels[first : first + count])
        return levels

    def _windows(self, samples: Samples, first: int, count: int) -> Rows:
        """Stretches (count, n_fft) of samples around every hop from the `first` on; silence beyond both ends."""
        half = self.n_fft // 2
        begin, end = first * self.hop_length - half, (first + count - 1) * self.hop_length + half
        part = samples[max(0, begin) : end]
        if begin < 0 or end > len(samples):
            part = np.pad(part, (max(0, -begin), max(0, end - len(samples))))
        return np.lib.stride_tricks.sliding_window_view(part, self.n_fft)[:: self.hop_length]

    def filterbank(self, a4_offset: float = 0.0) -> Floats:
        """(84, n_fft // 2 + 1) bells a semitone wide, never narrower than a line of the FFT; rows sum to 1."""
        line_hz = self.sample_rate / self.n_fft
        bins = np.arange(self.n_bins)
        middle_hz = self.lowest_hz * 2.0 ** (bins / 12.0)
        width = 0.6 * np.maximum(12.0 / math.log(2.0) * line_hz / middle_hz, 0.5)
        reach = width * math.sqrt(2.0 * math.log(1.0 / MIN_BELL))
        # only lines under a bell are computed: one in fifty of all pairs
        first = np.maximum(np.floor(middle_hz * 2.0 ** ((a4_offset - reach) / 12.0) / line_hz), 0).astype(np.int64)
        last = np.ceil(middle_hz * 2.0 ** ((a4_offset + reach) / 12.0) / line_hz).astype(np.int64)
        count = np.minimum(last, int(self.highest_hz / line_hz)) - first + 1
        row = np.repeat(bins, count)
        line = np.arange(len(row)) - np.repeat(np.cumsum(count) - count - first, count)
        pitch = 12.0 * np.log2(np.maximum(line * line_hz, 1.0) / self.lowest_hz) - a4_offset
        bells = np.exp(-0.5 * ((pitch - row) / width[row]) ** 2)
        bells[bells < MIN_BELL] = 0.0
        bank = np.zeros((self.n_bins, self.n_fft // 2 + 1), np.float32)
        bank[row, line] = bells / np.bincount(row, bells, self.n_bins)[row]
        return bank

    def a4_offset(self, samples: Samples) -> float:
        """Semitones (-0.5 to 0.5) by which spectral peaks from 160 to 2000 Hz of (n,) lie off A4 = 440 Hz.

        From three excerpts, every other frame of them.
        """
        length = int(TUNING_EXCERPT_S * self.sample_rate)
        starts = sorted({0, max(0, (len(samples) - length) // 2), max(0, len(samples) - length)})
        centre = sum((self._peak_direction(samples[start : start + length]) for start in starts), 0j)
        return math.atan2(centre.imag, centre.real) / (2.0 * math.pi) if centre else 0.0

    def _peak_direction(self, excerpt: Samples) -> complex:
        """The sum of the peaks of an excerpt (n,), each as an arrow whose angle is its distance from a semitone."""
        low, high = (hz * self.n_fft // self.sample_rate for hz in TUNING_RANGE_HZ)
        padded = np.pad(excerpt, (0, max(0, self.n_fft - len(excerpt))))
        windows = np.lib.stride_tricks.sliding_window_view(padded, self.n_fft)[:: 2 * self.hop_length]
        spectrum = np.fft.rfft(windows * self._window)
        power = power_of(spectrum[:, low - 1 : high + 2]) * np.float32(self._scale**2)
        left, peak, right = power[:, :-2], power[:, 1:-1], power[:, 2:]
        loudest = power.max(axis=1, keepdims=True)
        chosen = (peak > left) & (peak >= right) & (peak > 4e-4 * loudest) & (peak > 1e-9)
        left, peak, right = (np.log(np.maximum(values[chosen], 1e-20)) for values in (left, peak, right))
        offset = 0.5 * (left - right) / np.minimum(left - 2 * peak + right, -1e-6)
        lines = (low + np.nonzero(chosen)[1]).astype(np.float32) + np.clip(offset, -0.5, 0.5)
        angle = 2.0 * math.pi * 12.0 * np.log2(lines * (self.sample_rate / self.n_fft / 440.0))
        weight = np.exp(0.5 * peak)
        return complex(float((weight * np.cos(angle)).sum()), float((weight * np.sin(angle)).sum()))


def _octaves(bank: Floats) -> list[tuple[slice, Floats]]:
    """A filterbank (84, lines) as the lines that each octave covers and their weights (lines covered, 12)."""
    octaves: list[tuple[slice, Floats]] = []
    for rows in bank.reshape(len(bank) // 12, 12, -1):
        covered = np.flatnonzero(rows.any(axis=0))
        lines = slice(int(covered[0]), int(covered[-1]) + 1)
        octaves.append((lines, np.ascontiguousarray(rows[:, lines].T)))
    return octaves
