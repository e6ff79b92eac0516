"""Tracks grouped by the work they are versions of: what version search is measured on."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from pemr.datasets.folder import AUDIO_SUFFIXES
from pemr.errors import CorpusError

LISTING = "versions.tsv"


@dataclass(frozen=True)
class CliqueTrack:
    """A file, and its work; None: a distractor, a candidate that is never asked for."""

    path: Path
    work: str | None


@dataclass(frozen=True)
class CliqueSet:
    """`split` names what of a set was taken, `notes` what is missing or odd; both are printed beside every figure.

    `apart`: pairs of files that count neither as right nor as wrong, such as copies of one recording.
    """

    name: str
    split: str
    tracks: tuple[CliqueTrack, ...]
    notes: tuple[str, ...] = ()
    apart: tuple[tuple[Path, Path], ...] = ()

    def __str__(self) -> str:
        sizes = Counter(track.work for track in self.tracks if track.work is not None)
        alone = sum(size == 1 for size in sizes.values())
        distractors = sum(track.work is None for track in self.tracks)
        more = f", {distractors} distractors" if distractors else ""
        lone = f", {alone} of them with one recording" if alone else ""
        return f"{self.name}, {self.split}: {len(self.tracks)} tracks, {len(sizes)} works{lone}{more}"


def load_clique_folder(root: Path) -> CliqueSet:
    """A folder of works: each folder in it is a work, a file beside them is a distractor.

    A table `versions.tsv` with the columns work and file decides if it is there. Raises `CorpusError`.
    """
    if (root / LISTING).is_file():
        return _listed(root)
    if not root.is_dir():
        raise CorpusError(f"There is no folder {root}.")
    files = sorted(path for path in root.rglob("*") if path.suffix.lower() in AUDIO_SUFFIXES and path.is_file())
    tracks = [
        CliqueTrack(path, inside.parts[0] if len((inside := path.relative_to(root)).parts) > 1 else None)
        for path in files
    ]
    sizes = Counter(track.work for track in tracks if track.work is not None)
    if not any(size > 1 for size in sizes.values()):
        raise CorpusError(
            f"{root} holds no work with two recordings. Put the recordings of each work into a folder of its own: "
            f"{root}/WORK/one.flac, {root}/WORK/other.flac."
        )
    return CliqueSet(root.name, "all", tuple(tracks))


def _listed(root: Path) -> CliqueSet:
    with (root / LISTING).open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    if not rows or not {"work", "file"} <= rows[0].keys():
        raise CorpusError(f"{root / LISTING} needs the columns work and file, separated by tabs.")
    missing = [row["file"] for row in rows if not (root / row["file"]).is_file()]
    if missing:
        raise CorpusError(f"{len(missing)} files of {root / LISTING} are not there, the first is {missing[0]}.")
    return CliqueSet(root.name, "all", tuple(CliqueTrack(root / row["file"], row["work"] or None) for row in rows))
