"""Any folder of audio as training data: decoded once into a cache of 16-bit samples at the model's rate."""

from __future__ import annotations

import hashlib
import itertools
import logging
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from pemr import audio
from pemr.durable_files import replace_whole
from pemr.errors import CorpusError, DecodeError, readable

log = logging.getLogger(__name__)

AUDIO_SUFFIXES = frozenset(
    [
        ".mp3",
        ".ogg",
        ".oga",
        ".opus",
        ".flac",
        ".wav",
        ".wave",
        ".aif",
        ".aiff",
        ".m4a",
        ".mp4",
        ".aac",
        ".wma",
        ".wv",
        ".ape",
        ".mpc",
        ".au",
        ".mka",
        ".tta",
    ]
)
Progress = Callable[[int, int, int], None]


class CachedTrack(msgspec.Struct, frozen=True):
    """One track of the cache: the file it came from, the file of int16 samples, and how many there are."""

    path: str
    cache_name: str
    samples: int


class Unreadable(msgspec.Struct, frozen=True):
    path: str
    reason: str


class Manifest(msgspec.Struct, frozen=True):
    """What a run trains on. Kept in the run folder, so that a run resumes on exactly the tracks it began with."""

    sample_rate: int
    tracks: list[CachedTrack]
    unreadable: list[Unreadable]
    left_out: int = 0
    """Tracks that did not fit into the cache size the recipe allows."""


@dataclass(frozen=True)
class Clip:
    """A stretch of a track, in samples of the cache."""

    track: int
    start: int
    length: int


def audio_files(folders: Iterable[Path]) -> list[Path]:
    """All audio files below the folders (or the files themselves), sorted, hidden ones left out."""
    found: set[Path] = set()
    for folder in folders:
        if folder.is_file():
            found.add(folder.absolute())
        elif not folder.is_dir():
            raise CorpusError(f"There is no folder {folder}")
        for parent, names, files in os.walk(folder):
            names[:] = sorted(name for name in names if not name.startswith("."))
            found.update(
                (Path(parent) / file).absolute()
                for file in files
                if not file.startswith(".") and Path(file).suffix.lower() in AUDIO_SUFFIXES
            )
    return sorted(found)


def build_cache(
    folders: Sequence[Path],
    cache: Path,
    sample_rate: int,
    *,
    max_track_s: float,
    cache_gb: float,
    progress: Progress,
    stop: Callable[[], bool] = lambda: False,
) -> Manifest:
    """Decode every file that is not in the cache yet. Unreadable files are skipped, counted and named.

    Can be interrupted at any file and called again. Raises `CorpusError` if nothing can be used.
    """
    files = audio_files(folders)
    if not files:
        raise CorpusError(f"No audio files below {', '.join(map(str, folders))}")
    cache.mkdir(parents=True, exist_ok=True)
    tracks: list[CachedTrack] = []
    unreadable: list[Unreadable] = []
    room = int(cache_gb * 1e9)
    left_out = 0
    for done, path in enumerate(files):
        if stop():
            break
        progress(done, len(files), len(unreadable))
        try:
            track = _cached(path, cache, sample_rate, max_track_s)
        except (DecodeError, OSError) as error:
            reason = error.reason if isinstance(error, DecodeError) else str(error)
            unreadable.append(Unreadable(readable(path), reason))
            log.warning("Skipped %s: %s", path, reason)
            continue
        room -= track.samples * 2
        if room < 0:
            (cache / track.cache_name).unlink()
            left_out = len(files) - done
            break
        tracks.append(track)
    progress(len(files), len(files), len(unreadable))
    if not tracks and not stop():
        raise CorpusError(
            f"None of the {len(files)} audio files can be read; the first: {unreadable[0].path}: {unreadable[0].reason}"
        )
    return Manifest(sample_rate, tracks, unreadable, left_out)


def _cached(path: Path, cache: Path, sample_rate: int, max_track_s: float) -> CachedTrack:
    stat = path.stat()
    key = f"{os.fsencode(path)!r}|{stat.st_size}|{stat.st_mtime_ns}|{sample_rate}|{max_track_s}"
    name = hashlib.sha256(key.encode()).hexdigest()[:24] + ".i16"
    target = cache / name
    if not target.exists():
        samples = audio.decode(path, sample_rate, duration_s=max_track_s)
        scaled = np.clip(np.rint(samples * 32767.0), -32768, 32767).astype("<i2")
        try:
            replace_whole(target, scaled.tobytes())
        except OSError as error:
            raise CorpusError(
                f"Decoded audio cannot be written to {cache}: {error}. Free some space, or name another place "
                "with --cache. What is decoded already is kept; your music is untouched."
            ) from error
    return CachedTrack(readable(path), name, target.stat().st_size // 2)


class ClipCollection:
    """The clips of some tracks of a manifest, read from the cache."""

    def __init__(self, tracks: Sequence[CachedTrack], cache: Path, clip_samples: int, segment_samples: int) -> None:
        self.tracks = tracks
        self.segment_samples = segment_samples
        self._cache = cache
        self._clip_samples = clip_samples
        self.clips = [clip for index, track in enumerate(tracks) for clip in _clips(index, track, clip_samples)]
        self.clips = [clip for clip in self.clips if clip.length >= segment_samples]

    def __len__(self) -> int:
        return len(self.clips)

    def of_tracks(self, tracks: Sequence[CachedTrack]) -> ClipCollection:
        """The clips of other tracks of the same cache."""
        return ClipCollection(tracks, self._cache, self._clip_samples, self.segment_samples)

    def two_crops(self, index: int, random: np.random.Generator) -> tuple[audio.Samples, audio.Samples]:
        """Two segments from anywhere in clip `index`, float32 (segment_samples,) each."""
        clip = self.clips[index]
        starts = clip.start + random.integers(0, clip.length - self.segment_samples + 1, size=2)
        return self.crop(clip.track, int(starts[0])), self.crop(clip.track, int(starts[1]))

    def crop(self, track: int, start: int) -> audio.Samples:
        """One segment of a track, float32 (segment_samples,).

        Read, not mapped: the pages of a map would count as memory of the process until the system wants them back.
        """
        path = self._cache / self.tracks[track].cache_name
        try:
            samples = np.fromfile(path, "<i2", self.segment_samples, offset=start * 2)
        except OSError as error:
            raise self._gone(track, str(error)) from error
        if len(samples) < self.segment_samples:
            raise self._gone(track, "the file is shorter than it was")
        return samples.astype(np.float32) / 32767.0

    def path_of(self, index: int) -> str:
        return self.tracks[self.clips[index].track].path

    def _gone(self, track: int, reason: str) -> CorpusError:
        return CorpusError(
            f"The cached samples of {self.tracks[track].path} are gone ({reason}). "
            "Start the run again: what is missing is decoded anew."
        )


def _clips(index: int, track: CachedTrack, clip_samples: int) -> list[Clip]:
    """Cut a track into equal clips of about `clip_samples`; a short track is one clip."""
    count = max(1, round(track.samples / clip_samples))
    edges = [track.samples * i // count for i in range(count + 1)]
    return [Clip(index, start, end - start) for start, end in itertools.pairwise(edges)]
