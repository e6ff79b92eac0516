"""A labelled set, decoded: the examples of its splits."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pemr.datasets.folder import CachedTrack, ClipCollection, Progress, build_cache
from pemr.datasets.labelled import SPLITS, LabelledFile, LabelledSet
from pemr.errors import CorpusError, readable
from pemr.frontend import FrontEnd
from pemr.protocols.examples import EvaluationSegments, Examples, full_segment_starts

log = logging.getLogger(__name__)

CLIP_S = 29.1


@dataclass(frozen=True)
class DecodedSet:
    """A labelled set whose audio is in the cache; `tracks` holds what could be decoded, by the path of its file."""

    labelled: LabelledSet
    cache: Path
    tracks: Mapping[str, CachedTrack]
    notes: tuple[str, ...]

    def examples(self, split: str, front_end: FrontEnd) -> Examples:
        """The tracks of a split: training crops come from anywhere, evaluation segments cover each track."""
        files = [file for file in self.labelled.of_split(split) if readable(file.path.absolute()) in self.tracks]
        if not files:
            raise CorpusError(f"{self.labelled.name} has no track for {split} that can be decoded")
        return set_examples(self.labelled, files, self._tracks_of(files), self.cache, front_end)

    def _tracks_of(self, files: Sequence[LabelledFile]) -> list[CachedTrack]:
        return [self.tracks[readable(file.path.absolute())] for file in files]


def decode_set(
    labelled: LabelledSet, cache: Path, sample_rate: int, max_track_s: float, progress: Progress
) -> DecodedSet:
    """Decode every track of the set once. Unreadable files are left out, counted and named in `notes`."""
    manifest = build_cache(
        [file.path for file in labelled.files], cache, sample_rate,
        max_track_s=max_track_s, cache_gb=1000.0, progress=progress,
    )  # fmt: skip
    notes = list(labelled.notes)
    if manifest.unreadable:
        first = manifest.unreadable[0]
        notes.append(f"{len(manifest.unreadable)} files cannot be decoded, the first is {first.path}: {first.reason}")
    return DecodedSet(labelled, cache, {track.path: track for track in manifest.tracks}, tuple(notes))


def set_examples(
    labelled: LabelledSet,
    files: Sequence[LabelledFile],
    tracks: Sequence[CachedTrack],
    cache: Path,
    front_end: FrontEnd,
) -> Examples:
    """Examples of some tracks: each stretch of 29 s is heard once an epoch, in a crop from anywhere in it."""
    length = front_end.segment_samples
    clips = ClipCollection(tracks, cache, round(CLIP_S * front_end.sample_rate), length).clips
    targets = labelled.truth(files).astype(np.float32)
    whole = [(clip.track, clip.start, clip.start + clip.length - length) for clip in clips]
    short = sorted(set(range(len(tracks))) - {track for track, _, _ in whole})
    if short:
        log.info("%d tracks are shorter than a segment and are followed by silence", len(short))
    stretches = np.array([*whole, *((track, 0, 0) for track in short)], np.int64)
    starts = [full_segment_starts(track.samples, length) for track in tracks]
    return Examples(
        tags=labelled.tags,
        tracks=tracks,
        cache=cache,
        segment_samples=length,
        groups=tuple(file.group for file in files),
        stretches=stretches,
        targets=targets[stretches[:, 0]],
        evaluated=tuple(
            EvaluationSegments(at, np.broadcast_to(row, (len(at), len(row))))
            for at, row in zip(starts, targets, strict=True)
        ),
        track_targets=targets,
    )


def all_splits(decoded: DecodedSet, front_end: FrontEnd) -> dict[str, Examples]:
    """Examples of train, validation and test."""
    return {split: decoded.examples(split, front_end) for split in SPLITS}
