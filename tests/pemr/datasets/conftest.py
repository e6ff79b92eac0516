"""Labelled sets in their true layout, as small as they can be."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

TOP_TAGS = ("guitar", "piano", "no vocals")


@pytest.fixture
def magnatagatune(tmp_path: Path, make_audio: Callable[..., Path]) -> Path:
    """Six clips in five folders, one of them without a tag, and a broken one that is listed but not there."""
    from pemr.datasets.magnatagatune import TAGS

    clips = [
        ("2", "0/anna-first-01-air-0-29.mp3", "Anna", ("guitar", "piano")),
        ("6", "b/anna-first-02-song-0-29.mp3", "Anna", ("no vocals",)),
        ("10", "b/bela-one-01-dance-29-58.mp3", "Bela", ()),
        ("11", "c/cora-two-01-air-0-29.mp3", "Cora", ("piano",)),
        ("12", "d/dora-two-01-air-0-29.mp3", "Dora", ("guitar",)),
        ("13", "f/emma-two-01-air-0-29.mp3", "Emma", ("piano", "no vocals")),
        ("35644", "d/zero-broken-01-0-29.mp3", "Zero", ("piano",)),
    ]
    columns = ("clip_id", "ugly noise", *TAGS, "mp3_path")
    with (tmp_path / "annotations_final.csv").open("w", newline="") as file:
        table = csv.writer(file, delimiter="\t", quoting=csv.QUOTE_ALL)
        table.writerow(columns)
        for clip, path, _, tags in clips:
            table.writerow([clip, "0", *(str(int(tag in tags)) for tag in TAGS), path])
    with (tmp_path / "clip_info_final.csv").open("w", newline="") as file:
        table = csv.writer(file, delimiter="\t", quoting=csv.QUOTE_ALL)
        table.writerow(("clip_id", "track_number", "title", "artist", "album", "url", "segmentStart", "segmentEnd",
                        "original_url", "mp3_path"))  # fmt: skip
        for clip, path, artist, _ in clips:
            table.writerow((clip, "1", "Air", artist, "First", "", "0", "29", "", path))
    for number, (clip, path, _, _) in enumerate(clips):
        if clip != "35644":
            make_audio(tmp_path / path, seconds=1.5, sample_rate=16_000, seed=number)
    return tmp_path
