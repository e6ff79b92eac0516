"""The data sets of the paper in their true layouts, as small as they can be, with sounds made on the spot."""

import csv
from pathlib import Path

import pytest

from conftest import melody, write_audio

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
    """A folder with MagnaTagATune and GTZAN."""
    root = tmp_path_factory.mktemp("sets")
    _magnatagatune(root / "MagnaTagATune")
    _gtzan(root / "GTZAN")
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
