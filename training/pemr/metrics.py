"""Measures of tagging quality, in plain numpy. Every function skips what cannot be measured and says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def roc_auc(truth: Array, score: Array) -> float:
    """Chance that a positive scores above a negative, ties counting half; NaN without both kinds. truth (n,) bool."""
    truth = np.asarray(truth, bool)
    positives, negatives = int(truth.sum()), int((~truth).sum())
    if not positives or not negatives:
        return float("nan")
    return float((_ranks(score)[truth].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def average_precision(truth: Array, score: Array) -> float:
    """Area under precision over recall, items of equal score entering together; NaN without a positive."""
    truth = np.asarray(truth, bool)
    if not truth.any():
        return float("nan")
    order = np.argsort(-np.asarray(score, np.float64), kind="stable")
    ranked, sorted_score = truth[order], np.asarray(score)[order]
    last_of_tie = np.append(sorted_score[1:] != sorted_score[:-1], True)
    hits = np.cumsum(ranked)[last_of_tie]
    seen = np.flatnonzero(last_of_tie) + 1
    recall = hits / truth.sum()
    return float(np.sum(np.diff(recall, prepend=0.0) * hits / seen))


@dataclass(frozen=True)
class TagScores:
    """Per tag: name, positives, ROC-AUC, PR-AUC; `skipped` tags had too few positives or no negative."""

    names: tuple[str, ...]
    positives: tuple[int, ...]
    roc_auc: tuple[float, ...]
    pr_auc: tuple[float, ...]
    skipped: tuple[str, ...]

    @property
    def macro_roc_auc(self) -> float:
        return float(np.mean(self.roc_auc)) if self.names else float("nan")

    @property
    def macro_pr_auc(self) -> float:
        return float(np.mean(self.pr_auc)) if self.names else float("nan")


def score_tags(names: Sequence[str], truth: Array, score: Array, least_share: float = 0.01) -> TagScores:
    """Truth (n, k) bool and score (n, k). Tags with less than `least_share` positives are skipped and named."""
    truth = np.asarray(truth, bool)
    least = max(1, int(np.ceil(least_share * len(truth))))
    counts = truth.sum(axis=0)
    kept = [i for i in range(len(names)) if least <= counts[i] < len(truth)]
    return TagScores(
        names=tuple(names[i] for i in kept),
        positives=tuple(int(counts[i]) for i in kept),
        roc_auc=tuple(roc_auc(truth[:, i], score[:, i]) for i in kept),
        pr_auc=tuple(average_precision(truth[:, i], score[:, i]) for i in kept),
        skipped=tuple(name for i, name in enumerate(names) if i not in kept),
    )


def bootstrap_interval(
    names: Sequence[str], truth: Array, score: Array, groups: Sequence[str], *, rounds: int = 500, seed: int = 1
) -> tuple[float, float]:
    """95 % interval of the macro ROC-AUC, drawing whole groups (soundtracks, albums) with replacement."""
    return interval([drawn.macro_roc_auc for drawn in bootstrap(names, truth, score, groups, rounds, seed)])


def bootstrap(
    names: Sequence[str],
    truth: Array,
    score: Array,
    groups: Sequence[str],
    rounds: int,
    seed: int = 1,
    least_share: float = 0.01,
) -> list[TagScores]:
    """The measures of `rounds` draws of whole groups with replacement. truth (n, k), score (n, k), groups n."""
    random = np.random.default_rng(seed)
    members = [np.flatnonzero(np.asarray(groups) == group) for group in sorted(set(groups))]
    drawn = []
    for _ in range(rounds):
        chosen = np.concatenate([members[i] for i in random.integers(0, len(members), len(members))])
        drawn.append(score_tags(names, truth[chosen], score[chosen], least_share))
    return drawn


def interval(values: Sequence[float]) -> tuple[float, float]:
    """The middle 95 % of what is finite; NaN if nothing is."""
    finite = [value for value in values if np.isfinite(value)]
    if not finite:
        return float("nan"), float("nan")
    low, high = np.percentile(finite, [2.5, 97.5])
    return float(low), float(high)


def best_expected_f1_threshold(probabilities: Array) -> float:
    """Where to cut calibrated probabilities (n,) so that the F1 they themselves promise is largest."""
    ordered = np.sort(np.asarray(probabilities, np.float64))[::-1]
    f1 = 2.0 * np.cumsum(ordered) / (np.arange(1, len(ordered) + 1) + ordered.sum())
    return float(ordered[int(np.argmax(f1))])


@dataclass(frozen=True)
class ReliabilityPoint:
    """Predictions of about the same probability: their mean, the share that was true, how many there were."""

    predicted: float
    observed: float
    count: int


def reliability(truth: Array, probability: Array, bins: int = 10) -> tuple[ReliabilityPoint, ...]:
    """What a reliability plot shows: probabilities (n,) in equal bins of 0..1, empty ones left out. truth (n,) bool."""
    truth, probability = np.asarray(truth, bool).ravel(), np.asarray(probability, np.float64).ravel()
    bin_index = np.minimum((probability * bins).astype(int), bins - 1)
    points = []
    for number in range(bins):
        inside = bin_index == number
        if inside.any():
            points.append(
                ReliabilityPoint(float(probability[inside].mean()), float(truth[inside].mean()), int(inside.sum()))
            )
    return tuple(points)


def expected_calibration_error(truth: Array, probability: Array, bins: int = 10) -> float:
    """Mean distance between promised and observed frequency over the bins, by how many fall in; NaN for nothing.

    Guo et al. 2017, equation 3, for yes-or-no predictions.
    """
    points = reliability(truth, probability, bins)
    total = sum(point.count for point in points)
    if not total:
        return float("nan")
    return sum(point.count * abs(point.predicted - point.observed) for point in points) / total


def _ranks(score: Array) -> npt.NDArray[np.float64]:
    """1 for the lowest; equal scores share the mean of their ranks."""
    _, group, count = np.unique(np.asarray(score, np.float64), return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    return np.asarray((last - (count - 1) / 2)[group], np.float64)
