"""Samples to normalised log-mel frames, the representation that transformer and encoder share."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import numpy.typing as npt

AMIN = 1e-10

Floats = npt.NDArray[np.float32]


class FrontEnd(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of the log-mel front end; travels inside every checkpoint and model file.

    `mean_db` and `std_db` are measured on the training corpus; frames are (dB - mean) / std.
    """

    sample_rate: int = 16_000
    n_fft: int = 1024
    hop_length: int = 128
    n_mels: int = 128
    segment_samples: int = 59_049
    mean_db: float = 0.0
    std_db: float = 1.0

    @property
    def segment_frames(self) -> int:
        """Frames L of one segment."""
        return self.frames_of(self.segment_samples)

    @property
    def segment_s(self) -> float:
        return self.segment_samples / self.sample_rate

    def frames_of(self, samples: int) -> int:
        """Frames of a clip with that many samples; a frame is centred on every `hop_length` samples."""
        return 1 + samples // self.hop_length


class LogMelFrames:
    """Log-mel frames computed for listening; `pemr.log_mel` is its twin for training."""

    def __init__(self, settings: FrontEnd) -> None:
        self.settings = settings
        self._window = hann_window(settings.n_fft)
        self._bank = np.ascontiguousarray(mel_filterbank(settings.sample_rate, settings.n_fft, settings.n_mels).T)

    def __call__(self, samples: Floats) -> Floats:
        """Samples (B, n) at the front end's rate -> normalised log-mel (B, n_mels, L)."""
        settings = self.settings
        frames = np.empty((len(samples), settings.n_mels, settings.frames_of(samples.shape[1])), np.float32)
        for clip, levels in zip(samples, frames, strict=True):
            np.matmul(self._bank, short_time_power(clip, self._window, settings.hop_length).T, out=levels)
        np.log(np.maximum(frames, np.float32(AMIN), out=frames), out=frames)
        frames *= np.float32(10.0 / math.log(10.0))
        frames -= np.float32(settings.mean_db)
        frames /= np.float32(settings.std_db)
        return frames


def hann_window(length: int) -> Floats:
    """(length,) one period of a raised cosine."""
    return (0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(length) / length)).astype(np.float32)


def short_time_power(samples: Floats, window: Floats, hop_length: int) -> Floats:
    """Samples (n,) -> power spectrum (1 + n // hop_length, n_fft // 2 + 1) of frames centred on every hop.

    At both ends the samples are mirrored, so there have to be more than half a window of them.
    """
    length = len(window)
    mirrored = np.pad(samples, length // 2, mode="reflect")
    return power_of(np.fft.rfft(np.lib.stride_tricks.sliding_window_view(mirrored, length)[::hop_length] * window))


def power_of(spectrum: npt.NDArray[np.complexfloating]) -> Floats:
    """Squared magnitudes of complex64."""
    power: Floats = spectrum.real * spectrum.real
    power += spectrum.imag * spectrum.imag
    return power


def mel_filterbank(sample_rate: int, n_fft: int, n_mels: int) -> Floats:
    """(n_fft // 2 + 1, n_mels) triangles on the HTK mel scale from 0 to half the sample rate, peak 1."""
    top = 2595.0 * math.log10(1.0 + sample_rate / 2 / 700.0)
    corners = 700.0 * (10.0 ** (np.linspace(0.0, top, n_mels + 2) / 2595.0) - 1.0)
    return triangles(corners, np.linspace(0.0, sample_rate // 2, n_fft // 2 + 1)).astype(np.float32)


def triangles(corners_hz: npt.NDArray[np.float64], bins_hz: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(bins, corners - 2): each triangle rises from one corner to 1 at the next and falls to 0 at the one after."""
    widths = np.diff(corners_hz)
    offsets = corners_hz[np.newaxis, :] - bins_hz[:, np.newaxis]
    rising, falling = -offsets[:, :-2] / widths[:-1], offsets[:, 2:] / widths[1:]
    found: npt.NDArray[np.float64] = np.maximum(np.minimum(rising, falling), 0.0)
    return found
