"""What the teacher says about the tracks of a folder, segment by segment, computed once and kept beside the cache."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from pemr.datasets.folder import CachedTrack, Manifest, build_cache
from pemr.durable_files import write_output
from pemr.embed import Encoder, segment_starts
from pemr.frontend import FrontEnd
from pemr.tags.teacher import PATCH_SAMPLES, SAMPLE_RATE, VOCABULARIES, Teacher, load_teacher
from pemr.vocabulary import VOCABULARY, merge

log = logging.getLogger(__name__)

SEGMENTS_PER_TRACK = 12
Progress = Callable[[str, int, int], None]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class LabelledTrack:
    """Teacher predictions (segments, tags of `VOCABULARY`) of one track; `group` is the album or soundtrack folder.

    Music that lies in one single folder has no albums: there each track is a group of its own.
    """

    path: str
    group: str
    cache_file: Path
    labels: Floats

    def samples(self) -> Floats:
        """(n,) at the teacher's rate, read from the cache."""
        return np.fromfile(self.cache_file, "<i2").astype(np.float32) / 32767.0


def label_folder(
    folder: Path,
    cache: Path,
    teacher_dir: Path,
    max_track_s: float,
    progress: Progress,
    segments: int = SEGMENTS_PER_TRACK,
) -> list[LabelledTrack]:
    """Decode a folder into the cache and let both teachers hear up to `segments` segments of each track."""
    manifest = build_cache(
        [folder], cache, SAMPLE_RATE, max_track_s=max_track_s, cache_gb=1000.0,
        progress=lambda done, total, skipped: progress(f"decoding {folder.name}, {skipped} skipped", done, total),
    )  # fmt: skip
    predictions = _teacher_predictions(manifest, cache, teacher_dir, progress, segments)
    groups = [Path(track.path).relative_to(folder.absolute()).parts[0] for track in manifest.tracks]
    if len(set(groups)) == 1:
        groups = [track.path for track in manifest.tracks]
    return [
        LabelledTrack(track.path, group, cache / track.cache_name, predictions[track.cache_name])
        for track, group in zip(manifest.tracks, groups, strict=True)
    ]


def embed_tracks(encoder: Encoder, tracks: Sequence[LabelledTrack], progress: Progress) -> list[Floats]:
    """Embeddings (segments, 512) of the very segments the teacher heard."""
    vectors = []
    for done, track in enumerate(tracks):
        progress("embedding", done, len(tracks))
        vectors.append(encoder.embed_samples(track.samples(), max_segments=SEGMENTS_PER_TRACK).segments)
    return vectors


def _teacher_predictions(
    manifest: Manifest, cache: Path, teacher_dir: Path, progress: Progress, segments: int
) -> dict[str, Floats]:
    store = cache / f"musicnn-{segments}.safetensors"
    known = _read(store)
    missing = [track for track in manifest.tracks if track.cache_name not in known]
    if missing:
        teachers = {name: load_teacher(teacher_dir / f"{name}_musicnn.safetensors") for name in VOCABULARIES}
        for done, track in enumerate(missing):
            progress("listening with the teacher", done, len(missing))
            known[track.cache_name] = _hear(track, cache, teachers, segments)
            if done % 50 == 49:
                write_output(store, save(known))
        write_output(store, save(known))
    return known


def _hear(track: CachedTrack, cache: Path, teachers: dict[str, Teacher], segments: int) -> Floats:
    """Merged probabilities (segments, tags): the teacher's three seconds lie in the middle of each segment."""
    samples = np.fromfile(cache / track.cache_name, "<i2").astype(np.float32) / 32767.0
    length = FrontEnd().segment_samples
    starts = segment_starts(len(samples), length, segments)
    padded = np.pad(samples, (0, max(0, length - len(samples))))
    middle = (length - PATCH_SAMPLES) // 2
    patches = np.stack([padded[start + middle : start + middle + PATCH_SAMPLES] for start in starts])
    return merge({name: (teacher.tags, teacher.label(patches)) for name, teacher in teachers.items()})


def _read(store: Path) -> dict[str, Floats]:
    if not store.exists():
        return {}
    try:
        stored: dict[str, Floats] = load_file(store)
    except (OSError, SafetensorError) as error:
        log.warning("%s cannot be read (%s); the teacher listens again", store, error)
        return {}
    return {name: labels for name, labels in stored.items() if labels.shape[1] == len(VOCABULARY)}
