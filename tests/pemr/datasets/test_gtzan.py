"""GTZAN in its true layouts, and the fault-filtered partition."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from pemr.datasets.gtzan import GENRES, LIST, load_gtzan
from pemr.errors import CorpusError


@pytest.fixture
def gtzan(tmp_path: Path, make_audio: Callable[..., Path]) -> Path:
    """The genre folders, each with its first listed excerpt of every part."""
    for split, name in _first_of_each():
        make_audio(tmp_path / "genres" / name.partition(".")[0] / f"{name}.wav", seconds=1.0, seed=len(split))
    return tmp_path


def _listed() -> list[tuple[str, str]]:
    lines = [line.split() for line in LIST.read_text().splitlines() if not line.startswith("#")]
    return [(split, name) for split, name in lines]


def _first_of_each() -> list[tuple[str, str]]:
    first: dict[tuple[str, str], str] = {}
    for split, name in _listed():
        first.setdefault((split, name.partition(".")[0]), name)
    return [(split, name) for (split, _), name in first.items()]


def test_the_partition_is_the_published_one() -> None:
    assert Counter(split for split, _ in _listed()) == {"train": 443, "validation": 197, "test": 290}
    assert len({name for _, name in _listed()}) == 930
    assert {name.partition(".")[0] for _, name in _listed()} == set(GENRES)


def test_every_excerpt_has_one_genre_and_the_split_of_the_list(gtzan: Path) -> None:
    found = load_gtzan(gtzan)
    assert found.one_label
    splits = {name: split for split, name in _listed()}
    for file in found.files:
        assert [found.tags[label][0] for label in file.labels] == [file.path.parent.name]
        assert file.split == splits[file.path.stem]


def test_missing_excerpts_are_counted(gtzan: Path) -> None:
    assert "900 of 930 excerpts are missing" in load_gtzan(gtzan).notes[0]


@pytest.mark.parametrize("layout", ["", "genres_original", "gtzan_genre/genres"])
def test_it_is_found_however_it_was_unpacked(gtzan: Path, tmp_path: Path, layout: str) -> None:
    target = tmp_path / "elsewhere" / layout
    target.parent.mkdir(parents=True, exist_ok=True)
    (gtzan / "genres").rename(target)
    assert len(load_gtzan(tmp_path / "elsewhere").files) == 30


def test_a_wrong_folder_is_told_the_layout(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"no genre folders below .*genres/blues/blues\.00000\.wav"):
        load_gtzan(tmp_path)


def test_empty_genre_folders_are_told_the_layout(tmp_path: Path) -> None:
    (tmp_path / "blues").mkdir()
    with pytest.raises(CorpusError, match="None of the excerpts"):
        load_gtzan(tmp_path)
