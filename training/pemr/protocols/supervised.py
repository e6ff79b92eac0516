"""Supervised training of the encoder and a linear head: fine-tuning, or FCN-4 from random weights.

Read it from `train_supervised` downwards. Like pre-training it saves, stops and resumes; on a CPU a resumed run ends
with the same weights as one that was never stopped.
"""

from __future__ import annotations

import hashlib
import logging
import math
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import torch
from lightning.fabric import Fabric
from torch import nn

from pemr import events
from pemr.augment import augment
from pemr.build import encoder_module
from pemr.checkpoint import load_content, save_content
from pemr.errors import CheckpointError, CorpusError, TrainingDiverged
from pemr.log_mel import LogMel
from pemr.modelfile import Model
from pemr.precision import resolved
from pemr.protocols.evaluation import Evaluation, embed_segments, evaluate_vectors
from pemr.protocols.examples import Examples, Floats
from pemr.protocols.supervised_batches import SupervisedBatch, SupervisedBatches
from pemr.protocols.supervised_settings import Supervised
from pemr.protocols.tagger import Tagger, calibrated_heads, fresh_head
from pemr.runs.memory import give_back_unused_memory, resident_bytes, reuse_freed_memory
from pemr.runs.stopping import StopRequest
from pemr.time_spent import Stopwatch, TimeSpent, stored_time

log = logging.getLogger(__name__)

MEMORY_STEPS = 50
FORMAT = 1
KIND = "supervised"


@dataclass(frozen=True)
class Trained:
    """The tagger with the best validation value, in eval mode, and what it reaches on all validation segments."""

    tagger: Tagger
    vectors: list[Floats]
    evaluation: Evaluation
    step: int
    best_step: int
    spent: TimeSpent
    reason: str


@dataclass
class _State:
    """Everything that changes while training. `best` is negated where more is better."""

    tagger: Tagger
    optimizer: torch.optim.Optimizer
    plateau: torch.optim.lr_scheduler.ReduceLROnPlateau
    step: int = 0
    spent: TimeSpent = field(default_factory=TimeSpent)
    best: float = math.inf
    best_step: int = 0
    evaluations_since_best: int = 0


@dataclass(frozen=True)
class _Run:
    """What stays the same while training."""

    settings: Supervised
    validation: Examples
    batches: SupervisedBatches
    run_dir: Path
    listener: events.Listener
    log_mel: LogMel
    fabric: Fabric
    identity: str

    @property
    def latest(self) -> Path:
        return self.run_dir / "checkpoints" / "latest.pt"

    @property
    def best(self) -> Path:
        return self.run_dir / "checkpoints" / "best.pt"


def train_supervised(
    start: Model,
    train: Examples,
    validation: Examples,
    settings: Supervised,
    run_dir: Path,
    *,
    listener: events.Listener,
    resume: bool = True,
    max_hours: float | None = None,
    listen: bool = False,
    name: str = "supervised",
) -> Trained:
    """Train encoder and head from a model until validation gets no better, the time is up, or a stop is asked for.

    `start` may hold trained or fresh weights; where its tags are those of the examples, its heads are gone on with.
    A run folder that holds a run with the same settings and data is gone on with. Raises `PemrError`
    subclasses; the latest checkpoint is intact whatever happens.
    """
    _require_use(train, validation)
    with StopRequest(run_dir / "stop", listen=listen) as stop:
        reuse_freed_memory()
        if settings.threads:
            torch.set_num_threads(settings.threads)
        torch.manual_seed(settings.seed)
        precision: Any = resolved(settings.precision, settings.accelerator)
        fabric = Fabric(accelerator=settings.accelerator, devices=1, precision=precision)
        log_mel = LogMel(start.info.front_end).to(fabric.device)
        batches = SupervisedBatches(train, settings.batch_size, settings.seed)
        identity = _identity(start, train, validation)
        run = _Run(settings, validation, batches, run_dir, listener, log_mel, fabric, identity)
        state = _fresh_state(start, run)
        if run.latest.exists():
            if not resume:
                raise CheckpointError(
                    f"{run_dir} already holds a run. Leave --no-resume out to go on with it, "
                    "or use another --out folder."
                )
            _restore(state, run, run.latest)
        reason = _train(run, state, stop, max_hours, name)
        return _result(run, state, reason)


def steps_between_evaluations(settings: Supervised, validation: Examples, steps_per_epoch: int) -> int:
    """An epoch, or as many steps as take about as long as an evaluation: a step goes forth and back, it only forth."""
    if settings.evaluate_steps:
        return settings.evaluate_steps
    most = settings.validation_segments
    segments = sum(min(len(evaluated.starts), most or len(evaluated.starts)) for evaluated in validation.evaluated)
    return max(steps_per_epoch, math.ceil(segments / (3 * settings.batch_size)))


