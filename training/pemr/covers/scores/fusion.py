"""Join what alignment and a network say of a pair: both above what the two tracks reach with strangers, then one sum.

How much the network counts, and what the sum means, is fitted on works that it was not trained on, and kept with it;
once more for pairs that were looked at closely, where alignment knows more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

import msgspec
import numpy as np
import numpy.typing as npt

from pemr.covers.scores.normalisation import Background, Habit

Floats = npt.NDArray[np.float64]
Vectors = npt.NDArray[np.float32]

STRANGERS = 48
"""So many tracks of a set show what its tracks reach with strangers."""


class Weighing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`weight` of the network's standard deviations beside the alignment's. `scale` and `offset` turn their sum into
    standard deviations that as few strangers reach as by alignment alone, so that one calibration serves both."""

    weight: float
    scale: float = 1.0
    offset: float = 0.0

    @overload
    def above(self, aligned: float, heard: float) -> float: ...
    @overload
    def above(self, aligned: Floats, heard: Floats) -> Floats: ...
    def above(self, aligned: float | Floats, heard: float | Floats) -> float | Floats:
        """Standard deviations above strangers, by both."""
        return self.scale * (aligned + self.weight * heard) + self.offset


class Joining(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a network counts where tracks are compared with many, and where the nearest were looked at closely.

    `likeness_middle` and `likeness_spread`: of the network's cosines of strangers, for tracks whose own are not known.
    """

    compared: Weighing
    closely: Weighing
    pairs: int
    likeness_middle: float
    likeness_spread: float

    def excess(self, cosines: npt.ArrayLike) -> Floats:
        """How many standard deviations a likeness lies above that of strangers."""
        found: Floats = (np.asarray(cosines, np.float64) - self.likeness_middle) / self.likeness_spread
        return found


def seen_closely(compared: Floats, closely: Floats) -> Floats:
    """What a close look says of pairs: the mean of both excesses, which is less often wrong than either."""
    return 0.5 * (compared + closely)


def strangers_among(count: int) -> list[int]:
    """Which of `count` tracks all others are measured against."""
    return [int(place) for place in np.random.default_rng(0).permutation(count)[:STRANGERS]]


def habits_of(excess: Floats, strangers: Sequence[int], background: Background) -> list[Habit]:
    """The habit of each track, from excesses (n, s) over these tracks."""
    columns = np.array(strangers)
    return [background.habit(row[columns != place]) for place, row in enumerate(excess)]


def habits_among(excess: Floats, background: Background) -> list[Habit]:
    """The habit of each track of a set, from the excesses (n, n) of all pairs."""
    strangers = strangers_among(len(excess))
    return habits_of(excess[:, strangers], strangers, background)


def above_habits(excess: Floats, background: Background) -> Floats:
    """How far each excess lies above the habits of both tracks: (n, n) -> (n, n)."""
    habits = habits_among(excess, background)
    usual = np.array([habit.usual for habit in habits])[:, None]
    spread = np.array([habit.spread for habit in habits])[:, None]
    own = (excess - usual) / spread
    above: Floats = (own + own.T) / 2
    return above


def above_of_pairs(excess: Floats, pairs: npt.NDArray[np.int64], habits: Sequence[Habit]) -> Floats:
    """How far excesses (p,) of pairs (p, 2) lie above the habits of both tracks (p,)."""
    usual = np.array([habit.usual for habit in habits])
    spread = np.array([habit.spread for habit in habits])
    above: Floats = ((excess[:, None] - usual[pairs]) / spread[pairs]).mean(axis=1)
    return above
