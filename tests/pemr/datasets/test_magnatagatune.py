"""MagnaTagATune in its true layout: the split by folder, the broken clips, and what a damaged copy is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from pemr.datasets.magnatagatune import BROKEN, PUBLISHED, TAGS, load_magnatagatune
from pemr.errors import CorpusError


def test_the_fifty_tags_and_the_published_counts() -> None:
    assert len(set(TAGS)) == 50
    assert sum(PUBLISHED) + len(BROKEN) == 25_863


def test_folders_decide_the_split_and_broken_clips_are_dropped(magnatagatune: Path) -> None:
    found = load_magnatagatune(magnatagatune)
    assert {file.path.parent.name: file.split for file in found.files} == {
        "0": "train", "b": "train", "c": "validation", "d": "test", "f": "test",
    }  # fmt: skip
    assert len(found.files) == 6
    assert "3 / 1 / 2" in found.split_name


def test_labels_are_the_tags_of_the_table_and_clips_without_any_are_kept(magnatagatune: Path) -> None:
    found = load_magnatagatune(magnatagatune)
    named = {file.path.name: {found.tags[label][0] for label in file.labels} for file in found.files}
    assert named["anna-first-01-air-0-29.mp3"] == {"guitar", "piano"}
    assert named["anna-first-02-song-0-29.mp3"] == {"no vocals"}
    assert named["bela-one-01-dance-29-58.mp3"] == set()


def test_groups_are_artists(magnatagatune: Path) -> None:
    assert {file.group for file in load_magnatagatune(magnatagatune).files} == {"Anna", "Bela", "Cora", "Dora", "Emma"}


def test_a_copy_that_is_not_the_published_split_says_so(magnatagatune: Path) -> None:
    assert any("18,706 / 1,825 / 5,329" in note for note in load_magnatagatune(magnatagatune).notes)


def test_missing_clips_are_counted_and_named(magnatagatune: Path) -> None:
    (magnatagatune / "b/bela-one-01-dance-29-58.mp3").unlink()
    found = load_magnatagatune(magnatagatune)
    assert len(found.files) == 5
    assert any("1 clips are missing" in note and "bela-one" in note for note in found.notes)


@pytest.mark.parametrize("table", ["annotations_final.csv", "clip_info_final.csv"])
def test_a_missing_table_is_told_with_the_layout(magnatagatune: Path, table: str) -> None:
    (magnatagatune / table).unlink()
    with pytest.raises(CorpusError, match=rf"There is no .*{table}.*mp3\.zip"):
        load_magnatagatune(magnatagatune)


def test_a_folder_without_audio_is_told_with_the_layout(magnatagatune: Path) -> None:
    for clip in magnatagatune.glob("*/*.mp3"):
        clip.unlink()
    with pytest.raises(CorpusError, match=r"None of the 6 clips is there.*mp3\.zip"):
        load_magnatagatune(magnatagatune)


def test_a_table_that_is_cut_off_is_refused_with_its_line(magnatagatune: Path) -> None:
    table = magnatagatune / "annotations_final.csv"
    table.write_bytes(table.read_bytes()[:-120])
    with pytest.raises(CorpusError, match="cut off or damaged at line 8"):
        load_magnatagatune(magnatagatune)


def test_another_table_is_refused(magnatagatune: Path) -> None:
    (magnatagatune / "annotations_final.csv").write_text("clip_id,mp3_path\n2,0/a.mp3\n")
    with pytest.raises(CorpusError, match="it has no column"):
        load_magnatagatune(magnatagatune)
