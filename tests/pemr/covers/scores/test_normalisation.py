import msgspec
import numpy as np
import pytest

from pemr.covers.scores.normalisation import FEWEST_CANDIDATES, Habit, default_background


def test_the_figures_that_come_with_the_program_say_how_they_were_measured() -> None:
    background = default_background()
    assert background.unrelated_pairs > 1000
    assert "pairs" in background.provenance


def test_a_score_is_worth_less_between_longer_tracks() -> None:
    background = default_background()
    assert background.compared.excess(4.0, 150, 150) > background.compared.excess(4.0, 500, 900)
    assert background.compared.excess(4.0, 150, 500) == background.compared.excess(4.0, 500, 150)


def test_a_score_of_zero_is_far_below_and_still_a_number() -> None:
    assert np.isfinite(default_background().compared.excess(0.0, 100, 100))
    assert default_background().compared.excess(0.0, 100, 100) < -3
    assert np.isfinite(default_background().compared.excess(1.0, 0, 0))


def test_a_habit_is_hardly_believed_from_one_stranger_and_wholly_from_many() -> None:
    background = default_background()
    few = background.habit(np.array([2.0]))
    many = background.habit(np.random.default_rng(0).normal(2.0, 0.5, 500))
    assert 0 < few.usual < 0.5
    assert many.usual == pytest.approx(2.0, abs=0.1)
    assert many.spread == pytest.approx(0.5, abs=0.05)
    assert background.habit(np.array([])) == Habit(0.0, 1.0)


def test_one_true_version_among_the_strangers_does_not_spoil_a_habit() -> None:
    background = default_background()
    strangers = np.random.default_rng(1).normal(0.0, 1.0, 47)
    plain, spoilt = background.habit(strangers), background.habit(np.append(strangers, 9.0))
    assert spoilt.usual == pytest.approx(plain.usual, abs=0.1)
    assert spoilt.spread == pytest.approx(plain.spread, rel=0.1)


def test_a_track_that_resembles_everything_needs_a_higher_score() -> None:
    assert Habit(usual=2.0, spread=1.0).above(3.0) < Habit().above(3.0)
    assert Habit(usual=0.0, spread=1.5).above(3.0) < Habit().above(3.0)


def test_more_candidates_ask_for_more_evidence() -> None:
    background = default_background()
    chances = [background.probability(3.5, 0.8, candidates) for candidates in (20, 200, 2000, 20_000)]
    assert chances == sorted(chances, reverse=True)
    assert chances[0] > 10 * chances[-1]
    assert background.probability(3.5, 0.8, 1) == background.probability(3.5, 0.8, FEWEST_CANDIDATES)


def test_probabilities_stay_between_nothing_and_certainty() -> None:
    background = default_background()
    assert background.probability(-50.0, 0.0, 10) >= 0.0
    assert background.probability(50.0, 1.0, 10) <= 1.0


def test_habits_stay_true_when_only_what_they_are_worth_changes() -> None:
    background = default_background()
    assert background.measures_as(msgspec.structs.replace(background, evidence_bias=0.0, versions_a_track=0.5))
    other = msgspec.structs.replace(background.closely, spread=2 * background.closely.spread)
    assert not background.measures_as(msgspec.structs.replace(background, closely=other))
