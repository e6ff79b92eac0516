"""How alike are tracks that have nothing to do with one another? What a score means is measured against that.

The logarithm of the score of an unrelated pair is close to normal; its mean grows with the length of both tracks.
Some tracks resemble everything (loops, drones, a plain scale) and some nothing: each has an offset, estimated against
other tracks of the user's own library and drawn towards 0 while there are few of them.
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

LEAST_SCORE = 0.1


class Background(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Scores of unrelated pairs and what sets versions apart from them, with where the figures come from.

    log(score) of an unrelated pair: mean `intercept + shorter_slope log(shorter) + longer_slope log(longer)`, lengths
    in frames, standard deviation `spread`. Probability of a version: logistic of `version_bias + version_slope excess`.
    `offset_weight` is the number of other tracks at which half of a measured offset is believed.
    """

    provenance: str
    unrelated_pairs: int
    intercept: float
    shorter_slope: float
    longer_slope: float
    spread: float
    offset_weight: float
    version_bias: float
    version_slope: float

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

    def offset(self, excesses: Floats) -> float:
        """By how much a track lies above the background, from its excesses over other tracks, mostly strangers."""
        if not len(excesses):
            return 0.0
        return float(np.median(excesses)) * len(excesses) / (len(excesses) + self.offset_weight)

    def probability(self, excess: float) -> float:
        """Probability that a pair is a version, from its excess less the mean offset of its two tracks."""
        return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, self.version_bias + self.version_slope * excess))))


@functools.cache
def default_background() -> Background:
    """The figures that come with the program (`background.toml` says how they were measured)."""
    text = resources.files("pemr.covers").joinpath("background.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), Background)
