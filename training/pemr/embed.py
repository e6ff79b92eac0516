"""A trained model in use: one call turns a file into vectors, tag probabilities and an importance curve."""

from __future__ import annotations

import copy
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from pemr import audio
from pemr.errors import ModelMismatch
from pemr.frontend import LogMelFrames
from pemr.graphs.fcn import encoder_graph, frames_reached
from pemr.graphs.importance import importance_graph
from pemr.graphs.session import Graph
from pemr.modelfile import Model, TagHead, load_model
from pemr.regression.logistic import Linear

Floats = npt.NDArray[np.float32]

DEFAULT_SEGMENTS = 12
"""Tags are as good as from every segment of a track, see tests/benchmarks/segments_per_track.py."""
SEGMENTS_AT_ONCE = 4
"""What more of them take no longer lies in the cache of a core, and every call fetches it from the system again."""
IMPORTANCE_STEP_S = 0.25
SILENCE_PEAK = 1e-4
LOOKED_AT_FIRST = 16_000
"""Samples from the middle of a track: hardly any music is silent there."""


@dataclass(frozen=True)
class Tag:
    """A tag of the model's vocabulary; only `supported` ones are suggested, from `threshold` on."""

    name: str
    group: str
    threshold: float
    supported: bool


@dataclass(frozen=True)
class TrackEmbedding:
    """What the model hears in one track.

    segments (n, 512), segment_starts_s (n,), track (512,) their mean; importance (m,) in 0..1, one value every
    importance_step_s, empty for a model without a predicting module; tag_probabilities (k,) in the order of the
    vocabulary, all zero for silence: no prediction; timings in seconds: decode_s, frontend_s, encoder_s, importance_s,
    heads_s.
    """

    segments: Floats
    segment_starts_s: Floats
    track: Floats
    importance: Floats
    importance_step_s: float
    tag_probabilities: Floats
    duration_s: float
    timings: dict[str, float]
    truncated: bool = False
    silent: bool = False


