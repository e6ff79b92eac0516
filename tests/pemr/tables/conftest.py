"""The data sets of the paper in their true layouts, as small as they can be, with sounds made on the spot."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from sounds import melody, write_audio

SECONDS = 4.0
CLIPS = (
    ("2", "0/anna-first-01-air-0-29.mp3", "Anna", ("guitar", "piano")),
    ("3", "1/anna-first-02-air-0-29.mp3", "Anna", ("guitar",)),
    ("6", "b/bela-first-02-song-0-29.mp3", "Bela", ("no vocals",)),
    ("10", "b/bela-one-01-dance-29-58.mp3", "Bela", ("piano",)),
    ("11", "c/cora-two-01-air-0-29.mp3", "Cora", ("piano",)),
    ("14", "c/cilla-two-01-air-0-29.mp3", "Cilla", ("guitar", "no vocals")),
    ("12", "d/dora-two-01-air-0-29.mp3", "Dora", ("guitar",)),
    ("13", "f/emma-two-01-air-0-29.mp3", "Emma", ("piano", "no vocals")),
)


@pytest.fixture(scope="session")
def data_sets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with MagnaTagATune, GTZAN, SHS100K-SUB and Covers80."""
    root = tmp_path_factory.mktemp("sets")
    _magnatagatune(root / "MagnaTagATune")
    _gtzan(root / "GTZAN")
    _shs100k_sub(root / "SHS100K-SUB")
    _covers80(root / "Covers80")
    return root


def _magnatagatune(root: Path) -> None:
    from pemr.datasets.magnatagatune import TAGS

    root.mkdir()
    with (root / "annotations_final.csv").open("w", newline="") as file:
        table = csv.writer(file, delimiter="\t", quoting=csv.QUOTE_ALL)
        table.writerow(("clip_id", "ugly noise", *TAGS, "mp3_path"))
        for clip, path, _, tags in CLIPS:
            table.writerow([clip, "0", *(str(int(tag in tags)) for tag in TAGS), path])
    with (root / "clip_info_final.csv").open("w", newline="") as file:
        table = csv.writer(file, delimiter="\t", quoting=csv.QUOTE_ALL)
        table.writerow(("clip_id", "track_number", "title", "artist", "album", "url", "segmentStart", "segmentEnd",
                        "original_url", "mp3_path"))  # fmt: skip
        for clip, path, artist, _ in CLIPS:
            table.writerow((clip, "1", "Air", artist, "First", "", "0", "29", "", path))
    for number, (_, path, _, _) in enumerate(CLIPS):
        (root / path).parent.mkdir(exist_ok=True)
        write_audio(root / path, melody(SECONDS, 16_000, seed=number, transpose=number), 16_000)


def _gtzan(root: Path) -> None:
    from pemr.datasets.gtzan import LIST

    lines = [line.split() for line in LIST.read_text().splitlines() if not line.startswith("#")]
    first: dict[tuple[str, str], str] = {}
    for split, name in lines:
        first.setdefault((split, name.partition(".")[0]), name)
    for number, ((_, genre), name) in enumerate(sorted(first.items())):
        (root / "genres" / genre).mkdir(parents=True, exist_ok=True)
        write_audio(root / "genres" / genre / f"{name}.wav", melody(2.0, 22_050, seed=number), 22_050)


def _shs100k_sub(root: Path) -> None:
    """Two works of two recordings in each part, and one recording that is on the list and not there."""
    from pemr.datasets.shs100k import LISTS

    (root / "audio").mkdir(parents=True)
    for index, listing in enumerate(LISTS[True].values()):
        works = (2 * index, 2 * index + 1)
        names = [f"{work}_{version}" for work in works for version in range(2)]
        np.save(root / listing, np.array([*names, f"{works[0]}_9"]))
        for work in works:
            for version in range(2):
                tune = melody(8.0, 16_000, seed=work, transpose=3 * version, tempo=1 + 0.1 * version)
                write_audio(root / "audio" / f"{work}_{version}.mp3", tune, 16_000)


def _covers80(root: Path) -> None:
    """Two songs, two recordings of each."""
    folder = root / "covers32k"
    names: list[list[str]] = [[], []]
    for number, song in enumerate(("Abracadabra", "Claudette")):
        (folder / song).mkdir(parents=True)
        for side, artist in enumerate(("first", "second")):
            names[side].append(f"{song}/{artist}+{song}")
            tune = melody(8.0, 16_000, seed=20 + number, transpose=side, tempo=1 + 0.2 * side)
            write_audio(folder / song / f"{artist}+{song}.mp3", tune, 16_000)
    for side in range(2):
        (folder / f"list{side + 1}.list").write_text("\n".join(names[side]) + "\n")
