"""Versions among the free game music, as they were verified by title and by a second aligner: real pairs to search for.

`free_game_versions.tsv` says how each pair was verified. Only what is listed as a version is a right answer; copies of
a recording, tracks that share loops, and pairs that could not be told stand apart: they count neither way.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal

import msgspec

from pemr.datasets.cliques import CliqueSet, CliqueTrack
from pemr.datasets.free_game_music import CorpusTrack, corpus_tracks
from pemr.errors import CorpusError

Kinship = Literal["version", "same recording", "shared loops", "could not be told", "strangers"]
ShownBy = Literal["title", "second aligner", "both", "waveform"]


class KnownPair(msgspec.Struct, frozen=True):
    """Two tracks of the corpus by their places below its folder, in alphabetical order.

    `strangers`: looked at because a search put them together, and found to have no passage in common.
    """

    track: str
    other: str
    kinship: Kinship
    shown_by: ShownBy
    remark: str

    @property
    def both(self) -> tuple[str, str]:
        return self.track, self.other


@cache
def known_pairs() -> tuple[KnownPair, ...]:
    """The list, in the order of the file."""
    text = files("pemr.datasets").joinpath("free_game_versions.tsv").read_text("utf-8")
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    return tuple(msgspec.convert(row, KnownPair) for row in csv.DictReader(lines, delimiter="\t"))


def load_free_game_versions(
    root: Path, *, pairs: Iterable[KnownPair] | None = None, tracks: Iterable[CorpusTrack] | None = None
) -> CliqueSet:
    """All tracks of the corpus below `root`, those with a verified version grouped, the others as distractors.

    Raises `CorpusError` if the corpus is not there, or holds no verified pair.
    """
    listed = [track.target() for track in (corpus_tracks() if tracks is None else tracks)]
    there = dict.fromkeys(str(name) for name in listed if (root / name).is_file())
    kept = [pair for pair in (known_pairs() if pairs is None else pairs) if there.keys() >= set(pair.both)]
    works = _works(kept)
    if not works:
        raise CorpusError(
            f"{root} holds no two verified versions of the free game music. "
            "Bring it with: pemr-train corpus fetch free-game-music FOLDER"
        )
    missing = len(listed) - len(there)
    notes = [f"{missing} of {len(listed)} tracks are missing: figures do not compare"] if missing else []
    grouped = {frozenset(pair.both) for pair in kept if pair.kinship == "version"}
    apart = [pair.both for pair in kept if pair.kinship not in ("version", "strangers")]
    # versions of one track need not be versions of one another: a medley joins what has nothing in common
    apart += [
        (first, second)
        for first, work in works.items()
        for second, its in works.items()
        if first < second and work == its and frozenset((first, second)) not in grouped
    ]
    return CliqueSet(
        "Free game music",
        "all tracks",
        tuple(CliqueTrack(root / name, works.get(name)) for name in there),
        tuple(notes),
        tuple((root / first, root / second) for first, second in apart),
    )


def _works(pairs: Iterable[KnownPair]) -> dict[str, str]:
    """Track -> work, named after its first track, for whatever is joined by versions."""
    works: dict[str, str] = {}
    for path, its_version in (pair.both for pair in pairs if pair.kinship == "version"):
        first, second = sorted((works.get(path, path), works.get(its_version, its_version)))
        works |= {path: first, its_version: first}
        works |= {name: first for name, work in works.items() if work == second}
    return works
