"""The labelled sets by name: what `--data-set NAME --root PLACE` can mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pemr.datasets.album_folders import load_album_folders
from pemr.datasets.gtzan import load_gtzan
from pemr.datasets.labelled import LabelledSet
from pemr.datasets.labelled_csv import load_csv
from pemr.datasets.magnatagatune import load_magnatagatune
from pemr.datasets.mirdata_sets import PREFIX, load_mirdata
from pemr.datasets.own_tags import load_own_tags
from pemr.errors import CorpusError


@dataclass(frozen=True)
class KnownSet:
    """A loader, and what its root is."""

    load: Callable[[Path], LabelledSet]
    root: str


SETS: Mapping[str, KnownSet] = {
    "magnatagatune": KnownSet(load_magnatagatune, "the folder with annotations_final.csv and the folders 0 to f"),
    "gtzan": KnownSet(load_gtzan, "the folder with the genre folders blues to rock"),
    "csv": KnownSet(load_csv, "a table with the columns path and tags"),
    "own-tags": KnownSet(
        load_own_tags, "any music folder: its genre, mood and instrument fields, mapped to the vocabulary"
    ),
    "own-tags-free": KnownSet(partial(load_own_tags, vocabulary="free"), "the same with your own words as tags"),
    "folders": KnownSet(load_album_folders, "any music folder: each folder in it is a class"),
}


def load_set(name: str, root: Path) -> LabelledSet:
    """`mirdata:NAME` is any set of mirdata. Raises `CorpusError` for an unknown name or one that is not in place."""
    if name.startswith(PREFIX):
        return load_mirdata(name.removeprefix(PREFIX), root)
    if name not in SETS:
        raise CorpusError(f"There is no data set {name}. Known sets: {', '.join(SETS)}, {PREFIX}NAME")
    return SETS[name].load(root)
