"""Tag heads learn what the teacher says, are calibrated, and stay silent where validation cannot vouch."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from pemr.modelfile import TagHead
from pemr.tags.heads import FittedHeads, as_targets, calibrated_heads, fit_heads, teacher_thresholds, track_scores
from pemr.vocabulary import VOCABULARY

K = len(VOCABULARY)


@pytest.fixture(scope="module")
def hidden() -> np.ndarray:
    """The direction in embedding space that makes each tag true."""
    return np.random.default_rng(1).normal(size=(K, 512)).astype(np.float32) / 8


def tracks(hidden: np.ndarray, count: int, seed: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Tracks of six segments with the teacher's opinion about each; tag 0 is never true, tag 1 is pure chance."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(count, 1, 512))
    vectors = [(c + 0.3 * random.normal(size=(6, 512))).astype(np.float32) for c in centres]
    labels = [1 / (1 + np.exp(-(v @ hidden.T) * 2)) for v in vectors]
    for labels_of_track in labels:
        labels_of_track[:, 0] = 0.001
        labels_of_track[:, 1] = random.random()
    return vectors, [labels_of_track.astype(np.float32) for labels_of_track in labels]


@pytest.fixture(scope="module")
def fitted(hidden: np.ndarray) -> FittedHeads:
    vectors, labels = tracks(hidden, 120, seed=2)
    return fit_heads(vectors, labels, [f"album {i % 8}" for i in range(120)])


def test_heads_recover_what_the_labels_were_made_from(hidden: np.ndarray, fitted: FittedHeads) -> None:
    vectors, labels = tracks(hidden, 100, seed=3)
    scores, truth, values = track_scores(fitted, vectors, labels, np.full(K, 0.5, np.float32))
    measured = dict(zip(scores.names, scores.roc_auc, strict=True))
    assert np.mean([measured[tag.name] for tag in VOCABULARY[2:]]) > 0.8
    assert VOCABULARY[0].name in scores.skipped
    assert truth.shape == values.shape == (100, K)


def test_fitting_twice_gives_the_same_heads(hidden: np.ndarray) -> None:
    vectors, labels = tracks(hidden, 12, seed=4)
    first, again = (fit_heads(vectors, labels, ["a"] * 12) for _ in range(2))
    np.testing.assert_array_equal(first.weight, again.weight)


def test_a_tag_without_evidence_is_switched_off_and_says_why(hidden: np.ndarray, fitted: FittedHeads) -> None:
    vectors, labels = tracks(hidden, 60, seed=5)
    tags = calibrated_heads(fitted, vectors, labels, np.full(K, 0.5, np.float32))
    assert not tags[0].supported
    assert tags[0].reason == "only 0 of the tracks it was judged on have it"
    assert not tags[1].supported
    assert tags[1].reason
    on = [tag for tag in tags[2:] if tag.supported]
    assert len(on) > K / 2
    assert all(0.4 <= tag.threshold < 1 and tag.slope > 0 and not tag.reason for tag in on)
    assert msgspec.json.decode(msgspec.json.encode(tags), type=list[TagHead]) == tags


def test_answers_put_the_teachers_threshold_at_one_half() -> None:
    thresholds = np.array([0.1, 0.5], np.float32)
    moved = as_targets(np.array([[0.1, 0.5], [0.0, 1.0], [0.3, 0.2]], np.float32), thresholds)
    np.testing.assert_allclose(moved[:2], [[0.5, 0.5], [0.0, 1.0]], atol=1e-6)
    assert moved[2, 0] > 0.5 and moved[2, 1] == pytest.approx(0.2)


def test_every_training_track_is_scored_by_heads_that_have_not_heard_its_album(
    hidden: np.ndarray, fitted: FittedHeads
) -> None:
    vectors, _ = tracks(hidden, 120, seed=2)
    assert len(fitted.out_of_fold) == 120
    own = fitted.linear.scores(vectors[0])
    assert fitted.out_of_fold[0].shape == own.shape
    assert not np.allclose(fitted.out_of_fold[0], own, atol=0.05)


def test_the_teachers_thresholds_are_one_for_each_tag(hidden: np.ndarray) -> None:
    _, labels = tracks(hidden, 30, seed=6)
    thresholds = teacher_thresholds(labels)
    assert thresholds.shape == (K,)
    assert ((thresholds > 0) & (thresholds < 1)).all()
