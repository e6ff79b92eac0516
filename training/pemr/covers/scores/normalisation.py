"""How alike are tracks that have nothing to do with one another? What a score means is measured against that.

The logarithm of the score of an unrelated pair is close to normal; its mean grows with the length of both tracks.
Some tracks resemble everything (loops, drones, a plain scale), some nothing, some now this and now that: each has a
habit, its usual excess and how much that varies, estimated against other tracks of the user's own library and drawn
towards the average of all music while there are few of them.
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
LEAST_SCORE = 0.1
LEAST_SPREAD = 0.3
FEWEST_CANDIDATES = 7
"""In a smaller library habits are guessed rather than measured, so it is judged as if it had this many."""


class Habit(msgspec.Struct, frozen=True):
    """How a track scores with strangers: `usual` excess over the background and its `spread`, both in its units."""

    usual: float = 0.0
    spread: float = 1.0

    def above(self, excess: float) -> float:
        """How far an excess lies above what this track reaches with strangers, in standard deviations."""
        return (excess - self.usual) / self.spread


class Strangers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """log(score) of an unrelated pair: mean `intercept + shorter_slope log(shorter) + longer_slope log(longer)`,
    lengths in frames at 2.15 a second, standard deviation `spread`."""

    intercept: float
    shorter_slope: float
    longer_slope: float
    spread: float

    def excess(self, score: npt.ArrayLike, frames: npt.ArrayLike, other_frames: npt.ArrayLike) -> Floats:
        """How many standard deviations a score lies above that of an unrelated pair of these lengths."""
        a = np.maximum(np.asarray(frames, np.float64), 1.0)
        b = np.maximum(np.asarray(other_frames, np.float64), 1.0)
        mean = (
            self.intercept
            + self.shorter_slope * np.log(np.minimum(a, b))
            + self.longer_slope * np.log(np.maximum(a, b))
        )
        found: Floats = (np.log(np.maximum(np.asarray(score, np.float64), LEAST_SCORE)) - mean) / self.spread
        return found


class Background(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Scores of unrelated pairs and what sets versions apart from them, with where the figures come from.

    `compared`: as tracks are compared with many; `closely`: as the few that come nearest are looked at. Habits are
    measured on the first and serve both. `usual_weight` and `spread_weight`: the number of strangers at which half of
    a measured habit is believed. `evidence_…`: log-likelihood ratio of version against stranger, linear in how far a
    pair looked at closely lies above both habits and in the likeness along the path. `versions_a_track`: how many
    versions of a track a library is expected to hold.
    """

    provenance: str
    unrelated_pairs: int
    compared: Strangers
    closely: Strangers
    usual_weight: float
    spread_weight: float
    evidence_bias: float
    evidence_above: float
    evidence_likeness: float
    versions_a_track: float

    def habit(self, excesses: Floats) -> Habit:
        """The habit of a track, from its excesses over other tracks, most of them strangers."""
        count = len(excesses)
        if not count:
            return Habit()
        return Habit(
            float(np.median(excesses)) * count / (count + self.usual_weight),
            max(robust_deviation(excesses), LEAST_SPREAD) ** (count / (count + self.spread_weight)),
        )

    def measures_as(self, other: Background) -> bool:
        """Whether excesses and habits are the same by both, whatever they make of them."""
        mine, others = ((each.compared, each.closely, each.usual_weight, each.spread_weight) for each in (self, other))
        return mine == others

    def probability(self, above: float, likeness: float, candidates: int) -> float:
        """Probability of a version found among that many candidates: the more there are, the more evidence it takes."""
        evidence = self.evidence_bias + self.evidence_above * above + self.evidence_likeness * likeness
        return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, evidence + self.prior_odds(candidates)))))

    def prior_odds(self, candidates: int) -> float:
        """Log-odds that one of so many candidates is a version, before anything is known of it."""
        prior = min(0.5, self.versions_a_track / max(candidates, FEWEST_CANDIDATES))
        return math.log(prior / (1.0 - prior))


def robust_deviation(values: Floats) -> float:
    """The standard deviation of normal values, whatever a few strange ones among them are."""
    return MAD_TO_DEVIATION * float(np.median(np.abs(values - np.median(values))))


@functools.cache
def default_background() -> Background:
    """The figures that come with the program (`background.toml` says how they were measured)."""
    text = resources.files("pemr.covers.scores").joinpath("background.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), Background)
