"""Log-frequency spectra that cover networks read and a corpus keeps: 84 semitones, 4.3 frames a second, a byte each.

The chroma that the application stores can be made from them, so one corpus serves networks on either.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pemr.covers.alignment.features import (
    FRAME_S,
    MAX_COMPARED_S,
    SAMPLE_RATE,
    CoverFeatures,
    Rows,
    Samples,
    decibels,
    features_of_semitones,
)
from pemr.covers.alignment.log_frequency import LogFrequency

SEMITONES = LogFrequency.n_bins
LOWEST_DB, STEP_DB = -127.5, 0.5

Spectrum = npt.NDArray[np.uint8]
"""(t, 84), half decibels above -127.5 dB of full scale."""


def spectrum(samples: Samples) -> Spectrum:
    """Mono float32 (n,) at 16 kHz -> spectrum, tuned to A4 = 440 Hz; the first 20 minutes."""
    used = np.nan_to_num(np.asarray(samples[: int(MAX_COMPARED_S * SAMPLE_RATE)], np.float32), posinf=0.0, neginf=0.0)
    if not len(used):
        return np.zeros((0, SEMITONES), np.uint8)
    front_end = LogFrequency()
    return quantised(front_end.magnitudes(used, front_end.a4_offset(used)))


def quantised(magnitudes: Rows) -> Spectrum:
    """Magnitudes (t, 84) -> spectrum."""
    steps = (decibels(magnitudes) - np.float32(LOWEST_DB)) / np.float32(STEP_DB)
    return np.clip(np.round(steps), 0, 255).astype(np.uint8)


def decibels_of(stored: Spectrum) -> Rows:
    """Spectrum -> dB (t, 84) float32."""
    return stored.astype(np.float32) * np.float32(STEP_DB) + np.float32(LOWEST_DB)


def features_of(stored: Spectrum) -> CoverFeatures:
    """The features that the application would have stored for this sound, but for rounding."""
    return features_of_semitones(decibels_of(stored), len(stored) * FRAME_S)
