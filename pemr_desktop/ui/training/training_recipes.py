"""The recipes that pemr-train brings, read without loading torch: enough to choose one and to see what it says."""

from __future__ import annotations

import logging
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pemr

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RecipeChoice:
    """One recipe: its name, what it says of itself, and its settings with those of the recipe it builds on."""

    name: str
    description: str
    method: str
    values: dict[str, Any]

    def value(self, key: str) -> Any:
        """A setting such as `train.batch_size`; None when the recipe leaves it to the program."""
        at: Any = self.values
        for part in key.split("."):
            if not isinstance(at, dict) or part not in at:
                return None
            at = at[part]
        return at


def recipes_folder() -> Path:
    """Beside the package in a checkout, inside it once installed."""
    package = Path(pemr.__file__).parent
    inside = package / "recipes"
    return inside if inside.is_dir() else package.parent / "recipes"


def read_recipes(folder: Path | None = None) -> list[RecipeChoice]:
    """All recipes, the default one first. One that cannot be read is left out and logged."""
    found = []
    for path in sorted((folder or recipes_folder()).glob("*.toml")):
        try:
            values = _read(path, seen=())
        except (OSError, ValueError, RecursionError) as error:
            log.warning("The recipe %s cannot be read: %s", path, error)
            continue
        found.append(
            RecipeChoice(path.stem, str(values.get("description", "")), str(values.get("method", "pemr")), values)
        )
    return sorted(found, key=lambda recipe: (recipe.name != "default", recipe.name))


def _read(path: Path, seen: tuple[str, ...]) -> dict[str, Any]:
    if path.stem in seen:
        raise ValueError(f"{path.stem} builds on itself")
    values = tomllib.loads(path.read_text(encoding="utf-8"))
    base = values.pop("base", None)
    if base is None:
        return values
    return _merged(_read(path.with_name(f"{base}.toml"), (*seen, path.stem)), values)


def _merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in changes.items():
        old = merged.get(key)
        merged[key] = _merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged
