"""SHS100K and the part of it that the PEMR paper uses, SHS100K-SUB; lists and audio are the user's own.

The lists are published, the recordings are not: a recording is named by its song and version number.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np

from pemr.datasets.cliques import CliqueSet, CliqueTrack
from pemr.datasets.folder import AUDIO_SUFFIXES
from pemr.errors import CorpusError

Part = Literal["train", "validation", "test"]
LISTS: dict[bool, dict[Part, str]] = {
    False: {"train": "SHS100K-TRAIN", "validation": "SHS100K-VAL", "test": "SHS100K-TEST"},
    True: {"train": "SHS_TRAIN_SUB.npy", "validation": "SHS_VAL_SUB.npy", "test": "SHS_TEST_SUB.npy"},
}
LAYOUT = (
    "Put {list} into {root} and the recordings into {root}/audio, each named by the numbers of its line: song 1536, "
    "version 2 is audio/1536_2.mp3 (any audio format)."
)


def load_shs100k(root: Path, part: Part = "test", *, sub: bool = False) -> CliqueSet:
    """Recordings of a part that are there. Raises `CorpusError` that says what to put where."""
    name = "SHS100K-SUB" if sub else "SHS100K"
    listing = root / LISTS[sub][part]
    layout = LAYOUT.format(list=listing.name, root=root)
    if not listing.is_file():
        raise CorpusError(f"There is no list {listing}. {layout}")
    recordings = _read(listing)
    files = {path.stem: path for path in (root / "audio").rglob("*") if path.suffix.lower() in AUDIO_SUFFIXES}
    tracks = [
        CliqueTrack(files[f"{song}_{version}"], song) for song, version in recordings if f"{song}_{version}" in files
    ]
    if not tracks:
        first = "_".join(recordings[0]) if recordings else "?"
        raise CorpusError(
            f"None of the {len(recordings)} recordings of {listing.name} is there (first {first}). {layout}"
        )
    lacking = len(recordings) - len(tracks)
    notes = (f"{lacking} of {len(recordings)} recordings are missing: figures do not compare",) if lacking else ()
    return CliqueSet(name, part, tuple(tracks), notes)


def _read(listing: Path) -> list[tuple[str, str]]:
    """Song and version numbers, from lines of two numbers or from an array of `song_version`."""
    try:
        if listing.suffix == ".npy":
            names = np.load(listing, allow_pickle=False).astype(str).ravel().tolist()
            pairs = [name.split("_") for name in names]
        else:
            pairs = [line.split()[:2] for line in listing.read_text("utf-8").splitlines() if line.strip()]
        return [(song, version) for song, version in pairs]
    except ValueError as error:
        raise CorpusError(f"{listing} is not a list of song and version numbers: {error}") from error
