"""The verified pairs of the free game music: the list itself, and the set that is made of it."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from pemr.datasets.cliques import CliqueSet
from pemr.datasets.free_game_music import CorpusTrack, corpus_tracks
from pemr.datasets.free_game_versions import KnownPair, known_pairs, load_free_game_versions
from pemr.errors import CorpusError

TRACKS = [CorpusTrack("game", f"usr/share/{name}.ogg", 1.0, "train", "") for name in "abcdef"]


def pair(first: str, second: str, kinship: str = "version") -> KnownPair:
    return KnownPair(f"train/game/{first}.ogg", f"train/game/{second}.ogg", kinship, "both", "")  # type: ignore[arg-type]


def loaded(root: Path, *pairs: KnownPair) -> CliqueSet:
    for track in TRACKS:
        (root / track.target()).parent.mkdir(parents=True, exist_ok=True)
        (root / track.target()).touch()
    return load_free_game_versions(root, pairs=pairs, tracks=TRACKS)


def named(cliques: CliqueSet) -> set[tuple[str, str]]:
    return {(first.stem, second.stem) for first, second in cliques.apart}


def test_every_listed_pair_names_two_tracks_of_the_corpus_in_order_and_only_once() -> None:
    there = {str(track.target()) for track in corpus_tracks()}
    pairs = known_pairs()
    assert all(there.issuperset(found.both) and found.track < found.other for found in pairs)
    assert len({found.both for found in pairs}) == len(pairs)
    assert all(found.remark for found in pairs), "each says why"


def test_versions_are_grouped_and_all_other_tracks_are_distractors(tmp_path: Path) -> None:
    cliques = loaded(tmp_path, pair("a", "b"), pair("d", "e"), pair("c", "f", "strangers"))
    works = {track.path.stem: track.work for track in cliques.tracks}
    assert works["a"] == works["b"] is not None
    assert works["d"] == works["e"] is not None
    assert works["a"] != works["d"]
    assert works["c"] is works["f"] is None
    assert named(cliques) == set()


def test_what_is_no_version_but_no_stranger_either_counts_neither_way(tmp_path: Path) -> None:
    cliques = loaded(
        tmp_path, pair("a", "b"), pair("c", "d", "same recording"), pair("c", "e", "shared loops"),
        pair("e", "f", "could not be told"), pair("d", "f", "strangers"),
    )  # fmt: skip
    assert named(cliques) == {("c", "d"), ("c", "e"), ("e", "f")}


def test_two_versions_of_a_third_that_are_not_listed_as_versions_of_one_another_stand_apart(tmp_path: Path) -> None:
    cliques = loaded(tmp_path, *(pair(first, second) for first, second in pairwise("abc")))
    assert len({track.work for track in cliques.tracks if track.path.stem in "abc"}) == 1
    assert named(cliques) == {("a", "c")}


def test_two_groups_become_one_when_a_pair_joins_them(tmp_path: Path) -> None:
    cliques = loaded(tmp_path, pair("a", "b"), pair("c", "d"), pair("b", "c"))
    assert len({track.work for track in cliques.tracks if track.path.stem in "abcd"}) == 1


def test_a_missing_track_is_told_and_its_pairs_are_left_out(tmp_path: Path) -> None:
    loaded(tmp_path, pair("a", "b"))
    (tmp_path / TRACKS[0].target()).unlink()
    cliques = load_free_game_versions(tmp_path, pairs=[pair("a", "b"), pair("c", "d")], tracks=TRACKS)
    assert [track.path.stem for track in cliques.tracks if track.work] == ["c", "d"]
    assert cliques.notes == ("1 of 6 tracks are missing: figures do not compare",)


def test_a_folder_without_the_corpus_is_refused_with_the_command_that_brings_it(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="pemr-train corpus fetch free-game-music"):
        load_free_game_versions(tmp_path)
