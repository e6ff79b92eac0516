"""Cached tracks with what is heard in them, ready for training crops and for evaluation segments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from pemr.datasets.folder import CachedTrack
from pemr.embed import segment_starts
from pemr.errors import CorpusError
from pemr.frontend import FrontEnd
from pemr.tags.heads import as_targets
from pemr.tags.teacher import PATCH_SAMPLES
from pemr.tags.teacher_labels import LabelledTrack
from pemr.vocabulary import VOCABULARY

Floats = npt.NDArray[np.float32]
Starts = npt.NDArray[np.int64]

LABELLED_SAMPLES = FrontEnd().segment_samples
YES_TARGET = 0.5
NORMALISATION_STREAM = 29


@dataclass(frozen=True)
class EvaluationSegments:
    """Segments of one track that are used for evaluation: starts (m,) in samples, targets (m, k) in 0..1."""

    starts: Starts
    targets: Floats


@dataclass(frozen=True)
class Examples:
    """Tracks with labels.

    tags: (name, group) of each of the k tags; cache: the folder of the tracks' samples; groups: album, artist or
    soundtrack of each track; stretches (n, 3): track, first and last sample at which a training crop may begin;
    targets (n, k): what is heard in each stretch; evaluated: the evaluation segments of each track; track_targets
    (tracks, k): the track as a whole, where YES_TARGET or more means that it has the tag.
    """

    tags: tuple[tuple[str, str], ...]
    tracks: Sequence[CachedTrack]
    cache: Path
    segment_samples: int
    groups: tuple[str, ...]
    stretches: Starts
    targets: Floats
    evaluated: tuple[EvaluationSegments, ...]
    track_targets: Floats

    def __len__(self) -> int:
        return len(self.stretches)

    @property
    def truth(self) -> npt.NDArray[np.bool_]:
        """(tracks, k): which tags each track has."""
        return self.track_targets >= YES_TARGET

    def crop(self, track: int, start: int) -> Floats:
        """One segment (segment_samples,); a track that is shorter is followed by silence. Raises `CorpusError`."""
        count = min(self.segment_samples, self.tracks[track].samples - start)
        try:
            samples = np.fromfile(self.cache / self.tracks[track].cache_name, "<i2", count, offset=start * 2)
        except OSError as error:
            raise self._gone(track, str(error)) from error
        if len(samples) < count:
            raise self._gone(track, "the file is shorter than it was")
        return np.pad(samples.astype(np.float32) / 32767.0, (0, self.segment_samples - count))

    def _gone(self, track: int, reason: str) -> CorpusError:
        return CorpusError(
            f"The cached samples of {self.tracks[track].path} are gone ({reason}). Run the same command again: what is "
            "missing is decoded anew."
        )

    def segments(self, track: int, starts: Starts) -> Tensor:
        """(m, segment_samples)."""
        return torch.from_numpy(np.stack([self.crop(track, int(start)) for start in starts]))


def teacher_examples(tracks: Sequence[LabelledTrack], thresholds: Floats, segment_samples: int) -> Examples:
    """Tracks with the teacher's predictions for each segment that it heard; thresholds (k,) are where it means yes.

    A training crop moves around the middle of the teacher's three seconds as far as it still holds all of them.
    """
    cached = [CachedTrack(t.path, t.cache_file.name, t.cache_file.stat().st_size // 2) for t in tracks]
    cache = tracks[0].cache_file.parent if tracks else Path()
    play = max(0, (segment_samples - PATCH_SAMPLES) // 2)
    stretches: list[tuple[int, int, int]] = []
    evaluated: list[EvaluationSegments] = []
    answers = [as_targets(track.labels, thresholds) for track in tracks]
    for index, (file, targets) in enumerate(zip(cached, answers, strict=True)):
        last = max(0, file.samples - segment_samples)
        starts = segment_starts(file.samples, LABELLED_SAMPLES, len(targets))
        middles = starts + (LABELLED_SAMPLES - segment_samples) // 2
        stretches += [(index, max(0, min(last, at - play)), max(0, min(last, at + play))) for at in middles.tolist()]
        evaluated.append(EvaluationSegments(np.clip(middles, 0, last), targets))
    return Examples(
        tags=tuple((tag.name, tag.group) for tag in VOCABULARY),
        tracks=cached,
        cache=cache,
        segment_samples=segment_samples,
        groups=tuple(track.group for track in tracks),
        stretches=np.array(stretches, np.int64).reshape(-1, 3),
        targets=np.concatenate([np.zeros((0, len(VOCABULARY)), np.float32), *answers]),
        evaluated=tuple(evaluated),
        track_targets=as_targets(np.stack([track.labels.mean(axis=0) for track in tracks]), thresholds),
    )


def full_segment_starts(samples: int, length: int) -> Starts:
    """Segments one after the other; a rest that does not fill one is covered by a last one that ends with the track."""
    starts = list(range(0, max(1, samples - length + 1), length))
    if starts[-1] + length < samples:
        starts.append(samples - length)
    return np.array(starts, np.int64)


def sampled_segments(examples: Examples, seed: int, count: int = 256) -> Iterator[Tensor]:
    """Training crops (segment_samples,) from anywhere, to measure a front end's normalisation on."""
    random = np.random.default_rng([seed, NORMALISATION_STREAM])
    for track, first, last in examples.stretches[random.integers(0, len(examples), count)]:
        yield torch.from_numpy(examples.crop(int(track), int(random.integers(first, last + 1))))
