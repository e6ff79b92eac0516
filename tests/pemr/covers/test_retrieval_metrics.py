from __future__ import annotations

import numpy as np
import pytest

from pemr.covers.retrieval_metrics import Ranking, bootstrap_interval, evaluate, rank, report


def test_average_precision_of_a_hand_worked_ranking() -> None:
    # right answers at ranks 1, 3 and 6: (1/1 + 2/3 + 3/6) / 3
    assert Ranking(0, (1, 3, 6), 10).average_precision == pytest.approx((1 + 2 / 3 + 3 / 6) / 3)


def test_the_query_is_taken_out_by_its_id_even_when_it_does_not_score_best() -> None:
    ranking = rank(7, [0.5, 0.9, 0.1], ids=[7, 8, 9], works=[1, 2, 1], query_work=1)
    assert ranking is not None
    assert ranking.right_ranks == (2,)
    assert ranking.candidates == 2


def test_what_is_left_out_counts_neither_as_right_nor_as_wrong() -> None:
    ranking = rank(7, [0.5, 0.9, 0.8, 0.1], ids=[7, 8, 9, 10], works=[1, 2, 1, 1], query_work=1, left_out={8, 10})
    assert ranking is not None
    assert (ranking.right_ranks, ranking.candidates) == ((1,), 1)
    assert rank(7, [0.5, 0.9, 0.8], ids=[7, 8, 9], works=[1, 2, 1], query_work=1, left_out={9}) is None


def test_equal_scores_are_ordered_by_id() -> None:
    scores = [0.3, 0.3, 0.3]
    last = rank(0, scores, ids=[3, 1, 2], works=[5, 6, 7], query_work=5)
    first = rank(0, scores, ids=[1, 3, 2], works=[5, 6, 7], query_work=5)
    assert last is not None and last.right_ranks == (3,)
    assert first is not None and first.right_ranks == (1,)


def test_a_query_without_another_version_is_left_out_and_counted() -> None:
    scores = np.array([[0.0, 0.9, 0.1], [0.9, 0.0, 0.1], [0.5, 0.4, 0.0]])
    result = evaluate(scores, [1, 1, 2])
    assert (result.queries, result.lone_queries) == (2, 1)
    assert result.mean_average_precision == 1.0
    assert result.mean_first_rank == 1.0


def test_distractors_are_candidates_but_no_queries() -> None:
    scores = np.array([[0.0, 0.5, 0.9], [0.5, 0.0, 0.1], [0.9, 0.1, 0.0]])
    result = evaluate(scores, [1, 1, None])
    assert result.queries == 2
    assert result.lone_queries == 0
    assert result.mean_average_precision == pytest.approx((1 / 2 + 1) / 2)
    assert result.mean_first_rank == pytest.approx(1.5)


def test_negative_scores_rank_like_any_other() -> None:
    shifted = np.array([[0.0, -0.5, -0.9], [-0.5, 0.0, -0.1], [-0.9, -0.1, 0.0]])
    assert evaluate(shifted, [1, 1, None]).mean_first_rank == evaluate(shifted + 5, [1, 1, None]).mean_first_rank


def test_precision_at_ten_is_given_with_its_ceiling() -> None:
    result = report([Ranking(0, (1,), 50), Ranking(1, (3, 20), 50)])
    assert result.precision_at_10 == pytest.approx((0.1 + 0.1) / 2)
    assert result.precision_at_10_ceiling == pytest.approx((0.1 + 0.2) / 2)
    assert result.hit_at_1 == 0.5
    assert (result.hit_at_10, result.hit_at_10_interval) == (1.0, (1.0, 1.0))
    assert "2 queries" in str(result)
    assert "hit@10 1.000 [1.000, 1.000]" in str(result)


def test_nothing_to_rank_is_an_error_and_not_a_perfect_score() -> None:
    with pytest.raises(ValueError, match="no query"):
        report([])


def test_the_interval_holds_the_mean_and_shrinks_with_more_queries() -> None:
    values = np.random.default_rng(1).random(400)
    low, high = bootstrap_interval(values)
    assert low < values.mean() < high
    few_low, few_high = bootstrap_interval(values[:20])
    assert few_high - few_low > 2 * (high - low)


def test_hit_at_k_asks_for_the_first_right_answer_only() -> None:
    ranking = Ranking(0, (4, 5, 90), 100)
    assert [ranking.hit_at(k) for k in (1, 3, 4, 10)] == [False, False, True, True]


def test_a_whole_set_worked_by_hand_with_a_tie_a_lone_query_and_a_distractor() -> None:
    # tracks 0, 1, 2 are one work, 3 is alone, 4 is a distractor
    scores = np.array(
        [
            [1.0, 0.9, 0.2, 0.9, 0.1],  # 1 and 3 tie: 1 first by its id, then 3, then 2: right at 1 and 3
            [0.5, 1.0, 0.5, 0.5, 0.5],  # all tie: 0, 2, 3, 4: right at 1 and 2
            [0.1, 0.2, 1.0, 0.8, 0.9],  # 4, 3, 1, 0: right at 3 and 4
            [0.3, 0.2, 0.1, 1.0, 0.0],
            [0.3, 0.2, 0.1, 0.4, 1.0],
        ]
    )
    result = evaluate(scores, [1, 1, 1, 2, None])
    assert (result.queries, result.lone_queries, result.candidates) == (3, 1, 4)
    by_hand = [(1 / 1 + 2 / 3) / 2, 1.0, (1 / 3 + 2 / 4) / 2]
    assert result.mean_average_precision == pytest.approx(np.mean(by_hand))
    assert (result.mean_first_rank, result.median_first_rank) == (pytest.approx(5 / 3), 1.0)
    assert result.precision_at_10 == result.precision_at_10_ceiling == pytest.approx(0.2)
    assert result.hit_at_1 == pytest.approx(2 / 3)


def test_the_interval_is_that_of_the_distribution_it_draws_from() -> None:
    # of two queries, one right: the means 0, 1/2 and 1 are drawn with chances 1/4, 1/2 and 1/4
    assert bootstrap_interval(np.array([0.0, 1.0])) == (0.0, 1.0)
    # of a hundred, half of them right: 2.5 % and 97.5 % of the binomial distribution lie at 40 and 60
    low, high = bootstrap_interval(np.repeat([0.0, 1.0], 50), draws=20_000)
    assert (low, high) == (pytest.approx(0.40, abs=0.011), pytest.approx(0.60, abs=0.011))
    assert bootstrap_interval(np.full(7, 0.3)) == (pytest.approx(0.3), pytest.approx(0.3))
