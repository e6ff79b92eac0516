"""MFCC and chroma, the features of the time before networks: the baseline that a learned encoder has to beat."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from pemr.covers.alignment.features import FRAME_S, cover_features
from pemr.embed import DEFAULT_SEGMENTS, Floats, segment_starts
from pemr.frontend import FrontEnd
from pemr.log_mel import LogMel

COEFFICIENTS = 20
HANDCRAFTED_WIDTH = 2 * (COEFFICIENTS + 12)


@dataclass(frozen=True)
class SegmentFeatures:
    """`segments` (n, 64): mean and spread over the frames of each segment, of 20 MFCC and of 12 chroma."""

    segments: Floats


class MfccChroma:
    """An encoder without weights: 16 kHz samples to features, offering of `Encoder` what heads are fitted on."""

    def __init__(self) -> None:
        self.front_end = FrontEnd(hop_length=512)
        self._log_mel = LogMel(self.front_end)
        self._cosines = cosine_transform(COEFFICIENTS, self.front_end.n_mels)

    def embed_samples(self, samples: Floats, *, max_segments: int = DEFAULT_SEGMENTS) -> SegmentFeatures:
        """Mono float32 samples (n,) at 16 kHz -> features of at most `max_segments`, spread evenly."""
        length = self.front_end.segment_samples
        starts = segment_starts(len(samples), length, max_segments)
        padded = samples if len(samples) >= length else np.pad(samples, (0, length - len(samples)))
        chroma = cover_features(padded).rows()
        rows = [self._segment(padded[start : start + length], _stretch(chroma, start, length)) for start in starts]
        return SegmentFeatures(np.stack(rows).astype(np.float32))

    def _segment(self, samples: Floats, chroma: Floats) -> Floats:
        frames = self._log_mel.decibels(torch.from_numpy(samples)[None])[0]
        mfcc = (self._cosines @ frames).numpy()
        return np.concatenate([mfcc.mean(axis=1), mfcc.std(axis=1), chroma.mean(axis=0), chroma.std(axis=0)])


def cosine_transform(coefficients: int, bands: int) -> Tensor:
    """The first rows (coefficients, bands) of the orthonormal DCT-II."""
    k, n = torch.arange(coefficients)[:, None], torch.arange(bands)[None, :]
    rows = torch.cos(math.pi / bands * (n + 0.5) * k) * math.sqrt(2.0 / bands)
    rows[0] /= math.sqrt(2.0)
    return rows


def _stretch(chroma: Floats, start: int, length: int) -> Floats:
    """The chroma frames (t, 12) under a segment; at least one."""
    rate = FrontEnd().sample_rate
    first = min(int(start / rate / FRAME_S), max(0, len(chroma) - 1))
    found = chroma[first : max(first + 1, int((start + length) / rate / FRAME_S))]
    return found if len(found) else np.zeros((1, 12), np.float32)
