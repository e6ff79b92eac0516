"""Where a table finds its data sets and keeps what it made: tables share pre-trained encoders, audio and vectors."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from pemr.datasets.catalogue import SETS, load_set
from pemr.datasets.cliques import CliqueSet
from pemr.datasets.covers80 import load_covers80
from pemr.datasets.labelled import LabelledSet
from pemr.datasets.shs100k import Part, load_shs100k
from pemr.errors import CorpusError
from pemr.recipe import Recipe

# how long a run is and how often it saves does not make it another run
LENGTH_SETTINGS = (
    "epochs", "max_steps", "threads", "checkpoint_minutes", "checkpoint_steps", "keep_steps", "probe_minutes",
)  # fmt: skip
CLIQUE_PARTS: dict[str, tuple[Part, ...]] = {"shs100k-sub": ("train", "validation", "test"), "covers80": ("test",)}
FOLDERS = {
    "magnatagatune": ("MagnaTagATune", "magnatagatune", "mtat", "MTAT"),
    "gtzan": ("GTZAN", "gtzan"),
    "shs100k-sub": ("SHS100K-SUB", "shs100k-sub", "SHS100K"),
    "covers80": ("Covers80", "covers80", "coversongs"),
}


@dataclass(frozen=True)
class Roots:
    """The folders of the data sets: named ones, and a folder that holds the others or is the only one."""

    named: dict[str, Path]
    common: Path | None

    def of(self, name: str) -> Path:
        """Raises `CorpusError` that says what to put where."""
        if name in self.named:
            return self.named[name]
        if self.common is None:
            raise CorpusError(f"Say where {name} is: --root {name}=FOLDER{_expected(name)}")
        found = [self.common / folder for folder in FOLDERS.get(name, (name,)) if (self.common / folder).is_dir()]
        return found[0] if found else self.common


def parse_roots(given: Sequence[str]) -> Roots:
    """From `--root FOLDER` and `--root NAME=FOLDER`."""
    named: dict[str, Path] = {}
    common: Path | None = None
    for text in given:
        name, equals, folder = text.partition("=")
        if equals and name in FOLDERS:
            named[name] = Path(folder)
        else:
            common = Path(text)
    return Roots(named, common)


def _expected(name: str) -> str:
    return f", {SETS[name].root}" if name in SETS else ""


@dataclass(frozen=True)
class TablePaths:
    """The folder of all tables."""

    out: Path

    @property
    def cache(self) -> Path:
        return self.out / "cache"

    def pretraining(self, recipe: Recipe, data_set: str, purpose: str = "") -> Path:
        """The same for every table that pre-trains with these settings on this set."""
        return self.out / "pretrained" / f"{recipe.name}-{data_set}{purpose}-{_digest(recipe)}"

    def finetuning(self, table: str, row: str, key: str) -> Path:
        return self.out / "finetuned" / f"{table}-{_plain(row)}-{key}"

    def versions(self, data_set: str, part: str) -> Path:
        """Spectra and moments of sound of a set of versions, a file a work."""
        return self.out / "versions" / f"{data_set}-{part}"

    def result(self, table: str, row: str, part: str = "") -> Path:
        return self.out / "measured" / table / f"{_plain(row)}{part}.json"

    def table(self, table: str) -> Path:
        return self.out / f"{table}.json"


def require_set(name: str, roots: Roots) -> None:
    """Raises `CorpusError` that says what to put where."""
    if name in CLIQUE_PARTS:
        for part in CLIQUE_PARTS[name]:
            clique_set(name, part, roots)
    else:
        labelled_set(name, roots)


def clique_set(name: str, part: Part, roots: Roots) -> CliqueSet:
    """A set of versions. Raises `CorpusError` that says what to put where."""
    folder = roots.of(name)
    return load_covers80(folder) if name == "covers80" else load_shs100k(folder, part, sub=True)


def labelled_set(name: str, roots: Roots) -> LabelledSet:
    return load_set(name, roots.of(name))


def pretraining_files(name: str, labelled: LabelledSet) -> list[Path]:
    """What is pre-trained on: the training split of MagnaTagATune, all of GTZAN. Labels are not looked at."""
    files = labelled.files if name == "gtzan" else labelled.of_split("train")
    return [file.path for file in files]


def _digest(recipe: Recipe) -> str:
    built = msgspec.to_builtins(recipe)
    for setting in LENGTH_SETTINGS:
        del built["train"][setting]
    del built["name"], built["description"]
    return hashlib.sha256(msgspec.json.encode(built, order="sorted")).hexdigest()[:8]


def _plain(name: str) -> str:
    return "".join(char if char.isalnum() else "-" for char in name.lower()).strip("-")
