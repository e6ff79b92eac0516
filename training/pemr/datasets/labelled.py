"""What every labelled set offers, whoever labelled it: tracks with path, split, labels and group, and named tags."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pemr.errors import CorpusError

SPLITS = ("train", "validation", "test")
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class LabelledFile:
    """One track: the file, its split, the artist or album it belongs to, and the numbers of the tags it has."""

    path: Path
    split: str
    group: str
    labels: tuple[int, ...]


@dataclass(frozen=True)
class LabelledSet:
    """Tracks labelled with `tags`, each a (name, group of tags).

    `split_name` says which split this is and is printed beside every number. With `one_label` each track has exactly
    one tag, a class. `notes` say what was left out and why.
    """

    name: str
    split_name: str
    tags: tuple[tuple[str, str], ...]
    files: tuple[LabelledFile, ...]
    one_label: bool = False
    notes: tuple[str, ...] = ()

    def of_split(self, split: str) -> list[LabelledFile]:
        return [file for file in self.files if file.split == split]

    def truth(self, files: Sequence[LabelledFile]) -> Bools:
        """(files, tags): which tags each file has."""
        table = np.zeros((len(files), len(self.tags)), np.bool_)
        for row, file in enumerate(files):
            table[row, list(file.labels)] = True
        return table

    def with_tags(self, names: Sequence[str]) -> LabelledSet:
        """Only some of the tags, in the order asked for. Raises `CorpusError` for one the set does not have."""
        indices = {name: index for index, (name, _) in enumerate(self.tags)}
        unknown = [name for name in names if name not in indices]
        if unknown:
            raise CorpusError(
                f"{self.name}: there is no tag {', '.join(unknown)}. The tags: {', '.join(sorted(indices))}"
            )
        new_index = {indices[name]: index for index, name in enumerate(names)}
        files = tuple(
            replace(file, labels=tuple(sorted(new_index[label] for label in file.labels if label in new_index)))
            for file in self.files
        )
        return replace(self, tags=tuple(self.tags[indices[name]] for name in names), files=files)

    def with_share(self, share: float, seed: int) -> LabelledSet:
        """Only that share of the training tracks, drawn by the seed; validation and test stay whole.

        What a smaller share of the same seed holds, a larger one holds too.
        """
        if not 0.0 < share <= 1.0:
            raise CorpusError(f"A share of the training tracks lies between 0 and 1, this is {share}")
        train = self.of_split("train")
        order = np.random.default_rng([seed, len(train)]).permutation(len(train))
        kept = {train[index].path for index in order[: max(1, round(share * len(train)))]}
        files = tuple(file for file in self.files if file.split != "train" or file.path in kept)
        return replace(self, split_name=f"{self.split_name}; {share:.0%} of train, seed {seed}", files=files)


def require_complete(labelled: LabelledSet, where: Path) -> LabelledSet:
    """The set itself if each split holds a track and there is a tag. Raises `CorpusError`."""
    if not labelled.tags:
        raise CorpusError(f"{where} holds no labels")
    empty = [split for split in SPLITS if not labelled.of_split(split)]
    if empty:
        raise CorpusError(
            f"{where}: {labelled.name} has no track for {' and '.join(empty)}; three artists or albums are the least"
        )
    return labelled


def split_groups(groups: Iterable[str], seed: int = 1, held_out: float = 0.1) -> Mapping[str, str]:
    """The split of each group: a tenth of them (at least one) validation, a tenth test, the rest train.

    Decided by the names and the seed alone, so that a set that grows keeps most tracks where they were.
    """

    def key(group: str) -> bytes:
        return hashlib.sha256(f"{seed}/{group}".encode("utf-8", "surrogateescape")).digest()

    ordered = sorted(set(groups), key=key)
    count = max(1, round(held_out * len(ordered)))
    return {
        group: "validation" if index < count else "test" if index < 2 * count else "train"
        for index, group in enumerate(ordered)
    }


def split_counts(files: Sequence[LabelledFile]) -> str:
    """Such as 18,706 / 1,825 / 5,329."""
    return " / ".join(f"{sum(file.split == split for file in files):,}" for split in SPLITS)