def _require_use(train: Examples, validation: Examples) -> None:
    if not len(train):
        raise CorpusError("No track is left to train on")
    if not len(validation):
        raise CorpusError("No track is left to validate on")
    if train.tags != validation.tags:
        raise CorpusError("Training and validation tracks are labelled with different tags")


def _fresh_state(start: Model, run: _Run) -> _State:
    settings, train = run.settings, run.batches.examples
    head = fresh_head(len(train.tags), torch.from_numpy(train.targets).mean(dim=0))
    if tuple((tag.name, tag.group) for tag in start.info.tags) == train.tags:
        head.load_state_dict(calibrated_heads(start))
    # on its device before the optimiser is made: what a checkpoint holds of both then lands there as well
    tagger = Tagger(encoder_module(start), head, frozen=settings.encoder == "frozen").to(run.fabric.device)
    groups: list[dict[str, Any]] = [{"params": list(head.parameters()), "lr": settings.head_learning_rate}]
    if not tagger.frozen:
        groups.append({"params": list(tagger.encoder.parameters()), "lr": settings.learning_rate})
    optimizer = torch.optim.Adam(groups, weight_decay=settings.weight_decay)
    plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, factor=settings.plateau_factor, patience=settings.plateau_patience, threshold=0.0
    )
    return _State(tagger, optimizer, plateau)


def _train(run: _Run, state: _State, stop: StopRequest, max_hours: float | None, name: str) -> str:
    """The training loop. Returns why it ended: completed, converged, stopped or time."""
    settings, batches = run.settings, run.batches
    steps = settings.epochs * batches.steps_per_epoch
    every = steps_between_evaluations(settings, run.validation, batches.steps_per_epoch)
    _tell_start(run, state, steps, name)
    network, optimizer = run.fabric.setup(state.tagger, state.optimizer)
    began = last_save = time.monotonic()
    stopwatch = Stopwatch(state.spent)
    deadline = math.inf if max_hours is None else began + max_hours * 3600
    if state.step == 0:
        _evaluate(run, state)
    stream = batches.from_step(state.step, steps)
    reason = "completed"
    network.train()
    while state.step < steps:
        if settings.schedule == "plateau" and state.evaluations_since_best >= settings.stop_patience:
            reason = "converged"
            break
        step_began = time.monotonic()
        batch = next(stream)
        waited = time.monotonic() - step_began
        if settings.schedule == "cosine":
            for group, rate in zip(optimizer.param_groups, settings.rates(state.step / steps), strict=False):
                group["lr"] = rate
        loss = _step(run, network, optimizer, batch)
        state.step += 1
        now = time.monotonic()
        state.spent = stopwatch.read()
        rate = settings.batch_size / (now - step_began)
        left = min((steps - state.step) * settings.batch_size / rate, deadline - now)
        run.listener(
            events.Step(
                state.step, steps, (state.step - 1) // batches.steps_per_epoch, {"cross_entropy": loss}, rate, left,
                waited / (now - step_began), resident_bytes(), state.spent.hours, state.spent.processor_hours,
            )
        )  # fmt: skip
        if state.step % MEMORY_STEPS == 0:
            give_back_unused_memory()
        if state.step % every == 0:
            _evaluate(run, state)
            network.train()
        if stop.asked or now >= deadline:
            reason = "stopped" if stop.asked else "time"
            break
        if settings.checkpoint_minutes and now - last_save >= settings.checkpoint_minutes * 60:
            _save(run, state, run.latest, "latest")
            last_save = now
    stream.close()
    _save(run, state, run.latest, "latest")
    return reason


def _step(run: _Run, network: Any, optimizer: Any, batch: SupervisedBatch) -> float:
    """One optimiser step. Stops before a broken loss reaches the weights."""
    settings, samples, targets = run.settings, batch.samples, batch.targets
    with torch.no_grad():
        if settings.augmented:
            rate = run.log_mel.settings.sample_rate
            samples = augment(samples, rate, settings.augmentation, run.batches.generators(batch.step))
        if settings.mixed:
            samples, targets = run.batches.mixed(samples, targets, batch.step, settings.mixed)
        frames = run.log_mel(samples.to(run.fabric.device))
    loss = nn.functional.binary_cross_entropy_with_logits(network(frames).float(), targets.to(frames))
    value = float(loss.detach())
    if not math.isfinite(value):
        examples = run.batches.examples
        paths = sorted({examples.tracks[int(examples.stretches[index, 0])].path for index in batch.indices})
        raise TrainingDiverged(
            f"Step {batch.step}: the loss is not a number. The weights of this step were not changed and the last "
            f"checkpoint is intact. Tracks of the batch: {', '.join(paths)}"
        )
    optimizer.zero_grad()
    run.fabric.backward(loss)
    optimizer.step()
    return value


