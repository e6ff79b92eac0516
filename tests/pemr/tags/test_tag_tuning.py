"""Heads fitted anew to one library: better where there is evidence, untouched where there is none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pemr.modelfile import TagHead
from pemr.regression.logistic import Linear
from pemr.tags.calibration import in_probability
from pemr.tags.tag_tuning import LEAST_NEW_EXAMPLES, Example, Weights, new_tags, tune_tags
from pemr.vocabulary import VOCABULARY

K = len(VOCABULARY)
LATENT = 12
MIXING = np.random.default_rng(0).normal(size=(LATENT, 512)).astype(np.float32) / 12
"""Tracks differ in a few ways only, each of which shows in many numbers."""
PREDICTED = 10
"""Tags that the made-up teacher has an opinion on; of the others it says no to everything."""


@pytest.fixture(scope="module")
def directions() -> np.ndarray:
    """What makes each tag true, in embedding space."""
    return np.random.default_rng(1).normal(size=(K, LATENT)).astype(np.float32) @ MIXING / 8


@pytest.fixture(scope="module")
def shipped() -> tuple[Linear, list[TagHead]]:
    """Heads that know nothing, and say so: every tag is off."""
    weight = 0.01 * np.random.default_rng(2).normal(size=(K, 512)).astype(np.float32)
    tags = [TagHead(tag.name, tag.group, 1.0, False, reason="nobody vouches for it") for tag in VOCABULARY]
    return Linear(weight, np.full(K, -2.0, np.float32)), tags


def library(directions: np.ndarray, count: int, seed: int, **said: Any) -> list[Example]:
    """Tracks of three segments on six albums, with the teacher's opinion."""
    random = np.random.default_rng(seed)
    examples = []
    for number in range(count):
        kind = random.normal(size=(1, LATENT)) + 0.3 * random.normal(size=(3, LATENT))
        segments = (kind @ MIXING + 0.05 * random.normal(size=(3, 512))).astype(np.float32)
        teacher = 1 / (1 + np.exp(-4 * (segments @ directions.T)))
        teacher[:, PREDICTED:] = 0.001
        examples.append(
            Example(f"album {number % 6}", segments.mean(axis=0), segments, teacher.astype(np.float32), **said)
        )
    return examples


def follows(example: Example, direction: np.ndarray) -> bool:
    return bool(example.vector @ direction > 0)


def test_tags_that_the_teacher_hears_here_are_switched_on_and_others_stay(
    directions: np.ndarray, shipped: tuple[Linear, list[TagHead]]
) -> None:
    tuned = tune_tags(*shipped, library(directions, 150, 3))
    assert tuned is not None and tuned.examples == 150
    on = [change.name for change in tuned.changes if change.change == "switched on"]
    assert len(on) > PREDICTED / 2
    assert set(on) <= {tag.name for tag in VOCABULARY[:PREDICTED]}
    for change in tuned.changes[:PREDICTED]:
        if change.change == "switched on":
            assert change.after.roc_auc is not None and change.before.roc_auc is not None
            assert change.after.roc_auc > change.before.roc_auc
            assert change.judged_by == "teacher" and change.is_on and not change.reason
    before, after = in_probability(*shipped), in_probability(tuned.linear, tuned.tags)
    np.testing.assert_allclose(after.weight[PREDICTED:], before.weight[PREDICTED:], atol=1e-6)
    assert all(tag.reason for tag in tuned.tags if not tag.supported)
    new = library(directions, 200, 4)
    at = [tag.name for tag in tuned.tags].index(on[0])
    right = [
        (tuned.linear.scores(example.vector)[at] * tuned.tags[at].slope + tuned.tags[at].offset > 0)
        == (example.teacher is not None and example.teacher[:, at].mean() > 0.5)
        for example in new
    ]
    assert np.mean(right) > 0.7


