"""Tagging measures against cases worked by hand and against the definition, pair by pair."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pemr.metrics import (
    average_precision,
    best_expected_f1_threshold,
    bootstrap,
    bootstrap_interval,
    expected_calibration_error,
    interval,
    reliability,
    roc_auc,
    score_tags,
)


def test_roc_auc_of_hand_worked_cases() -> None:
    assert roc_auc(np.array([0, 0, 1, 1]), np.array([0.1, 0.4, 0.35, 0.8])) == pytest.approx(0.75)
    assert roc_auc(np.array([1, 0]), np.array([0.5, 0.5])) == pytest.approx(0.5)
    assert math.isnan(roc_auc(np.array([1, 1]), np.array([0.1, 0.2])))


def test_average_precision_of_hand_worked_cases() -> None:
    truth, score = np.array([1, 0, 1, 0]), np.array([0.9, 0.8, 0.7, 0.1])
    assert average_precision(truth, score) == pytest.approx((1 / 1 + 2 / 3) / 2)
    # all tied: one step that takes everything, precision is the share of positives
    assert average_precision(truth, np.ones(4)) == pytest.approx(0.5)
    assert math.isnan(average_precision(np.zeros(3), np.ones(3)))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=30))
def test_roc_auc_is_the_share_of_pairs_in_the_right_order(items: list[tuple[bool, int]]) -> None:
    truth = np.array([positive for positive, _ in items])
    score = np.array([value for _, value in items])
    pairs = [1.0 if p > n else 0.5 if p == n else 0.0 for p in score[truth] for n in score[~truth]]
    if pairs:
        assert roc_auc(truth, score) == pytest.approx(np.mean(pairs))
    else:
        assert math.isnan(roc_auc(truth, score))


def test_tags_without_enough_positives_are_skipped_and_named() -> None:
    truth = np.zeros((200, 3), bool)
    truth[:50, 0] = True
    truth[:1, 1] = True
    scored = score_tags(["often", "once", "never"], truth, np.random.default_rng(1).normal(size=(200, 3)))
    assert scored.names == ("often",)
    assert scored.positives == (50,)
    assert scored.skipped == ("once", "never")
    assert scored.macro_roc_auc == scored.roc_auc[0]


def test_the_interval_holds_the_value_and_is_wider_for_fewer_groups() -> None:
    random = np.random.default_rng(1)
    truth = random.random((400, 2)) < 0.3
    score = truth * 0.8 + random.normal(size=(400, 2))
    value = score_tags(["a", "b"], truth, score).macro_roc_auc
    many = bootstrap_interval(["a", "b"], truth, score, [str(i) for i in range(400)], rounds=200)
    few = bootstrap_interval(["a", "b"], truth, score, [str(i % 4) for i in range(400)], rounds=200)
    assert many[0] < value < many[1]
    assert few[0] <= few[1]
    assert many == bootstrap_interval(["a", "b"], truth, score, [str(i) for i in range(400)], rounds=200)


def test_whole_groups_are_drawn_so_two_of_them_give_four_pairs() -> None:
    # album x is ranked rightly (1.0), album y wrongly (0.0), and of the four pairs of both together three are right
    truth, score = np.array([[1], [0], [1], [0]], bool), np.array([[0.9], [0.1], [0.2], [0.8]])
    drawn = bootstrap(["a"], truth, score, ["x", "x", "y", "y"], rounds=400)
    values = [scores.macro_roc_auc for scores in drawn]
    assert set(values) == {0.0, 0.75, 1.0}
    assert np.mean(np.equal(values, 0.75)) == pytest.approx(1 / 2, abs=0.08)
    assert interval(values) == (0.0, 1.0)
    assert all(math.isnan(edge) for edge in interval([float("nan")]))


def test_the_best_threshold_separates_sure_from_unsure() -> None:
    assert best_expected_f1_threshold(np.array([0.9, 0.8, 0.05, 0.04])) == pytest.approx(0.8)


def test_calibration_error_of_hand_worked_cases() -> None:
    truth, promised = np.array([1, 1, 0, 0]), np.array([0.95, 0.95, 0.05, 0.25])
    assert [point.count for point in reliability(truth, promised)] == [1, 1, 2]
    assert expected_calibration_error(truth, promised) == pytest.approx((2 * 0.05 + 0.05 + 0.25) / 4)
    assert math.isnan(expected_calibration_error(np.zeros(0), np.zeros(0)))


def test_honest_probabilities_have_next_to_no_calibration_error() -> None:
    random = np.random.default_rng(1)
    promised = random.random(50_000)
    truth = random.random(50_000) < promised
    assert expected_calibration_error(truth, promised) < 0.01
    assert expected_calibration_error(truth, np.full(50_000, 0.9)) == pytest.approx(0.4, abs=0.01)
