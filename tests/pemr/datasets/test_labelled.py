"""The contract of labelled sets: splits by group, tags by name, a share of the training tracks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pemr.datasets.catalogue import SETS, load_set
from pemr.datasets.labelled import LabelledFile, LabelledSet, split_groups
from pemr.errors import CorpusError


def made_set(tracks: int = 40) -> LabelledSet:
    files = tuple(
        LabelledFile(Path(f"{n}.wav"), ("train", "train", "validation", "test")[n % 4], str(n // 4), (n % 3,))
        for n in range(tracks)
    )
    return LabelledSet("made", "by hand", (("a", "tag"), ("b", "tag"), ("c", "tag")), files)


@given(st.sets(st.text(min_size=1), min_size=3, max_size=60))
def test_every_group_is_in_one_split_and_no_split_is_empty(groups: set[str]) -> None:
    splits = split_groups(groups)
    assert set(splits) == groups
    assert set(splits.values()) == {"train", "validation", "test"}
    assert dict(split_groups(sorted(groups))) == dict(splits)


def test_truth_is_a_table_of_tags() -> None:
    some = made_set().files[:4]
    np.testing.assert_array_equal(made_set().truth(some).argmax(axis=1), [0, 1, 2, 0])


def test_chosen_tags_keep_their_tracks_and_lose_the_other_labels() -> None:
    chosen = made_set().with_tags(["c", "a"])
    assert [name for name, _ in chosen.tags] == ["c", "a"]
    assert [file.labels for file in chosen.files[:3]] == [(1,), (), (0,)]


def test_an_unknown_tag_is_named_with_those_there_are() -> None:
    with pytest.raises(CorpusError, match=r"made: there is no tag polka\. The tags: a, b, c"):
        made_set().with_tags(["a", "polka"])


def test_a_share_holds_only_training_tracks_back_and_grows_with_the_share() -> None:
    whole = made_set(400)
    hundredth, tenth = whole.with_share(0.01, seed=3), whole.with_share(0.1, seed=3)
    assert (len(hundredth.of_split("train")), len(tenth.of_split("train"))) == (2, 20)
    assert set(hundredth.of_split("train")) < set(tenth.of_split("train"))
    assert tenth.of_split("test") == whole.of_split("test")
    assert whole.with_share(0.1, seed=4).files != tenth.files
    assert "10% of train, seed 3" in tenth.split_name


def test_an_unknown_set_is_named_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"There is no data set fma\. Known sets: magnatagatune, gtzan"):
        load_set("fma", tmp_path)


@pytest.mark.parametrize("name", SETS)
def test_every_set_refuses_an_empty_folder_in_words(name: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"There is no|There are no|has 0 folders|None of|No audio|cannot be read"):
        load_set(name, tmp_path)
