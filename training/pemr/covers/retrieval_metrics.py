"""How well a search ranks versions: MAP, rank of the first right answer, precision and hits in the first ten.

The rules: the query itself is taken out by its id, not by its rank; equal scores are ordered by id; a query
without any other version counts in no mean and is reported; distractors are candidates only. P@10 is
printed beside the highest value that it could have.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Ranking:
    """What a search gave for one query. `right_ranks` count from 1."""

    query: int
    right_ranks: tuple[int, ...]
    candidates: int

    @property
    def average_precision(self) -> float:
        return float(np.mean([(found + 1) / rank for found, rank in enumerate(self.right_ranks)]))

    @property
    def first_rank(self) -> int:
        return self.right_ranks[0]

    def hit_at(self, k: int) -> bool:
        """Whether a right answer is among the first k."""
        return self.first_rank <= k

    @property
    def in_first_ten(self) -> int:
        return sum(rank <= 10 for rank in self.right_ranks)


@dataclass(frozen=True)
class RetrievalReport:
    """Means over queries with their 95 % bootstrap intervals (low, high) where a mean needs one."""

    queries: int
    lone_queries: int
    candidates: int
    mean_average_precision: float
    mean_average_precision_interval: tuple[float, float]
    mean_first_rank: float
    median_first_rank: float
    precision_at_10: float
    precision_at_10_ceiling: float
    hit_at_1: float
    hit_at_1_interval: tuple[float, float]
    hit_at_10: float
    hit_at_10_interval: tuple[float, float]

    def __str__(self) -> str:
        low, high = self.mean_average_precision_interval
        hit_low, hit_high = self.hit_at_1_interval
        ten_low, ten_high = self.hit_at_10_interval
        return (
            f"MAP {self.mean_average_precision:.3f} [{low:.3f}, {high:.3f}]  "
            f"MR1 {self.mean_first_rank:.1f} (median {self.median_first_rank:.0f})  "
            f"P@10 {self.precision_at_10:.3f} of at most {self.precision_at_10_ceiling:.3f}  "
            f"hit@1 {self.hit_at_1:.3f} [{hit_low:.3f}, {hit_high:.3f}]  "
            f"hit@10 {self.hit_at_10:.3f} [{ten_low:.3f}, {ten_high:.3f}]  "
            f"({self.queries} queries, {self.candidates} candidates, {self.lone_queries} without a version left out)"
        )


def rank(
    query: int,
    scores: Sequence[float] | Floats,
    ids: Sequence[int],
    works: Sequence[int | None],
    query_work: int | None,
    left_out: Collection[int] = (),
) -> Ranking | None:
    """Rank candidates (higher score first) for one query; None if there is no right answer among them.

    `works` names the work of each candidate, None for a distractor. The candidate whose id is `query` is skipped, and
    so are those `left_out`: they count neither as right nor as wrong.
    """
    order = sorted(
        (-float(score), id_, work)
        for score, id_, work in zip(scores, ids, works, strict=True)
        if id_ != query and id_ not in left_out
    )
    right = tuple(rank for rank, (_, _, work) in enumerate(order, start=1) if work is not None and work == query_work)
    return Ranking(query, right, len(order)) if right else None


def evaluate(scores: npt.NDArray[np.floating], works: Sequence[int | None], *, seed: int = 0) -> RetrievalReport:
    """Report for a matrix of scores (n, n), row = query; a work of None marks a distractor, which is no query."""
    ids = list(range(len(works)))
    asked = [(query, rank(query, scores[query], ids, works, works[query])) for query in ids if works[query] is not None]
    rankings = [ranking for _, ranking in asked if ranking is not None]
    return report(rankings, lone_queries=len(asked) - len(rankings), seed=seed)


def report(rankings: Sequence[Ranking], *, lone_queries: int = 0, seed: int = 0) -> RetrievalReport:
    """Means over rankings. Raises `ValueError` if there is none."""
    if not rankings:
        raise ValueError("There is no query with a right answer, so nothing can be measured.")
    precision = np.array([ranking.average_precision for ranking in rankings])
    first = np.array([ranking.first_rank for ranking in rankings])
    hit = np.array([float(ranking.hit_at(1)) for ranking in rankings])
    in_ten = np.array([float(ranking.hit_at(10)) for ranking in rankings])
    return RetrievalReport(
        queries=len(rankings),
        lone_queries=lone_queries,
        candidates=max(ranking.candidates for ranking in rankings),
        mean_average_precision=float(precision.mean()),
        mean_average_precision_interval=bootstrap_interval(precision, seed=seed),
        mean_first_rank=float(first.mean()),
        median_first_rank=float(np.median(first)),
        precision_at_10=float(np.mean([ranking.in_first_ten / 10 for ranking in rankings])),
        precision_at_10_ceiling=float(np.mean([min(10, len(ranking.right_ranks)) / 10 for ranking in rankings])),
        hit_at_1=float(hit.mean()),
        hit_at_1_interval=bootstrap_interval(hit, seed=seed),
        hit_at_10=float(in_ten.mean()),
        hit_at_10_interval=bootstrap_interval(in_ten, seed=seed),
    )


def bootstrap_interval(values: Floats, *, seed: int = 0, draws: int = 2000, level: float = 0.95) -> tuple[float, float]:
    """Percentile interval of the mean over queries drawn with replacement."""
    chosen = np.random.default_rng(seed).integers(0, len(values), (draws, len(values)))
    low, high = np.quantile(values[chosen].mean(axis=1), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
