"""Score normalisation of cover search: for the lengths of both tracks, then against a cohort, then to a probability.

The logarithm of the score of an unrelated pair is close to normal; its mean grows with the length of both tracks (the
length model). Some tracks score high with everything (loops, drones, a plain scale), some with nothing: so the
length-normalised score is normalised once more, by mean and deviation of the scores that a track reaches with a cohort,
a sample of the user's own library (z-normalisation, taken over both tracks of a pair). While the cohort is small, both
are shrunk towards the average of all music. A logistic model turns what is left into the probability of a version.
"""

from __future__ import annotations

import functools
import math
import tomllib
from importlib import resources

import msgspec
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

MAD_TO_DEVIATION = 1.4826
MIN_SCORE = 0.1
MIN_DEVIATION = 0.3
MIN_CANDIDATES = 7
"""A smaller library has too small a cohort to normalise against, so it is judged as if it had this many tracks."""


class CohortStatistics(msgspec.Struct, frozen=True):
    """Mean and standard deviation of the length-normalised scores of a track with its cohort."""

    mean: float = 0.0
    deviation: float = 1.0

    def normalised_score(self, score: float) -> float:
        """A length-normalised score in standard deviations above what this track reaches with its cohort."""
        return (score - self.mean) / self.deviation


class LengthModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """log(score) of an unrelated pair: mean `intercept + shorter_slope log(shorter) + longer_slope log(longer)`,
    lengths in frames at 2.15 a second, and its standard `deviation`."""

    intercept: float
    shorter_slope: float
    longer_slope: float
    deviation: float = msgspec.field(name="spread")

    def length_normalised_score(
        self, score: npt.ArrayLike, frames: npt.ArrayLike, other_frames: npt.ArrayLike
    ) -> Floats:
        """How many standard deviations a score lies above the mean of unrelated pairs of these lengths."""
        a = np.maximum(np.asarray(frames, np.float64), 1.0)
        b = np.maximum(np.asarray(other_frames, np.float64), 1.0)
        mean = (
            self.intercept
            + self.shorter_slope * np.log(np.minimum(a, b))
            + self.longer_slope * np.log(np.maximum(a, b))
        )
        found: Floats = (np.log(np.maximum(np.asarray(score, np.float64), MIN_SCORE)) - mean) / self.deviation
        return found


class ScoreModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The background model of unrelated pairs and the calibration of versions, with where the figures come from.

    `coarse` and `fine`: length models of scores at the rate at which tracks are compared with many, and at the rate at
    which the nearest are rescored. Cohort statistics are measured at the coarse rate and serve both. `mean_shrinkage`
    and `deviation_shrinkage`: the size of a cohort at which half of what was measured is believed. `bias`,
    `score_slope`, `similarity_slope`: log-likelihood ratio of version against non-version, linear in the normalised
    score of a rescored pair and in the similarity along its path. `versions_per_track`: how many versions of a track a
    library is expected to hold, from which the prior follows. `background.toml` spells some of them in its own way.
    """

    provenance: str
    unrelated_pairs: int
    coarse: LengthModel = msgspec.field(name="compared")
    fine: LengthModel = msgspec.field(name="closely")
    mean_shrinkage: float = msgspec.field(name="usual_weight")
    deviation_shrinkage: float = msgspec.field(name="spread_weight")
    bias: float = msgspec.field(name="evidence_bias")
    score_slope: float = msgspec.field(name="evidence_above")
    similarity_slope: float = msgspec.field(name="evidence_likeness")
    versions_per_track: float = msgspec.field(name="versions_a_track")

    def cohort_statistics(self, scores: Floats) -> CohortStatistics:
        """Of a track, from its length-normalised scores with a cohort, most of which are no versions of it."""
        count = len(scores)
        if not count:
            return CohortStatistics()
        return CohortStatistics(
            float(np.median(scores)) * count / (count + self.mean_shrinkage),
            max(robust_deviation(scores), MIN_DEVIATION) ** (count / (count + self.deviation_shrinkage)),
        )

    def normalises_as(self, other: ScoreModel) -> bool:
        """Whether normalised scores are the same by both, whatever probabilities they give."""
        own, others = (
            (model.coarse, model.fine, model.mean_shrinkage, model.deviation_shrinkage) for model in (self, other)
        )
        return own == others

    def log_likelihood_ratio(self, normalised_score: float, similarity: float) -> float:
        """Of version against non-version."""
        return self.bias + self.score_slope * normalised_score + self.similarity_slope * similarity

    def probability(self, normalised_score: float, similarity: float, candidates: int) -> float:
        """Posterior probability of a version found among so many candidates: the more, the lower is the prior."""
        log_odds = self.log_likelihood_ratio(normalised_score, similarity) + self.prior_log_odds(candidates)
        return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, log_odds))))

    def prior_log_odds(self, candidates: int) -> float:
        """Log-odds that a pair with one of so many candidates is a version, before it is compared."""
        prior = min(0.5, self.versions_per_track / max(candidates, MIN_CANDIDATES))
        return math.log(prior / (1.0 - prior))


def robust_deviation(values: Floats) -> float:
    """The standard deviation of normal values, whatever a few strange ones among them are."""
    return MAD_TO_DEVIATION * float(np.median(np.abs(values - np.median(values))))


@functools.cache
def default_score_model() -> ScoreModel:
    """The figures that come with the program (`background.toml` says how they were measured)."""
    text = resources.files("pemr.covers.scores").joinpath("background.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), ScoreModel)
