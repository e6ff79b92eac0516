"""What tracks reach with strangers, by alignment and by the network that listens beside it, if there is one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pemr.covers.scores.fusion import Joining
from pemr.covers.scores.normalisation import Background, Habit

Floats = npt.NDArray[np.float64]
"""Excesses of pairs (n, 2): by alignment, and by the network (0 without one)."""

UNCHOOSY = Habit(usual=-0.5, spread=0.6)
"""The habit of a reference that would speak most for a match, before its own is measured."""


@dataclass(frozen=True)
class PairHabit:
    """The habits of one track, and how they are joined; `joining` None: by alignment alone."""

    aligned: Habit = UNCHOOSY
    heard: Habit = UNCHOOSY
    joining: Joining | None = None

    def above(self, excess: Floats, *, closely: bool = False) -> Floats:
        """How far pairs (n, 2) lie above what this track reaches with strangers, in standard deviations (n,).

        `closely`: the pairs were looked at closely, so that the network counts less.
        """
        aligned = (excess[..., 0] - self.aligned.usual) / self.aligned.spread
        if self.joining is None:
            return aligned
        weighing = self.joining.closely if closely else self.joining.compared
        return weighing.above(aligned, (excess[..., 1] - self.heard.usual) / self.heard.spread)


def habit_among(strangers: Floats, background: Background, joining: Joining | None) -> PairHabit:
    """The habit of a track, from its excesses (n, 2) over tracks most of which are strangers."""
    return PairHabit(background.habit(strangers[:, 0]), background.habit(strangers[:, 1]), joining)
