"""Self-supervised pre-training, from a folder of music to checkpoints. Read it from `pretrain` downwards."""

import logging
import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch
from lightning.fabric import Fabric

from pemr import events
from pemr.augment import augment
from pemr.batches import Batch, Batches, split_held_out
from pemr.checkpoint import (
    Checkpoint,
    load_checkpoint,
    require_same_recipe,
    save_checkpoint,
    write_durably,
)
from pemr.datasets.folder import ClipCollection, Manifest, build_cache
from pemr.errors import CheckpointError, CorpusError, TrainingDiverged, readable
from pemr.frontend import FrontEnd, LogMel, normalised
from pemr.memory import give_back_unused_memory, resident_bytes, reuse_freed_memory
from pemr.methods.build import build_method
from pemr.methods.contract import Method
from pemr.recipe import Recipe
from pemr.retrieval import chance_reciprocal_rank, half_vectors, mean_reciprocal_rank
from pemr.stopping import StopRequest

log = logging.getLogger(__name__)

NORMALISATION_SEGMENTS = 256
MEMORY_STEPS = 50


class RunFile(msgspec.Struct, frozen=True):
    """`run.json`: what the run trains on, fixed when it began."""

    recipe: Recipe
    folders: list[str]
    cache: str
    front_end: FrontEnd
    manifest: Manifest


@dataclass(frozen=True)
class Places:
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


@dataclass
class State:
    """Everything that changes while training."""

    method: Method
    optimizer: torch.optim.Optimizer
    step: int = 0
    seconds: float = 0.0
    best_probe: float = -math.inf


def pretrain(
    recipe: Recipe,
    folders: list[Path],
    run_dir: Path,
    *,
    listener: events.Listener,
    cache: Path | None = None,
    resume: bool = True,
    max_hours: float | None = None,
    listen: bool = False,
) -> events.Finished:
    """Train until the recipe's epochs are done, the time is up, or a stop is asked for; then save and return.

    A folder that already holds a run goes on from its latest checkpoint. Raises `PemrError` subclasses; the
    latest checkpoint is intact whatever happens. With `listen` the line `stop` on standard input also stops it.
    """
    places = Places(run_dir, cache or run_dir / "audio-cache")
    with StopRequest(run_dir / "stop", listen=listen) as stop:
        checkpoint = _checkpoint_to_resume(places, recipe, resume)
        reuse_freed_memory()
        if recipe.train.threads:
            torch.set_num_threads(recipe.train.threads)
        run = _prepare_run(recipe, folders, places, listener, stop)
        if run is None:
            return _finished(listener, 0, "stopped", None, 0.0)
        torch.manual_seed(recipe.train.seed)
        fabric = Fabric(accelerator=recipe.train.accelerator, devices=1, precision=recipe.train.precision)
        method = build_method(recipe)
        optimizer = torch.optim.Adam(
            method.parameters(), lr=recipe.train.learning_rate, weight_decay=recipe.train.weight_decay
        )
        state = State(method, optimizer)
        if checkpoint is not None:
            _restore(state, checkpoint)
        return _train(recipe, run, places, state, fabric, listener, stop, max_hours)


def _checkpoint_to_resume(places: Places, recipe: Recipe, resume: bool) -> Checkpoint | None:
    if not places.latest.exists():
        return None
    if not resume:
        raise CheckpointError(
            f"{places.run_dir} already holds a run. Leave --no-resume out to go on with it, "
            "or use another --out folder."
        )
    checkpoint = load_checkpoint(places.latest)
    require_same_recipe(checkpoint, recipe, places.latest)
    return checkpoint


def _prepare_run(
    recipe: Recipe, folders: list[Path], places: Places, listener: events.Listener, stop: StopRequest
) -> RunFile | None:
    """Decode what is not decoded yet and fix what the run trains on. None if a stop was asked for meanwhile."""
    before = _read_run_file(places.run_file)
    manifest = build_cache(
        folders,
        places.cache,
        recipe.front_end.sample_rate,
        max_track_s=recipe.data.max_track_s,
        cache_gb=recipe.data.cache_gb,
        progress=lambda done, total, skipped: listener(events.Preparing(done, total, skipped)),
        stop=lambda: stop.asked,
    )
    if stop.asked:
        return None
    if manifest.left_out:
        listener(events.Warned(f"{manifest.left_out} tracks do not fit into data.cache_gb and are left out"))
    if before is not None:
        return _continued(before, manifest, places, listener)
    front_end = _measure_normalisation(recipe, manifest, places.cache)
    run = RunFile(recipe, [readable(folder) for folder in folders], str(places.cache), front_end, manifest)
    write_durably(places.run_file, msgspec.json.format(msgspec.json.encode(run), indent=1))
    return run


def _continued(before: RunFile, now: Manifest, places: Places, listener: events.Listener) -> RunFile:
    """Go on with exactly the tracks the run began with, whatever was added to or taken from the folder."""
    missing = [t.path for t in before.manifest.tracks if not (places.cache / t.cache_name).exists()]
    if missing:
        raise CorpusError(
            f"{len(missing)} tracks this run began with have changed or gone, the first is {missing[0]}. "
            "Bring them back to go on, or begin a new run in another --out folder."
        )
    new = len({t.cache_name for t in now.tracks} - {t.cache_name for t in before.manifest.tracks})
    if new:
        listener(events.Warned(f"{new} tracks were added since this run began; it goes on without them"))
    return before


def _read_run_file(path: Path) -> RunFile | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=RunFile)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError as error:
        raise CheckpointError(f"{path} is damaged: {error}") from error


def _measure_normalisation(recipe: Recipe, manifest: Manifest, cache: Path) -> FrontEnd:
    """The front end with mean and spread of the log-mel over a random sample of the corpus."""
    settings = recipe.front_end
    clips = _clips(recipe, manifest.tracks, cache)
    if not len(clips):
        raise CorpusError(f"No track is as long as one segment ({settings.segment_s:.1f} s)")
    random = np.random.default_rng([recipe.train.seed, 9])
    chosen = random.integers(0, len(clips), NORMALISATION_SEGMENTS)
    return normalised(settings, (torch.from_numpy(clips.two_crops(int(index), random)[0]) for index in chosen))


def _clips(recipe: Recipe, tracks: list[Any], cache: Path) -> ClipCollection:
    clip_samples = round(recipe.data.clip_s * recipe.front_end.sample_rate)
    return ClipCollection(tracks, cache, clip_samples, recipe.front_end.segment_samples)


def _train(
    recipe: Recipe,
    run: RunFile,
    places: Places,
    state: State,
    fabric: Fabric,
    listener: events.Listener,
    stop: StopRequest,
    max_hours: float | None,
) -> events.Finished:
    """The training loop."""
    train_tracks, held_out = split_held_out(run.manifest.tracks, recipe.data.held_out, recipe.train.seed)
    batches = Batches(_clips(recipe, train_tracks, places.cache), recipe.train.batch_size, recipe.train.seed)
    if len(batches.clips) < recipe.train.batch_size:
        listener(
            events.Warned(f"Only {len(batches.clips)} clips for a batch of {recipe.train.batch_size}: some repeat")
        )
    probe_clips = _clips(recipe, held_out, places.cache)
    steps = recipe.train.steps(batches.steps_per_epoch)
    raw_method = state.method
    method, optimizer = fabric.setup(raw_method, state.optimizer)
    log_mel = LogMel(run.front_end).to(fabric.device)
    floors = raw_method.floors(recipe.train.batch_size)
    listener(
        events.Started(
            run_dir=str(places.run_dir),
            recipe=recipe.name,
            method=recipe.method,
            tracks=len(train_tracks),
            clips=len(batches.clips),
            held_out_tracks=len(held_out),
            skipped_files=len(run.manifest.unreadable),
            step=state.step,
            steps=steps,
            steps_per_epoch=batches.steps_per_epoch,
            batch_size=recipe.train.batch_size,
            parameters=sum(p.numel() for p in raw_method.parameters()),
            segment_frames=run.front_end.segment_frames,
            precision=recipe.train.precision,
            floors=floors,
        )
    )

    def save(path: Path, kind: str) -> None:
        save_checkpoint(_snapshot(recipe, run.front_end, state, optimizer), path)
        listener(events.CheckpointSaved(str(path), state.step, kind, path.stat().st_size, losses))

    def probe() -> None:
        value = _probe(raw_method, log_mel, probe_clips, fabric.device, state.step, listener)
        if value is not None and value > state.best_probe:
            state.best_probe = value
            save(places.best, "best")

    losses: dict[str, float] = {}
    began = time.monotonic()
    seconds_before = state.seconds
    last_save = last_probe = began
    deadline = math.inf if max_hours is None else began + max_hours * 3600
    reason = "completed"
    if state.step == 0:
        probe()
    method.train()
    stream = batches.from_step(state.step, steps)
    while state.step < steps:
        step_began = time.monotonic()
        batch = next(stream)
        waited = time.monotonic() - step_began
        losses = _step(method, optimizer, log_mel, batch, batches, recipe, fabric)
        raw_method.after_step()
        state.step += 1
        now = time.monotonic()
        state.seconds = seconds_before + now - began
        rate = recipe.train.batch_size / (now - step_began)
        left = min((steps - state.step) * recipe.train.batch_size / rate, deadline - now)
        epoch = (state.step - 1) // batches.steps_per_epoch
        listener(
            events.Step(state.step, steps, epoch, losses, rate, left, waited / (now - step_began), resident_bytes())
        )
        if state.step % MEMORY_STEPS == 0:
            give_back_unused_memory()
        if recipe.train.keep_steps and state.step % recipe.train.keep_steps == 0:
            save(places.kept(state.step), "kept")
        if stop.asked or now >= deadline:
            reason = "stopped" if stop.asked else "time"
            break
        if _due(now - last_save, recipe.train.checkpoint_minutes, state.step, recipe.train.checkpoint_steps):
            save(places.latest, "latest")
            last_save = now
        if recipe.train.probe_minutes and now - last_probe >= recipe.train.probe_minutes * 60:
            probe()
            last_probe = time.monotonic()
    stream.close()
    probe()
    save(places.latest, "latest")
    return _finished(listener, state.step, reason, places.latest, state.seconds)


