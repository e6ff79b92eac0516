"""What is compared, all of one shape: samples of a track in, vectors of the segments that the teacher heard out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr
import torch
from torch import nn

from pemr.build import trained_encoder
from pemr.checkpoint import load_checkpoint
from pemr.embed import DEFAULT_SEGMENTS, Floats, segment_starts
from pemr.frontend import FrontEnd
from pemr.tags.teacher import SAMPLE_RATE

SEGMENTS_PER_BATCH = 8


@dataclass(frozen=True)
class SegmentVectors:
    """`segments` (n, width)."""

    segments: Floats


class NetworkEncoder:
    """A network from samples (B, n) at the front end's rate to vectors, applied to whole tracks at 16 kHz."""

    def __init__(self, network: nn.Module, front_end: FrontEnd) -> None:
        self.network = network.eval()
        self.front_end = front_end

    @torch.inference_mode()
    def embed_samples(self, samples: Floats, *, max_segments: int = DEFAULT_SEGMENTS) -> SegmentVectors:
        """Mono float32 samples (n,) at 16 kHz -> vectors of at most `max_segments`, spread evenly.

        A network with segments of another length hears the middle of those the teacher heard.
        """
        teacher_samples = FrontEnd().segment_samples
        middles = (
            segment_starts(len(samples), teacher_samples, max_segments) + min(teacher_samples, len(samples)) / 2
        ) / SAMPLE_RATE
        rate, length = self.front_end.sample_rate, self.front_end.segment_samples
        if rate != SAMPLE_RATE:
            samples = np.asarray(soxr.resample(samples, SAMPLE_RATE, rate), np.float32)
        padded = samples if len(samples) >= length else np.pad(samples, (0, length - len(samples)))
        starts = np.clip(np.rint(middles * rate - length / 2), 0, len(padded) - length).astype(np.int64)
        segments = torch.from_numpy(np.stack([padded[start : start + length] for start in starts]))
        vectors = [self.network(batch).float() for batch in torch.split(segments, SEGMENTS_PER_BATCH)]
        return SegmentVectors(torch.cat(vectors).numpy())


def of_checkpoint(path: Path) -> NetworkEncoder:
    """The encoder of a training checkpoint."""
    checkpoint = load_checkpoint(path)
    return NetworkEncoder(trained_encoder(checkpoint), checkpoint.front_end)