def _evaluate(run: _Run, state: _State) -> None:
    """Measure on the validation tracks, keep the best, and slow down on a plateau."""
    settings = run.settings
    most = settings.validation_segments
    vectors = embed_segments(state.tagger.encoder, run.log_mel, run.validation, run.fabric.device, most)
    evaluation = evaluate_vectors(state.tagger.head, vectors, run.validation, most)
    for measure, chance in evaluation.chances(run.validation).items():
        run.listener(events.Probe(state.step, f"validation_{measure}", evaluation.value(measure), chance))
    value = evaluation.cost(settings.criterion)
    if settings.schedule == "plateau":
        state.plateau.step(value)
    if value < state.best:
        state.best, state.best_step, state.evaluations_since_best = value, state.step, 0
        _save(run, state, run.best, "best")
    else:
        state.evaluations_since_best += 1


def _result(run: _Run, state: _State, reason: str) -> Trained:
    """The best tagger, measured on every validation segment."""
    step, best_step = state.step, state.best_step
    if run.best.exists():
        state.tagger.load_state_dict(_read(run, run.best)["tagger"])
    tagger = state.tagger.eval()
    vectors = embed_segments(tagger.encoder, run.log_mel, run.validation, run.fabric.device)
    tagger = tagger.cpu()
    evaluation = evaluate_vectors(tagger.head, vectors, run.validation)
    told = "completed" if reason == "converged" else reason
    spent = state.spent
    run.listener(
        events.Finished(step, told, str(run.best), spent.hours, spent.processor_hours, spent.counted_from)
    )  # fmt: skip
    return Trained(tagger, vectors, evaluation, step, best_step, spent, reason)


def _tell_start(run: _Run, state: _State, steps: int, name: str) -> None:
    settings, batches = run.settings, run.batches
    run.listener(
        events.Started(
            run_dir=str(run.run_dir),
            recipe=name,
            method=f"supervised, encoder {settings.encoder}",
            tracks=len(batches.examples.tracks),
            clips=len(batches.examples),
            held_out_tracks=len(run.validation.tracks),
            skipped_files=0,
            step=state.step,
            steps=steps,
            steps_per_epoch=batches.steps_per_epoch,
            batch_size=settings.batch_size,
            parameters=sum(p.numel() for p in state.tagger.parameters() if p.requires_grad),
            segment_frames=run.log_mel.settings.segment_frames,
            precision=settings.precision,
            floors={},
        )
    )


def _identity(start: Model, train: Examples, validation: Examples) -> str:
    """What a run may not change between stop and resume beside its settings: the start model and the data."""
    sha = hashlib.sha256(f"{start.digest}|{start.model_id}|{train.tags}".encode())
    if not start.digest:  # no model file: the weights speak for themselves
        for value in start.encoder.values():
            sha.update(value.tobytes())
    for examples in (train, validation):
        for track in examples.tracks:
            sha.update(f"|{track.cache_name}".encode())
        sha.update(examples.stretches.tobytes())
        sha.update(examples.targets.tobytes())
    return sha.hexdigest()


def _save(run: _Run, state: _State, path: Path, kind: str) -> None:
    content = {
        "format": FORMAT,
        "kind": KIND,
        "settings": msgspec.json.encode(run.settings).decode(),
        "identity": run.identity,
        "step": state.step,
        **state.spent.stored(),
        "best": state.best,
        "best_step": state.best_step,
        "evaluations_since_best": state.evaluations_since_best,
        "tagger": state.tagger.state_dict(),
        "optimizer": state.optimizer.state_dict(),
        "plateau": state.plateau.state_dict(),
    }
    save_content(content, path)
    run.listener(events.CheckpointSaved(str(path), state.step, kind, path.stat().st_size))


def _read(run: _Run, path: Path) -> dict[str, Any]:
    """A checkpoint of this very run. Raises `CheckpointError`."""
    content = load_content(path, FORMAT)
    if content.get("kind") != KIND:
        raise CheckpointError(f"{path} is not a checkpoint of supervised training. Use another --out folder.")
    begun, wanted = msgspec.json.decode(content["settings"], type=Supervised), run.settings
    free = begun.free_settings()
    keys = [key for key in Supervised.__struct_fields__ if key not in free]
    different = [key for key in keys if getattr(begun, key) != getattr(wanted, key)]
    if different:
        listed = ", ".join(f"{key} was {getattr(begun, key)}, now {getattr(wanted, key)}" for key in different)
        raise CheckpointError(f"{path} was made with other settings ({listed}). Use another --out folder.")
    if content["identity"] != run.identity:
        raise CheckpointError(
            f"{path} began with another model, other tracks or other labels. Bring them back to go on, or use "
            "another --out folder."
        )
    return content


def _restore(state: _State, run: _Run, path: Path) -> None:
    content = _read(run, path)
    state.tagger.load_state_dict(content["tagger"])
    state.optimizer.load_state_dict(content["optimizer"])
    state.plateau.load_state_dict(content["plateau"])
    state.step, state.spent, state.best = content["step"], stored_time(content), content["best"]
    state.best_step, state.evaluations_since_best = content["best_step"], content["evaluations_since_best"]
