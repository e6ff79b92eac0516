"""Self-supervised pre-training, from a folder of music to checkpoints. Read it from `pretrain` downwards."""

from __future__ import annotations

import logging
import math
import os
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import torch
from lightning.fabric import Fabric
from lightning.fabric.strategies.ddp import DDPStrategy

from pemr import events
from pemr.augment import augment
from pemr.batches import Batch, Batches, split_held_out
from pemr.build import build_method, segment_encoder
from pemr.checkpoint import Checkpoint, load_checkpoint, require_same_recipe, save_checkpoint
from pemr.distributed import highest, processes, rank, started_as_leader, starts_on_its_machine
from pemr.errors import CheckpointError, CorpusError, RecipeError, TrainingDiverged
from pemr.methods.contract import Method
from pemr.precision import resolved
from pemr.recipe import Recipe
from pemr.runs.memory import give_back_unused_memory, resident_bytes, reuse_freed_memory
from pemr.runs.monitor import Labels, Monitor, reference_tracks
from pemr.runs.run_folder import RunFile, RunPaths, clips_of, decode_all, prepare_run, require_tracks
from pemr.runs.stopping import StopRequest
from pemr.time_spent import Stopwatch, TimeSpent

log = logging.getLogger(__name__)

MEMORY_STEPS = 50
GO_ON, TIME_IS_UP, STOP_ASKED = range(3)
REASONS = {GO_ON: "completed", TIME_IS_UP: "time", STOP_ASKED: "stopped"}


@dataclass
class State:
    """Everything that changes while training."""

    method: Method
    optimizer: torch.optim.Optimizer
    step: int = 0
    spent: TimeSpent = field(default_factory=TimeSpent)
    best_probe: float = -math.inf
    losses: dict[str, float] = field(default_factory=dict)


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
    labels: Labels | None = None,
) -> events.Finished:
    """Train until the recipe's epochs are done, the time is up, or a stop is asked for; then save and return.

    A folder that already holds a run goes on from its latest checkpoint. Raises `PemrError` subclasses; the
    latest checkpoint is intact whatever happens. With `listen` the line `stop` on standard input also stops it.
    With `labels` of tracks a linear probe is fitted to some of them whenever the run measures itself.
    Under `torchrun` all its processes train as one; the first of them alone writes, listens and reports.
    """
    paths = RunPaths(run_dir, cache or run_dir / "audio-cache")
    leads = started_as_leader()
    listener = listener if leads else _say_nothing
    with StopRequest(run_dir / "stop", listen=listen and leads, owner=starts_on_its_machine()) as stop:
        checkpoint = _checkpoint_to_resume(paths, recipe, resume) if leads else None
        reuse_freed_memory()
        if recipe.train.threads:
            torch.set_num_threads(recipe.train.threads)
        fabric = _launch(recipe)
        run = _prepare_everywhere(recipe, folders, paths, fabric, listener, stop)
        if run is None:
            return _finished(listener, 0, "stopped", None, TimeSpent())
        torch.manual_seed(recipe.train.seed)
        method = build_method(recipe)
        optimizer = torch.optim.Adam(
            method.parameters(), lr=recipe.train.learning_rate, weight_decay=recipe.train.weight_decay
        )
        state = State(method, optimizer)
        training = Training(recipe, run, paths, state, fabric, listener, labels)
        checkpoint = fabric.broadcast(checkpoint)
        if checkpoint is not None:
            _restore(state, checkpoint)
        return training.train(stop, max_hours)


def _checkpoint_to_resume(paths: RunPaths, recipe: Recipe, resume: bool) -> Checkpoint | None:
    if not paths.latest.exists():
        return None
    if not resume:
        raise CheckpointError(
            f"{paths.run_dir} already holds a run. Leave --no-resume out to go on with it, or use another --out folder."
        )
    checkpoint = load_checkpoint(paths.latest)
    require_same_recipe(checkpoint, recipe, paths.latest)
    return checkpoint


def _launch(recipe: Recipe) -> Fabric:
    """Fabric on this device, together with the other processes if `torchrun` started several."""
    several = torch.distributed.is_available() and torch.distributed.is_torchelastic_launched()
    world = int(os.environ["WORLD_SIZE"]) if several else 1
    if recipe.train.batch_size % world:
        raise RecipeError(f"train.batch_size {recipe.train.batch_size} cannot be shared equally by {world} processes")
    here = int(os.environ["LOCAL_WORLD_SIZE"]) if world > 1 else 1
    together = DDPStrategy(timeout=timedelta(days=2))  # the others wait while the first process decodes all music
    fabric = Fabric(
        accelerator=recipe.train.accelerator,
        devices=here,
        num_nodes=world // here,
        precision=resolved(recipe.train.precision, recipe.train.accelerator),
        strategy=together if world > 1 else "auto",
    )
    fabric.launch()
    return fabric


