"""Normalisation of pair scores against the cohort of a track, by alignment and by the network, if there is one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pemr.covers.scores.fusion import ScoreFusion
from pemr.covers.scores.normalisation import CohortStatistics, ScoreModel

Floats = npt.NDArray[np.float64]
"""Length-normalised scores of pairs (n, 2): by alignment, and by the network (0 without one)."""

MOST_FAVOURABLE = CohortStatistics(mean=-0.5, deviation=0.6)
"""The statistics that would speak most for a match with a reference, before its own are measured."""


@dataclass(frozen=True)
class PairNormalisation:
    """The cohort statistics of one track by alignment and by network, and the fusion of both; None: alignment alone."""

    alignment: CohortStatistics = MOST_FAVOURABLE
    network: CohortStatistics = MOST_FAVOURABLE
    fusion: ScoreFusion | None = None

    def normalised_score(self, scores: Floats, *, rescored: bool = False) -> Floats:
        """Length-normalised scores (n, 2) -> fused, in standard deviations above the cohort of this track (n,).

        `rescored`: the pairs were rescored at the fine rate, so that the network counts less.
        """
        alignment = (scores[..., 0] - self.alignment.mean) / self.alignment.deviation
        if self.fusion is None:
            return alignment
        weights = self.fusion.fine if rescored else self.fusion.coarse
        return weights.fused_score(alignment, (scores[..., 1] - self.network.mean) / self.network.deviation)


def pair_normalisation(scores: Floats, score_model: ScoreModel, fusion: ScoreFusion | None) -> PairNormalisation:
    """The normalisation of a track, from its length-normalised scores (n, 2) with the tracks of its cohort."""
    return PairNormalisation(
        score_model.cohort_statistics(scores[:, 0]), score_model.cohort_statistics(scores[:, 1]), fusion
    )
