"""What the truth corpus is made from: the table, and bringing it. Packages are unpacked, never installed."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable
from fnmatch import fnmatch
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from pemr.errors import CorpusError
from pemr.rendering.accompaniment import mma_grooves
from pemr.rendering.render_tools import bring_books, bring_mma, unpacked
from pemr.rendering.tune_list import Split, reserved_sounds, works_of
from pemr.truth.gravis_patches import soundfont_of_patches

Role = Literal["train", "choose", "figures"]
Table = TypeVar("Table")
ROLES: tuple[Role, ...] = ("train", "choose", "figures")


class Font(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A soundfont of a package; `file` is its name below the package's folder."""

    name: str
    package: str
    file: str
    kind: Literal["general", "drums", "patches"]
    lineage: str
    use: Role
    weight: int
    licence: str
    vouched: bool = True


class SoundSet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Recordings of a package that are no music."""

    package: str
    pattern: str
    kind: Literal["speech", "effects", "machines"]
    use: Role
    licence: str


class Songs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which made songs are for what."""

    every: int
    choose: tuple[int, ...]
    figures: tuple[int, ...]

    def use_of(self, number: int) -> Role:
        rest = number % self.every
        return "figures" if rest in self.figures else "choose" if rest in self.choose else "train"


class Grooves(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which style files of MMA are for what."""

    package: str
    licence: str
    every: int


class SpeechSynthesis(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Languages of espeak-ng by their use."""

    package: str
    licence: str
    train: tuple[str, ...]
    choose: tuple[str, ...]
    figures: tuple[str, ...]

    def languages(self, use: Role) -> tuple[str, ...]:
        return {"train": self.train, "choose": self.choose, "figures": self.figures}[use]


class SourceTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`sources.toml`."""

    works: dict[Role, Split]
    songs: Songs
    grooves: Grooves
    fonts: tuple[Font, ...]
    sounds: tuple[SoundSet, ...]
    speech_synthesis: SpeechSynthesis


class StyleTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`styles.toml`."""

    grooves: dict[str, tuple[str, ...]]
    near: dict[str, tuple[str, ...]]


class Sources(msgspec.Struct, frozen=True):
    """Where what was brought lies: `fonts` by name, `sounds` by package."""

    books: Path
    mma: Path
    fonts: dict[str, Path]
    sounds: dict[str, Path]
    espeak: Path | None


@cache
def source_table() -> SourceTable:
    return _table("sources.toml", SourceTable)


@cache
def _style_table() -> StyleTable:
    return _table("styles.toml", StyleTable)


def near_styles() -> dict[str, tuple[str, ...]]:
    """Style -> styles that may be true beside it."""
    return _style_table().near


def styles_of(groove: str) -> tuple[str, ...] | None:
    """The styles that a groove `library/file:Name` of MMA vouches for; None if it says nothing."""
    file = groove.partition(":")[0]
    found = {word for pattern, words in _style_table().grooves.items() if fnmatch(file, pattern) for word in words}
    return tuple(sorted(found)) or None


def tunes_for(use: Role) -> list[int]:
    """Work numbers of printed tunes; those of the final examination are in none."""
    return works_of(source_table().works[use])


def grooves_for(home: Path, use: Role) -> tuple[str, ...]:
    """Grooves of MMA; those of the final examination are in none."""
    if use == "figures":
        return mma_grooves(home, "development")
    every = source_table().grooves.every

    def chosen(groove: str) -> bool:
        file = groove.partition(":")[0]
        return hashlib.blake2b(file.encode(), digest_size=1).digest()[0] % every == 0

    return tuple(groove for groove in mma_grooves(home, "train") if chosen(groove) == (use == "choose"))


def bring_sources(folder: Path, said: Callable[[str], None], books: Path | None = None) -> Sources:
    """Fetch what is missing in `folder`. Raises `CorpusError` that names the package, or a font that is reserved."""
    table = source_table()
    fonts = {}
    for font in table.fonts:
        home = unpacked(font.package, folder, said)
        path = next(iter(sorted(path for path in home.rglob(font.file) if not path.is_symlink())), None)
        fonts[font.name] = _soundfont(font, path, folder)
    sounds = {sounds.package: unpacked(sounds.package, folder, said) for sounds in table.sounds}
    espeak = None
    for package in ("espeak-ng", "espeak-ng-data", "libespeak-ng1", "libpcaudio0", "libsonic0"):
        espeak = unpacked(package, folder, said).parent
    return Sources(bring_books(folder, books, said), bring_mma(folder, said), fonts, sounds, espeak)


def _soundfont(font: Font, path: Path | None, folder: Path) -> Path:
    if path is None:
        raise CorpusError(f"The package {font.package} does not hold {font.file}; it has another version of it.")
    if font.kind == "patches":
        path = soundfont_of_patches(path, folder / f"{path.name}.sf2")
    reserved_sounds().check(path)
    return path


def _table(name: str, kind: type[Table]) -> Table:
    text = resources.files("pemr.truth").joinpath(name).read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), kind)
