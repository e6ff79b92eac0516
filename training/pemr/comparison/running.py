"""The comparison itself: pre-train every method at the same budget, judge it, keep both, and go on where it stopped."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec

from pemr import events
from pemr.build import HANDCRAFTED, RANDOM_ENCODER, untrained_encoder
from pemr.checkpoint import load_checkpoint
from pemr.comparison.contenders import Contender
from pemr.comparison.encoders import NetworkEncoder, of_checkpoint
from pemr.comparison.scoring import Score, SegmentEncoder, corpus_key, keep_score, kept_score, score
from pemr.comparison.table import Entry
from pemr.errors import CheckpointError
from pemr.frontend import FrontEnd
from pemr.handcrafted import MfccChroma
from pemr.pretrain import pretrain
from pemr.recipe import Recipe
from pemr.tags.teacher_labels import Progress
from pemr.tags.training import Corpus
from pemr.time_spent import TimeSpent

MANY_EPOCHS = 1_000_000
Display = Callable[[str, Path], AbstractContextManager[events.Listener]]


@dataclass(frozen=True)
class Plan:
    """`steps` of every method and seed on the music in `data`; `keep_every` steps a checkpoint is scored as well."""

    methods: Sequence[Contender]
    seeds: int
    steps: int
    data: Path
    out: Path
    cache: Path
    overrides: Sequence[str] = ()
    keep_every: int = 0

    def settings(self) -> list[str]:
        """Settings of every run: steps decide when it ends, not epochs."""
        budget = [f"train.max_steps={self.steps}", f"train.epochs={MANY_EPOCHS}"]
        return [*self.overrides, *budget, f"train.keep_steps={self.keep_every}"]


class Stopped(Exception):
    """The person asked the comparison to stop; what is done is kept."""


class About(msgspec.Struct, frozen=True):
    """What a checkpoint says about its training."""

    step: int
    spent: TimeSpent
    front_end: FrontEnd

    @property
    def key(self) -> str:
        """The same for the same weights: no two checkpoints of a run were saved at the same second."""
        known = {"step": self.step, "seconds": self.spent.seconds, "front_end": self.front_end}
        return msgspec.json.encode(known).decode()


def compare(
    plan: Plan,
    corpus: Corpus,
    *,
    display: Display,
    progress: Progress,
    told: Callable[[Entry], None],
    max_hours: float | None = None,
) -> list[Entry]:
    """Seed by seed, so that a half-finished table compares like with like. Raises `Stopped` after a checkpoint."""
    deadline = None if max_hours is None else time.monotonic() + max_hours * 3600
    for seed in range(1, plan.seeds + 1):
        for method in plan.methods:
            if not _is_done(method.run_folder(plan.out, seed), plan.steps):
                with display(f"{method.name}, seed {seed}", method.run_folder(plan.out, seed)) as listener:
                    _train(plan, method, seed, listener, deadline)
            for entry in scored_checkpoints(plan, method, seed, corpus, progress):
                told(entry)
    return entries(plan, corpus, progress)


def entries(plan: Plan, corpus: Corpus, progress: Progress | None) -> list[Entry]:
    """What is there: the two encoders that need no training, then every finished run, in the order of the plan.

    Without `progress` nothing is scored: what has no score yet is left out.
    """
    found = [*_untrained(plan, corpus, progress)]
    for method in plan.methods:
        for seed in range(1, plan.seeds + 1):
            found += [
                entry for entry in scored_checkpoints(plan, method, seed, corpus, progress) if entry.steps == plan.steps
            ]  # fmt: skip
    return found


def curve(plan: Plan, method: Contender, corpus: Corpus, progress: Progress | None) -> list[Entry]:
    """The kept checkpoints of a method, from the first to the last, all seeds."""
    found = [
        entry for seed in range(1, plan.seeds + 1) for entry in scored_checkpoints(plan, method, seed, corpus, progress)
    ]
    return sorted(found, key=lambda entry: (entry.steps, entry.seed))


def scored_checkpoints(
    plan: Plan, method: Contender, seed: int, corpus: Corpus, progress: Progress | None
) -> list[Entry]:
    """A score for each kept checkpoint of a run and for its last one if the run is complete."""
    folder = method.run_folder(plan.out, seed)
    checkpoints = sorted((folder / "checkpoints").glob("step-*.pt"))
    if _is_done(folder, plan.steps):
        checkpoints.append(folder / "checkpoints" / "latest.pt")
    found: dict[int, Entry] = {}
    for checkpoint in checkpoints:
        about = about_checkpoint(checkpoint)
        if about.step <= plan.steps and about.step not in found:
            file = plan.out / "scores" / f"{folder.name}-{about.step:07d}.safetensors"
            made = scored(file, corpus, about.key, progress, partial(of_checkpoint, checkpoint))
            if made is not None:
                found[about.step] = Entry(method.name, seed, made, about.step, about.spent)
    return [found[step] for step in sorted(found)]


def about_checkpoint(path: Path) -> About:
    """Step, time and front end of a checkpoint."""
    checkpoint = load_checkpoint(path)
    return About(checkpoint.step, checkpoint.spent, checkpoint.front_end)


def _is_done(run: Path, steps: int) -> bool:
    latest = run / "checkpoints" / "latest.pt"
    return latest.exists() and about_checkpoint(latest).step >= steps


def _train(plan: Plan, method: Contender, seed: int, listener: events.Listener, deadline: float | None) -> None:
    hours = None if deadline is None else (deadline - time.monotonic()) / 3600
    if hours is not None and hours <= 0:
        raise Stopped
    finished = pretrain(
        method.recipe(seed, plan.settings()),
        [plan.data],
        method.run_folder(plan.out, seed),
        listener=listener,
        cache=plan.cache,
        max_hours=hours,
    )
    if finished.reason != "completed":
        raise Stopped


def _untrained(plan: Plan, corpus: Corpus, progress: Progress | None) -> list[Entry]:
    scores = plan.out / "scores"
    handmade = scored(scores / "mfcc-chroma.safetensors", corpus, HANDCRAFTED, progress, MfccChroma)
    found = [Entry(HANDCRAFTED, 0, handmade)] if handmade is not None else []
    method = plan.methods[0]
    front_end = _front_end(plan, method)
    if front_end is None:
        return found
    recipe = method.recipe(1, plan.settings())
    for seed in range(1, plan.seeds + 1):
        file = scores / f"random-{method.folder_name}-seed{seed}.safetensors"
        key = msgspec.json.encode(front_end).decode()
        made = scored(file, corpus, key, progress, partial(_untrained_encoder, recipe, front_end, seed))
        if made is not None:
            found.append(Entry(RANDOM_ENCODER, seed, made))
    return found


def _untrained_encoder(recipe: Recipe, front_end: FrontEnd, seed: int) -> NetworkEncoder:
    return NetworkEncoder(untrained_encoder(front_end, seed, recipe), front_end)


def _front_end(plan: Plan, method: Contender) -> FrontEnd | None:
    """The front end that the runs of a method measured on the corpus, None before the first of them."""
    for seed in range(1, plan.seeds + 1):
        try:
            return about_checkpoint(method.run_folder(plan.out, seed) / "checkpoints" / "latest.pt").front_end
        except CheckpointError:
            continue
    return None


def scored(
    file: Path, corpus: Corpus, encoder_key: str, progress: Progress | None, make: Callable[[], SegmentEncoder]
) -> Score | None:
    """A score from its file, or a new one if there is none of this encoder on this corpus.

    None where a new one would be needed but nobody waits for it, that is without `progress`.
    """
    key = f"{corpus_key(corpus)}|{encoder_key}"
    known = kept_score(file, key)
    if known is None and progress is not None:
        known = score(make(), corpus, progress)
        keep_score(known, file, key)
    return known
