"""The folder of a run: where its files are, and what it trains on, fixed when it began."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import torch

from pemr import events
from pemr.datasets.folder import CachedTrack, ClipCollection, Manifest, build_cache
from pemr.durable_files import write_output
from pemr.errors import CheckpointError, CorpusError, readable
from pemr.frontend import FrontEnd
from pemr.log_mel import normalised
from pemr.recipe import Recipe

log = logging.getLogger(__name__)

NORMALISATION_SEGMENTS = 256


class RunFile(msgspec.Struct, frozen=True):
    """`run.json`: what the run trains on, fixed when it began."""

    recipe: Recipe
    folders: list[str]
    cache: str
    front_end: FrontEnd
    manifest: Manifest


@dataclass(frozen=True)
class RunPaths:
    """The files of a run folder."""

    run_dir: Path
    cache: Path

    @property
    def run_file(self) -> Path:
        return self.run_dir / "run.json"

    @property
    def latest(self) -> Path:
        return self.run_dir / "checkpoints" / "latest.pt"

    @property
    def best(self) -> Path:
        return self.run_dir / "checkpoints" / "best.pt"

    def kept(self, step: int) -> Path:
        return self.run_dir / "checkpoints" / f"step-{step:07d}.pt"


def prepare_run(
    recipe: Recipe, folders: list[Path], paths: RunPaths, listener: events.Listener, stop: Callable[[], bool]
) -> RunFile | None:
    """Decode what is not decoded yet and fix what the run trains on. None if a stop was asked for meanwhile."""
    before = _read_run_file(paths.run_file)
    if before is not None:
        _discard_damaged(before, paths.cache)
    manifest = decode_all(recipe, folders, paths.cache, listener, stop)
    if stop():
        return None
    if manifest.left_out:
        listener(events.Warned(f"{manifest.left_out} tracks do not fit into data.cache_gb and are left out"))
    if before is not None:
        require_tracks(before, paths.cache)
        began, now = ({t.cache_name for t in corpus_state.tracks} for corpus_state in (before.manifest, manifest))
        if now - began:
            listener(
                events.Warned(f"{len(now - began)} tracks were added since this run began; it goes on without them")
            )
        if began - now:
            listener(
                events.Warned(
                    f"{len(began - now)} of the {len(began)} tracks this run began with are not in these folders as "
                    "they were; it goes on with their samples from the cache"
                )
            )
        return before
    front_end = _measure_normalisation(recipe, manifest, paths.cache)
    run = RunFile(recipe, [readable(folder) for folder in folders], str(paths.cache), front_end, manifest)
    write_output(paths.run_file, msgspec.json.format(msgspec.json.encode(run), indent=1))
    return run


def decode_all(
    recipe: Recipe, folders: list[Path], cache: Path, listener: events.Listener, stop: Callable[[], bool]
) -> Manifest:
    """Every readable file of the folders, decoded into the cache."""
    return build_cache(
        folders,
        cache,
        recipe.front_end.sample_rate,
        max_track_s=recipe.data.max_track_s,
        cache_gb=recipe.data.cache_gb,
        progress=lambda done, total, skipped: listener(events.Preparing(done, total, skipped)),
        stop=stop,
    )


def require_tracks(run: RunFile, cache: Path) -> None:
    """A run goes on with exactly the tracks it began with, whatever was added. Raises `CorpusError` if one is gone."""
    missing = [t.path for t in run.manifest.tracks if not (cache / t.cache_name).exists()]
    if missing:
        raise CorpusError(
            f"{len(missing)} tracks this run began with have changed or gone, the first is {missing[0]}. "
            "Bring them back to go on, or begin a new run in another --out folder."
        )


def _discard_damaged(run: RunFile, cache: Path) -> None:
    """Take cached samples away that are fewer than they were; they are decoded anew."""
    for track in run.manifest.tracks:
        file = cache / track.cache_name
        if file.exists() and file.stat().st_size != track.samples * 2:
            log.warning("%s: its cached samples are damaged and are made again", track.path)
            file.unlink()


def clips_of(recipe: Recipe, tracks: Sequence[CachedTrack], cache: Path) -> ClipCollection:
    clip_samples = round(recipe.data.clip_s * recipe.front_end.sample_rate)
    return ClipCollection(tracks, cache, clip_samples, recipe.front_end.segment_samples)


def _read_run_file(path: Path) -> RunFile | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=RunFile)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError as error:
        raise CheckpointError(f"{path} is damaged") from error


def _measure_normalisation(recipe: Recipe, manifest: Manifest, cache: Path) -> FrontEnd:
    """The front end with mean and spread of the log-mel over a random sample of the corpus."""
    settings = recipe.front_end
    clips = clips_of(recipe, manifest.tracks, cache)
    if not len(clips):
        raise CorpusError(f"No track is as long as one segment ({settings.segment_s:.1f} s)")
    random = np.random.default_rng([recipe.train.seed, 9])
    chosen = random.integers(0, len(clips), NORMALISATION_SEGMENTS)
    return normalised(settings, (torch.from_numpy(clips.two_crops(int(index), random)[0]) for index in chosen))
