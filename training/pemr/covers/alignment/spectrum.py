"""Log-frequency spectra that cover networks read and a corpus keeps: 84 semitones, 4.3 frames a second, a byte each.

The chroma that the application stores can be made from them, so one corpus serves networks on either.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from pemr.covers.alignment.features import (
    FRAME_S,
    MAX_COMPARED_S,
    SAMPLE_RATE,
    CoverFeatures,
    Samples,
    estimate_tuning,
    features_of_semitones,
    semitone_magnitudes,
)
from pemr.frontend import LogFrequency

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
    with torch.inference_mode():
        sound = torch.from_numpy(used)
        return quantised(semitone_magnitudes(front_end, sound, estimate_tuning(front_end, sound)))


def quantised(magnitudes: Tensor) -> Spectrum:
    """Magnitudes (t, 84) -> spectrum."""
    decibels = magnitudes.clamp_min(1e-7).log10().mul(20.0)
    return ((decibels - LOWEST_DB) / STEP_DB).round().clamp(0, 255).to(torch.uint8).numpy()


def decibels_of(stored: Spectrum) -> Tensor:
    """Spectrum -> dB (t, 84) float32."""
    return torch.from_numpy(stored.astype(np.float32)).mul(STEP_DB).add(LOWEST_DB)


def features_of(stored: Spectrum) -> CoverFeatures:
    """The features that the application would have stored for this sound, but for rounding."""
    return features_of_semitones(decibels_of(stored), len(stored) * FRAME_S)
