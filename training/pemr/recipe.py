"""A recipe is one TOML file that says all about an experiment; a recipe may build on another and change a few lines."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import msgspec

from pemr.augment import Augmentation
from pemr.errors import RecipeError
from pemr.frontend import FrontEnd
from pemr.methods.byol import ByolSettings
from pemr.methods.clmr import ClmrSettings
from pemr.methods.moco import MocoSettings
from pemr.methods.pemr import PemrSettings
from pemr.methods.simclr import SimclrSettings
from pemr.precision import Precision


class Data(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How tracks become training examples: each clip of `clip_s` seconds is one example an epoch."""

    clip_s: float = 29.1
    max_track_s: float = 600.0
    cache_gb: float = 20.0
    held_out: float = 0.05
    """Share of the tracks kept away from training for the retrieval probe."""


class Train(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The optimiser and the run. `precision` is a Lightning Fabric name; `threads` 0 leaves torch's choice.

    A run ends after `epochs`, or after `max_steps` optimiser steps if that is not 0 and comes first.
    `checkpoint_steps` is how often the latest checkpoint is replaced, `keep_steps` how often one is kept for good.
    """

    batch_size: int = 48
    epochs: int = 300
    max_steps: int = 0
    learning_rate: float = 3e-4
    weight_decay: float = 1e-6
    precision: Precision = "32-true"
    accelerator: str = "auto"
    threads: int = 0
    seed: int = 1
    checkpoint_minutes: float = 10.0
    checkpoint_steps: int = 0
    keep_steps: int = 0
    probe_minutes: float = 10.0

    def steps(self, steps_per_epoch: int) -> int:
        """At which step the run is complete."""
        whole = self.epochs * steps_per_epoch
        return min(whole, self.max_steps) if self.max_steps else whole


class Recipe(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole experiment."""

    name: str
    description: str = ""
    method: str = "pemr"
    front_end: FrontEnd = msgspec.field(default_factory=FrontEnd)
    data: Data = msgspec.field(default_factory=Data)
    augmentation: Augmentation = msgspec.field(default_factory=Augmentation)
    pemr: PemrSettings = msgspec.field(default_factory=PemrSettings)
    simclr: SimclrSettings = msgspec.field(default_factory=SimclrSettings)
    byol: ByolSettings = msgspec.field(default_factory=ByolSettings)
    moco: MocoSettings = msgspec.field(default_factory=MocoSettings)
    clmr: ClmrSettings = msgspec.field(default_factory=ClmrSettings)
    train: Train = msgspec.field(default_factory=Train)


def recipes_folder() -> Path:
    """Where the recipes are: beside the package in a checkout, inside it once installed."""
    inside = Path(__file__).parent / "recipes"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "recipes"


def available_recipes() -> list[str]:
    return sorted(path.stem for path in recipes_folder().glob("*.toml"))


def load_recipe(name_or_path: str, overrides: list[str] | None = None) -> Recipe:
    """A recipe by its name or file, with `key=value` overrides such as `train.batch_size=64`."""
    values = _read(name_or_path, seen=())
    for override in overrides or []:
        apply_override(values, override)
    try:
        return msgspec.convert(values, Recipe, strict=True)
    except msgspec.ValidationError as error:
        raise RecipeError(f"Recipe {name_or_path}: {error}") from error


def _read(name_or_path: str, seen: tuple[str, ...]) -> dict[str, Any]:
    if name_or_path in seen:
        raise RecipeError(f"Recipe {name_or_path} builds on itself")
    path = Path(name_or_path)
    if path.suffix != ".toml":
        path = recipes_folder() / f"{name_or_path}.toml"
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        known = ", ".join(available_recipes())
        raise RecipeError(f"There is no recipe {name_or_path}. Known recipes: {known}") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RecipeError(f"Recipe {path} cannot be read: {error}") from error
    values.setdefault("name", path.stem)
    base = values.pop("base", None)
    if base is None:
        return values
    return _merged(_read(str(base), (*seen, name_or_path)), values)


def _merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in changes.items():
        old = merged.get(key)
        merged[key] = _merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def apply_override(values: dict[str, Any], override: str) -> None:
    """Put `key=value`, such as `train.batch_size=64`, into nested tables; the value is read as TOML."""
    key, equals, text = override.partition("=")
    if not equals:
        raise RecipeError(f"--set {override}: write it as key=value, for example train.batch_size=64")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    *tables, last = key.strip().split(".")
    for table in tables:
        values = values.setdefault(table, {})
        if not isinstance(values, dict):
            raise RecipeError(f"--set {override}: {table} is not a group of settings")
    values[last] = value
