"""Which printed tunes are settings of one work, and what is kept for the final examination."""

from __future__ import annotations

import functools
import hashlib
import random
import tomllib
from importlib import resources
from pathlib import Path
from typing import Literal

import msgspec

from pemr.errors import CorpusError
from pemr.rendering.abc_notation import Tune, read_tune, tunes_in

Split = Literal["train", "calibration", "development"]
"""Networks learn from `train`; how their scores and the alignment's are joined, from `calibration`."""
DEVELOPMENT_WORKS = 80
CALIBRATION_WORKS = 200


class ReservedSounds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Soundfonts (part of their file's name, and SHA-256) and MMA style files that are never trained or tuned on."""

    soundfonts: tuple[str, ...]
    soundfont_digests: tuple[str, ...]
    grooves: tuple[str, ...]

    def allows_soundfont(self, file_name: str) -> bool:
        return not any(name.lower() in file_name.lower() for name in self.soundfonts)

    def check(self, soundfont: Path) -> None:
        """Raises `CorpusError` for a soundfont of the final examination, whatever its file is called."""
        file = soundfont.resolve()  # a link like default-GM.sf2 may lead to any of them
        if not self.allows_soundfont(file.name) or _digest_of(file) in self.soundfont_digests:
            raise CorpusError(
                f"{file.name} is kept for the final examination; choose another one. Nothing is rendered."
            )


def _digest_of(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@functools.cache
def reserved_sounds() -> ReservedSounds:
    text = resources.files("pemr.rendering").joinpath("reserved_sounds.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), ReservedSounds)


@functools.cache
def tune_works() -> dict[int, tuple[str, ...]]:
    """Work number -> its printed settings (`book.abc#n`), the reserved works left out."""
    works: dict[int, list[str]] = {}
    for line in resources.files("pemr.rendering").joinpath("tune_works.tsv").read_text("utf-8").splitlines():
        if line.startswith("#"):
            continue
        book, _, numbers = line.partition("\t")
        for index, number in enumerate(numbers.split(), start=1):
            if number.isdigit():
                works.setdefault(int(number), []).append(f"{book}#{index}")
    return {number: tuple(settings) for number, settings in works.items()}


@functools.cache
def development_works() -> frozenset[int]:
    """Works to measure on while training: 80 drawn from all, 80 from those with several printed settings."""
    works = tune_works()
    every = sorted(works)
    several = sorted(number for number, settings in works.items() if len(settings) > 1)
    random.Random(1).shuffle(every)
    random.Random(2).shuffle(several)
    return frozenset(every[:DEVELOPMENT_WORKS] + several[:DEVELOPMENT_WORKS])


@functools.cache
def calibration_works() -> frozenset[int]:
    """The last of all that are not measured on, in the order in which a corpus is rendered."""
    return frozenset(_in_order()[-CALIBRATION_WORKS:])


def works_of(split: Split) -> list[int]:
    """The works of a split, in an order drawn once and for all."""
    if split == "development":
        numbers = sorted(development_works())
        random.Random(0).shuffle(numbers)
        return numbers
    return [number for number in _in_order() if (number in calibration_works()) == (split == "calibration")]


def _in_order() -> list[int]:
    numbers = sorted(tune_works().keys() - development_works())
    random.Random(0).shuffle(numbers)
    return numbers


def load_tune(books: Path, printing: str) -> Tune:
    """The tune `book.abc#n` (n counts from 1 in the order of the file) below the folder `books`."""
    name, _, number = printing.rpartition("#")
    tunes = tunes_in((books / name).read_text(encoding="utf-8", errors="replace"))
    if not 1 <= int(number) <= len(tunes):
        raise CorpusError(f"{books / name} holds {len(tunes)} tunes; there is no number {number}.")
    return read_tune(tunes[int(number) - 1])
