"""Who takes part: recipes with or without a changed setting, each with a folder for every seed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pemr.errors import RecipeError
from pemr.recipe import Recipe, load_recipe

ALIASES = {"pemr": "default"}


@dataclass(frozen=True)
class Contender:
    """A method as it was asked for: `recipe[:key=value[:key=value]]`, such as `pemr:pemr.mask_ratio=0.3`."""

    name: str

    @property
    def recipe_name(self) -> str:
        first = self.name.split(":")[0]
        return ALIASES.get(first, first)

    @property
    def settings(self) -> list[str]:
        return self.name.split(":")[1:]

    @property
    def folder_name(self) -> str:
        return re.sub(r"[^\w.=-]+", "_", self.name)

    def recipe(self, seed: int, overrides: Sequence[str]) -> Recipe:
        """The whole experiment; settings of the contender win over those of the comparison."""
        return load_recipe(self.recipe_name, [*overrides, *self.settings, f"train.seed={seed}"])

    def run_folder(self, out: Path, seed: int) -> Path:
        return out / "runs" / f"{self.folder_name}-seed{seed}"


def contenders(names: str) -> list[Contender]:
    """From a list with commas; a name twice or an unknown recipe is a `RecipeError` now, not in the night."""
    found = [Contender(name.strip()) for name in names.split(",") if name.strip()]
    if not found:
        raise RecipeError("No method is named. Give some with --methods pemr,simclr,byol")
    if len({contender.folder_name for contender in found}) < len(found):
        raise RecipeError(f"A method is named twice in {names}")
    for contender in found:
        contender.recipe(1, [])
    return found
