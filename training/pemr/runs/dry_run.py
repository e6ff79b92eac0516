"""What a pre-training run would do and cost, without doing it."""

from __future__ import annotations

import logging
import time
from pathlib import Path

import torch
from rich.console import Console

from pemr import audio
from pemr.augment import augment
from pemr.build import build_method
from pemr.datasets.folder import audio_files
from pemr.errors import CorpusError, DecodeError
from pemr.precision import resolved
from pemr.recipe import Recipe
from pemr.runs.memory import reuse_freed_memory

log = logging.getLogger(__name__)


def print_plan(recipe: Recipe, folders: list[Path], out: Path) -> None:
    """Count files and clips from their headers, time one step on noise, and print both."""
    files = audio_files(folders)
    if not files:
        raise CorpusError(f"No audio files below {', '.join(map(str, folders))}")
    seconds, unreadable = 0.0, 0
    for path in files:
        try:
            seconds += min(audio.probe(path).duration_s, recipe.data.max_track_s)
        except DecodeError as error:
            log.warning("%s", error)
            unreadable += 1
    clips = round(seconds * (1.0 - recipe.data.held_out) / recipe.data.clip_s)
    steps_per_epoch = max(1, clips // recipe.train.batch_size)
    step_s = _time_one_step(recipe)
    say = Console().print
    say(f"recipe {recipe.name}: {recipe.description}")
    say(f"{len(files)} files, {unreadable} with no readable header, {seconds / 3600:.1f} h of audio")
    say(f"about {clips} clips an epoch, {steps_per_epoch} steps of {recipe.train.batch_size}")
    say(f"cache {seconds * recipe.front_end.sample_rate * 2 / 1e9:.2f} GB below {out}")
    epoch_h = steps_per_epoch * step_s / 3600
    steps = recipe.train.steps(steps_per_epoch)
    say(f"one step {step_s:.2f} s here: an epoch about {epoch_h:.2f} h,")
    say(f"all {steps} steps about {steps * step_s / 3600:.1f} h")


def _time_one_step(recipe: Recipe) -> float:
    """Seconds of augmentation, forward and backward on noise, the second of two."""
    reuse_freed_memory()
    if recipe.train.threads:
        torch.set_num_threads(recipe.train.threads)
    method = build_method(recipe)
    front, rate = method.front(recipe.front_end), recipe.front_end.sample_rate
    generator = torch.Generator().manual_seed(recipe.train.seed)
    noise = torch.randn(recipe.train.batch_size, recipe.front_end.segment_samples, generator=generator)
    bfloat16 = resolved(recipe.train.precision, "cpu") == "bf16-mixed"
    elapsed = 0.0
    for _ in range(2):
        began = time.monotonic()
        with torch.no_grad():
            first, second = (front(augment(noise, rate, recipe.augmentation, generator)) for _ in range(2))
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            method(first, second, generator)["total"].backward()
        elapsed = time.monotonic() - began
    return elapsed
