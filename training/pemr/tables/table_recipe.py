"""A table of the paper as a TOML file: its rows, how each is pre-trained, the protocol, and the paper's numbers."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from typing import Literal

import msgspec

from pemr.errors import RecipeError
from pemr.recipe import Recipe, load_recipe, recipes_folder

Protocol = Literal["linear", "mlp", "finetuned", "covers", "epochs"]
MEASURES = {"roc_auc": "ROC-AUC", "pr_auc": "PR-AUC", "map": "MAP", "precision_at_10": "P@10", "mr1": "MR1"}
RANDOM = "random"


class TableRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One method. `recipe` is what it is pre-trained with, `random` fresh weights; without one it is the paper's only.

    `network` is the cover network of Table 5. `paper` holds the printed numbers, `paper_on` those of several sets.
    `ours`: measured unless others are asked for.
    """

    name: str
    recipe: str = ""
    settings: tuple[str, ...] = ()
    network: str = ""
    paper: dict[str, float] = {}
    paper_on: dict[str, dict[str, float]] = {}
    ours: bool = False


class TableRecipe(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole table or figure. `settings` hold for the pre-training of every row."""

    name: str
    title: str
    description: str
    protocol: Protocol
    rows: tuple[TableRow, ...]
    pretrain_on: str = "magnatagatune"
    measure_on: tuple[str, ...] = ("magnatagatune",)
    share: float = 1.0
    settings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def data_sets(self) -> tuple[str, ...]:
        """All sets that running it needs."""
        return tuple(dict.fromkeys([self.pretrain_on, *self.measure_on]))

    def chosen(self, names: str | None) -> list[TableRow]:
        """The rows to measure: those asked for by name with commas, `all`, or ours. Raises `RecipeError`."""
        possible = [row for row in self.rows if row.recipe]
        if names is None:
            return [row for row in possible if row.ours]
        if names.strip().lower() == "all":
            return possible
        known = {row.name.lower(): row for row in possible}
        wanted = [name.strip() for name in names.split(",") if name.strip()]
        unknown = [name for name in wanted if name.lower() not in known]
        if unknown or not wanted:
            listed = ", ".join(row.name for row in possible)
            raise RecipeError(f"{self.name} has no row {', '.join(unknown) or 'without a name'}. Its rows: {listed}")
        return [known[name.lower()] for name in wanted]

    def pretraining(self, row: TableRow, overrides: Sequence[str]) -> Recipe:
        """What a row is pre-trained with; for fresh weights, whose front end and seed it has."""
        base = "paper" if row.recipe == RANDOM else row.recipe
        return load_recipe(base, [*self.settings, *row.settings, *overrides])


def available_tables() -> list[str]:
    return sorted(path.stem for path in (recipes_folder() / "tables").glob("*.toml"))


def load_table(name: str) -> TableRecipe:
    """Raises `RecipeError`."""
    path = recipes_folder() / "tables" / f"{name}.toml"
    if not path.is_file():
        raise RecipeError(f"There is no table {name}. Known tables: {', '.join(available_tables())}")
    try:
        return msgspec.convert({"name": name, **tomllib.loads(path.read_text(encoding="utf-8"))}, TableRecipe)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise RecipeError(f"Table {path}: {error}") from error