def _step(
    method: Any,
    optimizer: Any,
    log_mel: LogMel,
    batch: Batch,
    batches: Batches,
    recipe: Recipe,
    fabric: Fabric,
) -> dict[str, float]:
    """One optimiser step: augment, log-mel, losses, backward. Stops before a broken loss reaches the weights."""
    generator = batches.generator(batch.step)
    rate = recipe.front_end.sample_rate
    with torch.no_grad():
        first = log_mel(augment(batch.first, rate, recipe.augmentation, generator).to(fabric.device))
        second = log_mel(augment(batch.second, rate, recipe.augmentation, generator).to(fabric.device))
    terms = method(first, second, generator)
    values = {name: float(value.detach()) for name, value in terms.items()}
    if not all(math.isfinite(value) for value in values.values()):
        paths = sorted({batches.clips.path_of(index) for index in batch.indices})
        raise TrainingDiverged(
            f"Step {batch.step}: the loss is not a number ({values}). The weights of this step were not changed "
            f"and the last checkpoint is intact. Tracks of the batch: {', '.join(paths)}"
        )
    optimizer.zero_grad()
    fabric.backward(terms["total"])
    optimizer.step()
    return values


def _probe(
    method: Method,
    log_mel: LogMel,
    clips: ClipCollection,
    device: torch.device,
    step: int,
    listener: events.Listener,
) -> float | None:
    first, second = half_vectors(method.encoder, log_mel, clips, device)
    if len(first) < 2:
        return None
    value = (mean_reciprocal_rank(first, second) + mean_reciprocal_rank(second, first)) / 2
    listener(events.Probe(step, "other_half_mrr", value, chance_reciprocal_rank(len(first))))
    return value


def _due(seconds: float, every_minutes: float, step: int, every_steps: int) -> bool:
    by_time = every_minutes > 0 and seconds >= every_minutes * 60
    return by_time or (every_steps > 0 and step % every_steps == 0)


def _snapshot(recipe: Recipe, front_end: FrontEnd, state: State, optimizer: Any) -> Checkpoint:
    generators = {"torch": torch.get_rng_state()}
    if torch.cuda.is_available():
        generators["cuda"] = torch.cuda.get_rng_state()
    return Checkpoint(
        recipe, front_end, state.step, state.seconds, state.best_probe,
        state.method.state_dict(), optimizer.state_dict(), generators,
    )  # fmt: skip


def _restore(state: State, checkpoint: Checkpoint) -> None:
    state.method.load_state_dict(checkpoint.model)
    state.optimizer.load_state_dict(checkpoint.optimizer)
    state.step, state.seconds, state.best_probe = checkpoint.step, checkpoint.seconds, checkpoint.best_probe
    torch.set_rng_state(checkpoint.generators["torch"])
    if "cuda" in checkpoint.generators and torch.cuda.is_available():
        torch.cuda.set_rng_state(checkpoint.generators["cuda"])


def _finished(
    listener: events.Listener, step: int, reason: str, checkpoint: Path | None, seconds: float
) -> events.Finished:
    event = events.Finished(step, reason, str(checkpoint or ""), seconds / 3600)
    listener(event)
    return event
