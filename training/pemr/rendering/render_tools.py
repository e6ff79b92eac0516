"""Bring what versions are rendered with: books of tunes, styles, a soundfont. Unpacked, never installed."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pemr.datasets.free_game_music import download_package
from pemr.durable_files import write_output
from pemr.errors import CorpusError
from pemr.rendering.tune_list import Split

BOOKS_PACKAGE = "music21==10.5.1"
BOOKS = ("airdsAirs", "oneills1850", "ryansMammoth")
SOUNDFONT_PACKAGES: dict[Split, str] = {
    "train": "opl3-soundfont", "calibration": "opl3-soundfont", "development": "fluid-soundfont-gm"
}  # fmt: skip


@dataclass(frozen=True)
class RenderTools:
    """`books`: folder of ABC books. `mma`: MMA's home. `soundfont`: None if nothing is rendered as audio."""

    books: Path
    mma: Path | None
    soundfont: Path | None


def bring_tools(
    folder: Path, books: Path | None, split: Split, *, audio: bool, said: Callable[[str], None]
) -> RenderTools:
    """Fetch what is missing in `folder`; `books` if they are elsewhere. What is measured on has a soundfont of its own.

    Raises `CorpusError` that says what could not be had.
    """
    books = bring_books(folder, books, said)
    if not audio:
        return RenderTools(books, None, None)
    mma = bring_mma(folder, said)
    package = SOUNDFONT_PACKAGES[split]
    soundfonts = folder / package
    if not list(soundfonts.rglob("*.sf2")):
        unpacked(package, folder, said)
    return RenderTools(books, mma, next(iter(sorted(soundfonts.rglob("*.sf2")))))


def bring_books(folder: Path, books: Path | None, said: Callable[[str], None]) -> Path:
    """The folder of the books of tunes: `books` if they are elsewhere, else fetched. Raises `CorpusError`."""
    lacking = [book for book in BOOKS if not ((books or folder / "books") / book).is_dir()]
    if books is not None and lacking:
        raise CorpusError(f"{books} does not hold the books {', '.join(lacking)}. Without --books they are fetched.")
    books = books or folder / "books"
    if lacking:
        said("Fetching three public-domain books of tunes")
        _bring_books(books)
    return books


def bring_mma(folder: Path, said: Callable[[str], None]) -> Path:
    """MMA's home. Raises `CorpusError`."""
    home = folder / "mma" / "usr" / "share" / "mma"
    if not (home / "mma.py").exists():
        unpacked("mma", folder, said)
        # MMA finds its modules only beside its script
        shutil.copyfile(folder / "mma" / "usr" / "bin" / "mma", home / "mma.py")
    return home


def unpacked(package: str, folder: Path, said: Callable[[str], None]) -> Path:
    """The folder that a Debian package is unpacked in, fetched if it is not there. Raises `CorpusError`."""
    target = folder / package
    if not target.is_dir():
        said(f"Fetching the package {package}")
        _unpack(package, target)
    return target


def _unpack(package: str, target: Path) -> None:
    """The whole package below `target`, there entirely or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="pemr-package-", dir=target.parent) as scratch:
        archive = download_package(package, Path(scratch))
        inside = Path(scratch) / "unpacked"
        done = subprocess.run(
            ["dpkg-deb", "-x", str(archive), str(inside)], capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise CorpusError(f"The package {package} could not be unpacked: {done.stderr.strip()}")
        if target.exists():
            shutil.rmtree(target)
        inside.rename(target)


def _bring_books(target: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="pemr-books-") as scratch:
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", scratch, BOOKS_PACKAGE]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        wheels = list(Path(scratch).glob("*.whl"))
        if done.returncode != 0 or not wheels:
            reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise CorpusError(
                f"The books of tunes come in the Python package {BOOKS_PACKAGE}, which cannot be downloaded: {reason}. "
                "With --books you can name a folder that holds airdsAirs, oneills1850 and ryansMammoth."
            )
        with zipfile.ZipFile(wheels[0]) as archive:
            for name in archive.namelist():
                book, _, file = name.removeprefix("music21/corpus/").partition("/")
                if book in BOOKS and file.endswith(".abc"):
                    write_output(target / book / file, archive.read(name))