class Encoder:
    """A loaded model. Any number of threads may call it at once; a call takes as many cores as `threads` says."""

    def __init__(self, model: Model, threads: int = 1) -> None:
        self.model_id = model.model_id
        self.digest = model.digest
        self.front_end = model.info.front_end
        self.sample_rate = self.front_end.sample_rate
        self.provenance = model.info.provenance
        self._log_mel = LogMelFrames(self.front_end)
        self._frames_reached = frames_reached(self.front_end.segment_frames)
        self._encoder = Graph(encoder_graph(model.encoder, self.front_end.n_mels), threads)
        self._importance: Graph | None = None
        if model.predictor is not None and model.info.predictor is not None:
            length, heads = self.front_end.segment_frames, model.info.predictor.heads
            graph = importance_graph(model.predictor, self.front_end.n_mels, length, heads)
            self._importance = Graph(graph, threads)
        self._take_heads(Linear(model.head_weight, model.head_bias), model.info.tags)

    def _take_heads(self, linear: Linear, tags: Sequence[TagHead]) -> None:
        self.linear = linear
        self.tags = tuple(tags)
        self.vocabulary = tuple(Tag(t.name, t.group, t.threshold, t.supported) for t in tags)
        self._slopes = np.array([t.slope for t in tags], np.float32)
        self._offsets = np.array([t.offset for t in tags], np.float32)

    def with_heads(self, linear: Linear, tags: Sequence[TagHead]) -> Self:
        """The same ear with other tag heads; the network is shared."""
        other = copy.copy(self)
        other._take_heads(linear, tags)
        return other

    @classmethod
    def load(cls, path: str | os.PathLike[str], threads: int = 1) -> Self:
        """Read a model file. Raises `ModelMismatch`."""
        model = load_model(Path(path))
        try:
            return cls(model, threads)
        except ValueError as error:
            raise ModelMismatch(f"{path} does not hold what a PEMR model holds") from error

    def embed_file(
        self, path: str | os.PathLike[str], *, max_segments: int = DEFAULT_SEGMENTS, importance: bool = True
    ) -> TrackEmbedding:
        """Decode and embed. Without `importance` the curve stays empty. Raises `DecodeError`."""
        began = time.perf_counter()
        decoded = audio.read(path, self.sample_rate)
        decode_s = time.perf_counter() - began
        return self.embed_samples(
            decoded.samples, max_segments=max_segments, importance=importance, decode_s=decode_s,
            truncated=decoded.truncated,
        )  # fmt: skip

    def embed_samples(
        self,
        samples: Floats,
        *,
        max_segments: int = DEFAULT_SEGMENTS,
        importance: bool = True,
        decode_s: float = 0.0,
        truncated: bool = False,
        clock: Callable[[], float] = time.perf_counter,
    ) -> TrackEmbedding:
        """Mono float32 samples (n,) at `sample_rate` -> embedding. At most `max_segments`, spread evenly.

        `clock` is what `timings` are taken with.
        """
        length = self.front_end.segment_samples
        starts = segment_starts(len(samples), length, max_segments)
        padded = samples if len(samples) >= length else np.pad(samples, (0, length - len(samples)))
        vectors: list[Floats] = []
        curves: list[Floats] = []
        frontend_s = encoder_s = importance_s = 0.0
        for at in range(0, len(starts), SEGMENTS_AT_ONCE):
            began = clock()
            parts = [padded[start : start + length] for start in starts[at : at + SEGMENTS_AT_ONCE]]
            frames = self._log_mel(np.stack(parts))
            transformed = clock()
            vectors.append(self._encoder(frames=frames[..., : self._frames_reached]))
            encoded = clock()
            if importance and self._importance is not None:
                curves.append(self._importance(frames=frames))
            frontend_s += transformed - began
            encoder_s += encoded - transformed
            importance_s += clock() - encoded
        began = clock()
        segments: Floats = np.concatenate(vectors)
        track: Floats = segments.mean(axis=0)
        silent = is_silent(samples)
        probabilities = np.zeros(len(self.vocabulary), np.float32) if silent else self.tag_probabilities(track)
        heads_s = clock() - began
        duration_s = len(samples) / self.sample_rate
        return TrackEmbedding(
            segments=segments,
            segment_starts_s=(starts / self.sample_rate).astype(np.float32),
            track=track,
            importance=self._importance_curve(curves, starts, duration_s, silent),
            importance_step_s=IMPORTANCE_STEP_S,
            tag_probabilities=probabilities,
            duration_s=duration_s,
            timings={
                "decode_s": decode_s, "frontend_s": frontend_s, "encoder_s": encoder_s,
                "importance_s": importance_s, "heads_s": heads_s,
            },
            truncated=truncated,
            silent=silent,
        )  # fmt: skip

    def tag_probabilities(self, track: Floats) -> Floats:
        """Track vectors (512,) or (n, 512) -> calibrated probabilities (k,) or (n, k)."""
        scores = self.linear.scores(track.astype(np.float32))
        return np.asarray(1.0 / (1.0 + np.exp(-(scores * self._slopes + self._offsets))), np.float32)

    def _importance_curve(
        self, curves: list[Floats], starts: npt.NDArray[np.int64], duration_s: float, silent: bool
    ) -> Floats:
        """Frame scores of n segments -> (m,) in 0..1 over the whole track; between segments it is interpolated.

        Empty for a model that cannot tell which moments matter.
        """
        if not curves:
            return np.zeros(0, np.float32)
        scores: Floats = np.concatenate(curves)
        steps = max(1, int(np.ceil(duration_s / IMPORTANCE_STEP_S)))
        if silent:
            return np.zeros(steps, np.float32)
        frame_s = self.front_end.hop_length / self.sample_rate
        times = (starts / self.sample_rate)[:, None] + np.arange(scores.shape[1]) * frame_s
        step = np.minimum((times / IMPORTANCE_STEP_S).astype(int), steps - 1).ravel()
        inside = times.ravel() <= duration_s
        total = np.bincount(step[inside], (scores * scores.shape[1]).ravel()[inside], steps)
        count = np.bincount(step[inside], minlength=steps)
        known = np.flatnonzero(count)
        curve = np.interp(np.arange(steps), known, total[known] / count[known])
        low, high = np.percentile(curve, [2, 98])
        return np.asarray(np.clip((curve - low) / max(high - low, 1e-6), 0.0, 1.0), np.float32)


def is_silent(samples: Floats) -> bool:
    """Whether nothing in samples (n,) reaches the level of silence."""
    middle = len(samples) // 2
    for part in (samples[middle : middle + LOOKED_AT_FIRST], samples):
        if len(part) and max(float(part.max()), -float(part.min())) >= SILENCE_PEAK:
            return False
    return True


def segment_starts(samples: int, length: int, most: int) -> npt.NDArray[np.int64]:
    """Where segments start: as many as fit, at most `most`, spread evenly, the last one right-aligned; at least one."""
    count = max(1, min(most, -(-samples // length)))
    return np.linspace(0, max(0, samples - length), count).astype(np.int64)
