"""Score-level fusion of alignment and network: both normalised against the cohort of each track, then a weighted sum.

The weights are fitted on works that the network was not trained on, and kept with it; once for coarse scores, and once
more for rescored pairs, of which alignment knows more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

import msgspec
import numpy as np
import numpy.typing as npt

from pemr.covers.scores.normalisation import CohortStatistics, ScoreModel

Floats = npt.NDArray[np.float64]
Vectors = npt.NDArray[np.float32]

COHORT_SIZE = 48
"""So many tracks of a set are the cohort that all of it is normalised against."""


class FusionWeights(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`weight` of the network's normalised score beside the alignment's. `scale` and `offset` map their sum to standard
    deviations that as few non-versions reach as by alignment alone, so that one calibration serves both."""

    weight: float
    scale: float = 1.0
    offset: float = 0.0

    @overload
    def fused_score(self, alignment: float, network: float) -> float: ...
    @overload
    def fused_score(self, alignment: Floats, network: Floats) -> Floats: ...
    def fused_score(self, alignment: float | Floats, network: float | Floats) -> float | Floats:
        """The normalised score by both, from the normalised score of each."""
        return self.scale * (alignment + self.weight * network) + self.offset


class ScoreFusion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a network counts beside alignment at the `coarse` rate, and in pairs that were rescored at the `fine` one.

    `pairs`: versions that it was fitted to. `similarity_centre` and `similarity_deviation`: of the network's cosines of
    non-versions. In a model file the fields have the names that they were first written with.
    """

    coarse: FusionWeights = msgspec.field(name="compared")
    fine: FusionWeights = msgspec.field(name="closely")
    pairs: int
    similarity_centre: float = msgspec.field(name="likeness_middle")
    similarity_deviation: float = msgspec.field(name="likeness_spread")

    def standardised(self, cosines: npt.ArrayLike) -> Floats:
        """Cosines in standard deviations above those of non-versions; they need no correction for length."""
        found: Floats = (np.asarray(cosines, np.float64) - self.similarity_centre) / self.similarity_deviation
        return found


def rescored_score(coarse: Floats, fine: Floats) -> Floats:
    """The length-normalised score of rescored pairs: the mean of both rates, which is less often wrong than either."""
    return 0.5 * (coarse + fine)


def cohort_indices(count: int) -> list[int]:
    """Which of `count` tracks are the cohort of all."""
    return [int(index) for index in np.random.default_rng(0).permutation(count)[:COHORT_SIZE]]


def cohort_statistics_of(scores: Floats, cohort: Sequence[int], score_model: ScoreModel) -> list[CohortStatistics]:
    """Of each track, from its length-normalised scores (n, c) with the tracks of the cohort; with itself left out."""
    columns = np.array(cohort)
    return [score_model.cohort_statistics(row[columns != index]) for index, row in enumerate(scores)]


def cohort_statistics_among(scores: Floats, score_model: ScoreModel) -> list[CohortStatistics]:
    """Of each track of a set, from the length-normalised scores (n, n) of all pairs."""
    cohort = cohort_indices(len(scores))
    return cohort_statistics_of(scores[:, cohort], cohort, score_model)


def normalised_scores(scores: Floats, score_model: ScoreModel) -> Floats:
    """Length-normalised scores (n, n) of all pairs of a set -> normalised against the cohort of both tracks (n, n)."""
    statistics = cohort_statistics_among(scores, score_model)
    mean = np.array([of_track.mean for of_track in statistics])[:, None]
    deviation = np.array([of_track.deviation for of_track in statistics])[:, None]
    one_sided = (scores - mean) / deviation
    normalised: Floats = (one_sided + one_sided.T) / 2
    return normalised


def normalised_scores_of_pairs(
    scores: Floats, pairs: npt.NDArray[np.int64], statistics: Sequence[CohortStatistics]
) -> Floats:
    """Length-normalised scores (p,) of pairs (p, 2) -> normalised against the cohort of both tracks (p,)."""
    mean = np.array([of_track.mean for of_track in statistics])
    deviation = np.array([of_track.deviation for of_track in statistics])
    normalised: Floats = ((scores[:, None] - mean[pairs]) / deviation[pairs]).mean(axis=1)
    return normalised
