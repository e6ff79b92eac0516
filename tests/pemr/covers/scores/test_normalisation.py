from __future__ import annotations

import msgspec
import numpy as np
import pytest

from pemr.covers.scores.normalisation import MIN_CANDIDATES, CohortStatistics, default_score_model


def test_the_figures_that_come_with_the_program_say_how_they_were_measured() -> None:
    score_model = default_score_model()
    assert score_model.unrelated_pairs > 1000
    assert "pairs" in score_model.provenance


def test_a_score_is_worth_less_between_longer_tracks() -> None:
    score_model = default_score_model()
    assert score_model.coarse.length_normalised_score(4.0, 150, 150) > score_model.coarse.length_normalised_score(
        4.0, 500, 900
    )
    assert score_model.coarse.length_normalised_score(4.0, 150, 500) == score_model.coarse.length_normalised_score(
        4.0, 500, 150
    )


def test_a_score_of_zero_is_far_below_and_still_a_number() -> None:
    assert np.isfinite(default_score_model().coarse.length_normalised_score(0.0, 100, 100))
    assert default_score_model().coarse.length_normalised_score(0.0, 100, 100) < -3
    assert np.isfinite(default_score_model().coarse.length_normalised_score(1.0, 0, 0))


def test_cohort_statistics_are_hardly_believed_from_one_track_and_wholly_from_many() -> None:
    score_model = default_score_model()
    few = score_model.cohort_statistics(np.array([2.0]))
    many = score_model.cohort_statistics(np.random.default_rng(0).normal(2.0, 0.5, 500))
    assert 0 < few.mean < 0.5
    assert many.mean == pytest.approx(2.0, abs=0.1)
    assert many.deviation == pytest.approx(0.5, abs=0.05)
    assert score_model.cohort_statistics(np.array([])) == CohortStatistics(0.0, 1.0)


def test_one_true_version_in_the_cohort_does_not_spoil_its_statistics() -> None:
    score_model = default_score_model()
    cohort = np.random.default_rng(1).normal(0.0, 1.0, 47)
    plain, spoilt = score_model.cohort_statistics(cohort), score_model.cohort_statistics(np.append(cohort, 9.0))
    assert spoilt.mean == pytest.approx(plain.mean, abs=0.1)
    assert spoilt.deviation == pytest.approx(plain.deviation, rel=0.1)


def test_a_track_that_scores_high_with_everything_needs_a_higher_score() -> None:
    assert CohortStatistics(mean=2.0, deviation=1.0).normalised_score(3.0) < CohortStatistics().normalised_score(3.0)
    assert CohortStatistics(mean=0.0, deviation=1.5).normalised_score(3.0) < CohortStatistics().normalised_score(3.0)


def test_more_candidates_ask_for_a_higher_score() -> None:
    score_model = default_score_model()
    probabilities = [score_model.probability(3.5, 0.8, candidates) for candidates in (20, 200, 2000, 20_000)]
    assert probabilities == sorted(probabilities, reverse=True)
    assert probabilities[0] > 10 * probabilities[-1]
    assert score_model.probability(3.5, 0.8, 1) == score_model.probability(3.5, 0.8, MIN_CANDIDATES)


def test_probabilities_stay_between_nothing_and_certainty() -> None:
    score_model = default_score_model()
    assert score_model.probability(-50.0, 0.0, 10) >= 0.0
    assert score_model.probability(50.0, 1.0, 10) <= 1.0


def test_cohort_statistics_stay_true_when_only_the_calibration_changes() -> None:
    score_model = default_score_model()
    assert score_model.normalises_as(msgspec.structs.replace(score_model, bias=0.0, versions_per_track=0.5))
    other = msgspec.structs.replace(score_model.fine, deviation=2 * score_model.fine.deviation)
    assert not score_model.normalises_as(msgspec.structs.replace(score_model, fine=other))
