"""Checkpoints: everything a run needs to go on as if it had never stopped, in one file that is never half written."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import msgspec
import torch

from pemr.durable_files import write_output
from pemr.errors import CheckpointError
from pemr.frontend import FrontEnd
from pemr.recipe import Recipe
from pemr.time_spent import TimeSpent, stored_time

FORMAT = 1
# settings that may change between stop and resume without changing what is computed in a step
FREE_SETTINGS = (
    "epochs", "max_steps", "threads", "checkpoint_minutes", "checkpoint_steps", "keep_steps", "probe_minutes",
)  # fmt: skip


class Checkpoint(msgspec.Struct):
    """`model`, `optimizer` and `generators` are what torch hands out; `spent` is the time trained so far."""

    recipe: Recipe
    front_end: FrontEnd
    step: int
    spent: TimeSpent
    best_probe: float
    model: dict[str, Any]
    optimizer: dict[str, Any]
    generators: dict[str, Any]


def save_checkpoint(checkpoint: Checkpoint, path: Path) -> None:
    """Write beside the target, sync, rename. On any failure the previous checkpoint is still there, whole."""
    content = {
        "format": FORMAT,
        "recipe": msgspec.json.encode(checkpoint.recipe).decode(),
        "front_end": msgspec.json.encode(checkpoint.front_end).decode(),
        "step": checkpoint.step,
        **checkpoint.spent.stored(),
        "best_probe": checkpoint.best_probe,
        "model": checkpoint.model,
        "optimizer": checkpoint.optimizer,
        "generators": checkpoint.generators,
    }
    save_content(content, path)


def save_content(content: dict[str, Any], path: Path) -> None:
    """What `torch.load(weights_only=True)` can read back, written as a whole. Raises `CheckpointError`."""
    buffer = io.BytesIO()
    torch.save(content, buffer)
    write_output(path, buffer.getvalue(), CheckpointError)


def load_checkpoint(path: Path) -> Checkpoint:
    """Raises `CheckpointError` if the file is missing, damaged or of another format."""
    content = load_content(path, FORMAT)
    try:
        return Checkpoint(
            recipe=msgspec.json.decode(content["recipe"], type=Recipe),
            front_end=msgspec.json.decode(content["front_end"], type=FrontEnd),
            step=content["step"],
            spent=stored_time(content),
            best_probe=content["best_probe"],
            model=content["model"],
            optimizer=content["optimizer"],
            generators=content["generators"],
        )
    except (KeyError, TypeError, msgspec.DecodeError) as error:
        raise CheckpointError(f"{path} is damaged or not a checkpoint") from error


def load_content(path: Path, wanted_format: int) -> dict[str, Any]:
    """What `save_content` wrote. Raises `CheckpointError` if it is missing, damaged or of another format."""
    try:
        content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        written = content["format"]
    except FileNotFoundError:
        raise CheckpointError(f"There is no checkpoint {path}") from None
    except Exception as error:  # torch raises whatever the damaged bytes lead it to
        raise CheckpointError(f"{path} is damaged or not a checkpoint") from error
    if written != wanted_format:
        raise CheckpointError(f"{path} has checkpoint format {written}; this version reads {wanted_format}")
    return content


def require_same_recipe(checkpoint: Checkpoint, recipe: Recipe, path: Path) -> None:
    """A run goes on only with the recipe it began with; how long it runs and how often it saves may change."""
    begun, wanted = _comparable(checkpoint.recipe), _comparable(recipe)
    different = sorted(key for key in begun.keys() | wanted.keys() if begun.get(key) != wanted.get(key))
    if different:
        listed = ", ".join(f"{key} was {begun.get(key)}, now {wanted.get(key)}" for key in different[:5])
        raise CheckpointError(
            f"{path} was made with another recipe ({listed}). Use the same recipe, or another --out folder."
        )


def _comparable(recipe: Recipe) -> dict[str, object]:
    flat: dict[str, object] = {}

    def flatten(prefix: str, value: object) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                flatten(f"{prefix}.{key}" if prefix else key, inner)
        else:
            flat[prefix] = value

    flatten("", msgspec.to_builtins(recipe))
    for key in ("name", "description", *(f"train.{name}" for name in FREE_SETTINGS)):
        flat.pop(key, None)
    return flat