def test_a_tag_that_is_as_good_as_it_gets_is_kept(directions: np.ndarray) -> None:
    perfect = Linear(4 * directions, np.zeros(K, np.float32))
    tags = [TagHead(tag.name, tag.group, 0.5, True) for tag in VOCABULARY]
    tuned = tune_tags(perfect, tags, library(directions, 120, 5))
    assert tuned is not None
    assert sum(change.change == "kept" for change in tuned.changes[:PREDICTED]) >= PREDICTED - 2


def test_a_persons_word_is_taken_over_the_teachers(
    directions: np.ndarray, shipped: tuple[Linear, list[TagHead]]
) -> None:
    """Of tag 0 the person says what the teacher says of tag 1."""
    name = VOCABULARY[0].name
    examples = library(directions, 150, 6)
    told = [
        Example(
            example.group,
            example.vector,
            example.segments,
            example.teacher,
            decisions={name: follows(example, directions[1])},
        )
        for example in examples
    ]
    tuned = tune_tags(*shipped, told, Weights())
    assert tuned is not None
    change = tuned.changes[0]
    assert change.judged_by == "you" and change.change == "switched on"
    fresh = library(directions, 300, 7)
    scores = np.stack([tuned.linear.scores(example.vector) for example in fresh])[:, 0]
    mine = np.array([follows(example, directions[1]) for example in fresh])
    assert scores[mine].mean() > scores[~mine].mean() + 0.5


def test_rejected_suggestions_switch_a_tag_off(directions: np.ndarray) -> None:
    """The shipped head suggests tag 0 for everything; the person says no nearly always, as by chance."""
    eager = Linear(np.zeros((K, 512), np.float32), np.full(K, 3.0, np.float32))
    tags = [TagHead(tag.name, tag.group, 0.5, True) for tag in VOCABULARY]
    name, random = VOCABULARY[0].name, np.random.default_rng(8)
    told = [
        Example(example.group, example.vector, example.segments, decisions={name: bool(random.random() < 0.15)})
        for example in library(directions, 120, 9)
    ]
    tuned = tune_tags(eager, tags, told)
    assert tuned is not None
    assert tuned.changes[0].change == "switched off" and not tuned.tags[0].supported
    assert "suggestions were right" in tuned.tags[0].reason
    assert all(tag.supported for tag in tuned.tags[1:])


def test_a_tag_of_ones_own_is_learned_from_files(directions: np.ndarray, shipped: tuple[Linear, list[TagHead]]) -> None:
    examples = [
        Example(
            example.group, example.vector, example.segments, example.teacher,
            file_tags={"chiptune": "genre"} if follows(example, directions[20]) else {"jazz": "genre"},
        )
        for example in library(directions, 150, 10)
    ]  # fmt: skip
    tuned = tune_tags(*shipped, examples)
    assert tuned is not None
    change = tuned.changes[-1]
    assert (change.name, change.group, change.change) == ("chiptune", "genre", "new")
    assert tuned.tags[-1].name == "chiptune" and tuned.linear.weight.shape == (K + 1, 512)
    assert change.after.precision is not None and change.after.precision > 0.6


def test_too_few_examples_make_no_tag(directions: np.ndarray) -> None:
    few = library(directions, LEAST_NEW_EXAMPLES - 1, 11, file_tags={"polka": "genre"})
    assert new_tags([], few) == []
    enough = library(directions, LEAST_NEW_EXAMPLES, 11, file_tags={"polka": "genre"})
    assert [tag.name for tag in new_tags([], enough)] == ["polka"]
    one_album = [example for example in enough if example.group == "album 0"]
    assert new_tags([], one_album * LEAST_NEW_EXAMPLES) == []


def test_too_little_music_changes_nothing(directions: np.ndarray, shipped: tuple[Linear, list[TagHead]]) -> None:
    assert tune_tags(*shipped, library(directions, 5, 12)) is None
    assert (
        tune_tags(*shipped, [example for example in library(directions, 120, 13) if example.group == "album 1"]) is None
    )