def _prepare_everywhere(
    recipe: Recipe, folders: list[Path], paths: RunPaths, fabric: Fabric, listener: events.Listener, stop: StopRequest
) -> RunFile | None:
    """The first process prepares the run; then every other machine decodes what is not in its cache."""
    run = None
    if rank() == 0:
        run = prepare_run(recipe, folders, paths, listener, lambda: stop.asked)
    run = fabric.broadcast(run)
    if run is None or processes() == 1:
        return run
    if rank() > 0 and starts_on_its_machine():
        decode_all(recipe, folders, paths.cache, _say_nothing, lambda: False)
    fabric.barrier()
    require_tracks(run, paths.cache)
    return run


class Training:
    """A prepared run and the loop over its steps."""

    def __init__(
        self,
        recipe: Recipe,
        run: RunFile,
        paths: RunPaths,
        state: State,
        fabric: Fabric,
        listener: events.Listener,
        labels: Labels | None,
    ) -> None:
        self.recipe, self.run, self.paths, self.state = recipe, run, paths, state
        self.fabric, self.listener = fabric, listener
        train_tracks, held_out = split_held_out(run.manifest.tracks, recipe.data.held_out, recipe.train.seed)
        self.batches = Batches(
            clips_of(recipe, train_tracks, paths.cache), recipe.train.batch_size, recipe.train.seed,
            rank=rank(), processes=processes(),
        )  # fmt: skip
        self.steps = recipe.train.steps(self.batches.steps_per_epoch)
        self.method, self.optimizer = fabric.setup(state.method, state.optimizer)
        encoder = segment_encoder(state.method, run.front_end).to(fabric.device)
        self.front = encoder.front
        self.monitor = Monitor(
            encoder,
            clips_of(recipe, held_out, paths.cache),
            reference_tracks(train_tracks, held_out),
            fabric.device,
            labels,
        )

    def train(self, stop: StopRequest, max_hours: float | None) -> events.Finished:
        """Steps until the end of the run, the time or a stop; whatever ends it, what was learned is saved."""
        state = self.state
        self._announce()
        deadline = math.inf if max_hours is None else time.monotonic() + max_hours * 3600
        if state.step == 0:
            self._probe()
        state.method.train()
        with closing(self.batches.from_step(state.step, self.steps)) as stream:
            try:
                end = self._steps(stream, stop, deadline)
            except CorpusError:
                self._save(self.paths.latest, "latest")
                raise
        self._save(self.paths.latest, "latest")
        if self._probe():
            self._save(self.paths.latest, "latest")
        self.fabric.barrier()
        return _finished(self.listener, state.step, REASONS[end], self.paths.latest, state.spent)

    def _steps(self, stream: Iterator[Batch], stop: StopRequest, deadline: float) -> int:
        """The loop. Returns why it ended: all steps are done, the time is up or a stop was asked for."""
        train, state = self.recipe.train, self.state
        last_save = last_probe = time.monotonic()
        stopwatch = Stopwatch(state.spent)
        while state.step < self.steps:
            step_began = time.monotonic()
            batch = next(stream)
            waited = time.monotonic() - step_began
            state.losses = self._step(batch)
            state.step += 1
            now = time.monotonic()
            state.spent = stopwatch.read()
            self._tell_step(now - step_began, waited, deadline - now)
            if state.step % MEMORY_STEPS == 0:
                give_back_unused_memory()
            if train.keep_steps and state.step % train.keep_steps == 0:
                self._save_if_possible(self.paths.kept(state.step), "kept")
            end = highest(STOP_ASKED if stop.asked else TIME_IS_UP if now >= deadline else GO_ON)
            if end != GO_ON:
                return end
            if _due(now - last_save, train.checkpoint_minutes, state.step, train.checkpoint_steps):
                self._save_if_possible(self.paths.latest, "latest")
                last_save = now
            if train.probe_minutes and now - last_probe >= train.probe_minutes * 60:
                self._probe()
                last_probe = time.monotonic()
        return GO_ON

    def _step(self, batch: Batch) -> dict[str, float]:
        """One optimiser step: augment, log-mel, losses, backward. Stops before a broken loss reaches the weights."""
        torch.manual_seed(self.batches.dropout_seed(batch.step))
        rate, settings = self.recipe.front_end.sample_rate, self.recipe.augmentation
        with torch.no_grad():
            first, second = (
                self.front(
                    augment(crops, rate, settings, self.batches.augmentation_generators(batch.step, view)).to(
                        self.fabric.device
                    )
                )
                for view, crops in enumerate((batch.first, batch.second))
            )
        terms = self.method(first, second, self.batches.masking_generator(batch.step))
        values = {name: float(value.detach()) for name, value in terms.items()}
        if not all(math.isfinite(value) for value in values.values()):
            raise self._diverged(batch, f"the loss is not a number ({values})")
        self.optimizer.zero_grad()
        self.fabric.backward(terms["total"])
        # the scaler of 16-mixed looks for infinite gradients itself, and passes over their steps
        if self.fabric.strategy.precision.precision != "16-mixed" and not self._gradients_are_finite():
            raise self._diverged(batch, f"a gradient is not a number (losses {values})")
        self.optimizer.step()
        self.state.method.after_step()
        return values

    def _gradients_are_finite(self) -> bool:
        gradients = [weight.grad for weight in self.state.method.parameters() if weight.grad is not None]
        return bool(torch.nn.utils.get_total_norm(gradients).isfinite())

    def _diverged(self, batch: Batch, what: str) -> TrainingDiverged:
        paths = sorted({self.batches.clips.path_of(index) for index in self.batches.indices(batch.step)})
        return TrainingDiverged(
            f"Step {batch.step}: {what}. The weights were not changed by it and the last checkpoint is intact. "
            f"Tracks of the batch: {', '.join(paths)}"
        )

    def _announce(self) -> None:
        recipe, clips = self.recipe, self.batches.clips
        short = [track.path for track in self.run.manifest.tracks if track.samples < clips.segment_samples]
        if short:
            self.listener(
                events.Warned(
                    f"{len(short)} tracks are shorter than one segment ({self.run.front_end.segment_s:.1f} s) and are "
                    f"left out, the first is {short[0]}"
                )
            )
        if len(clips) < recipe.train.batch_size:
            self.listener(
                events.Warned(f"Only {len(clips)} clips for a batch of {recipe.train.batch_size}: some repeat")
            )
        self.listener(
            events.Started(
                run_dir=str(self.paths.run_dir),
                recipe=recipe.name,
                method=recipe.method,
                tracks=len({clip.track for clip in clips.clips}),
                clips=len(clips),
                held_out_tracks=len(self.monitor.held_out.tracks),
                skipped_files=len(self.run.manifest.unreadable),
                step=self.state.step,
                steps=self.steps,
                steps_per_epoch=self.batches.steps_per_epoch,
                batch_size=recipe.train.batch_size,
                parameters=sum(p.numel() for p in self.state.method.parameters()),
                segment_frames=self.run.front_end.segment_frames,
                precision=resolved(recipe.train.precision, recipe.train.accelerator),
                floors=self.state.method.floors(recipe.train.batch_size),
                processes=processes(),
            )
        )

    def _tell_step(self, seconds: float, waited: float, seconds_to_deadline: float) -> None:
        state, batch_size = self.state, self.recipe.train.batch_size
        rate = batch_size / seconds
        left = min((self.steps - state.step) * seconds, seconds_to_deadline)
        epoch = (state.step - 1) // self.batches.steps_per_epoch
        self.listener(
            events.Step(
                state.step, self.steps, epoch, state.losses, rate, left, waited / seconds, resident_bytes(),
                state.spent.hours, state.spent.processor_hours,
            )
        )  # fmt: skip

    def _probe(self) -> bool:
        """Measure the encoder, in the first process; keep it if it is the best so far. Returns whether it is."""
        if rank() > 0:
            return False
        measures = self.monitor.measure(self.state.step)
        for measure in measures:
            self.listener(measure)
        if not measures or measures[0].value <= self.state.best_probe:
            return False
        self.state.best_probe = measures[0].value
        self._save_if_possible(self.paths.best, "best")
        return True

    def _save(self, path: Path, kind: str) -> None:
        if rank() > 0:
            return
        save_checkpoint(self._snapshot(), path)
        state = self.state
        self.listener(events.CheckpointSaved(str(path), state.step, kind, path.stat().st_size, state.losses))

    def _save_if_possible(self, path: Path, kind: str) -> None:
        """In the middle of a run a full disk is no reason to end it: the next save may find room again."""
        try:
            self._save(path, kind)
        except CheckpointError as error:
            self.listener(events.Warned(f"{error} The run goes on; free some space before it ends."))

    def _snapshot(self) -> Checkpoint:
        state = self.state
        generators = {"torch": torch.get_rng_state()}
        if torch.cuda.is_available():
            generators["cuda"] = torch.cuda.get_rng_state()
        return Checkpoint(
            self.recipe, self.run.front_end, state.step, state.spent, state.best_probe,
            state.method.state_dict(), self.optimizer.state_dict(), generators,
        )  # fmt: skip


def _restore(state: State, checkpoint: Checkpoint) -> None:
    state.method.load_state_dict(checkpoint.model)
    state.optimizer.load_state_dict(checkpoint.optimizer)
    state.step, state.spent, state.best_probe = checkpoint.step, checkpoint.spent, checkpoint.best_probe
    torch.set_rng_state(checkpoint.generators["torch"])
    if "cuda" in checkpoint.generators and torch.cuda.is_available():
        torch.cuda.set_rng_state(checkpoint.generators["cuda"])


def _due(seconds: float, every_minutes: float, step: int, every_steps: int) -> bool:
    by_time = every_minutes > 0 and seconds >= every_minutes * 60
    return by_time or (every_steps > 0 and step % every_steps == 0)


def _finished(
    listener: events.Listener, step: int, reason: str, checkpoint: Path | None, spent: TimeSpent
) -> events.Finished:
    event = events.Finished(
        step, reason, str(checkpoint or ""), spent.hours, spent.processor_hours, spent.counted_from
    )  # fmt: skip
    listener(event)
    return event


def _say_nothing(event: events.AnyEvent) -> None:
    """What processes other than the first report."""
