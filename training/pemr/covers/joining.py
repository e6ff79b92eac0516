"""Join what alignment and a network say of a pair: both above what the two tracks reach with strangers, then one sum.

How much the network counts, and what the sum means, is fitted on works that it was not trained on, and kept with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

import msgspec
import numpy as np
import numpy.typing as npt

from pemr.covers.alignment import compare, voice
from pemr.covers.background import Background, Habit, robust_deviation
from pemr.covers.evidence_fit import fit_evidence
from pemr.covers.features import CoverFeatures
from pemr.covers.networks.alike import both_ways
from pemr.errors import CorpusError

Floats = npt.NDArray[np.float64]
Vectors = npt.NDArray[np.float32]

STRANGERS = 48
"""So many tracks of a set show what its tracks reach with strangers."""
FAR_STRANGERS = 0.999
"""The share of strangers below the point where the sum and alignment are made to mean the same."""
RIDGE = 1e-3


class Joining(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`weight` of the network's standard deviations beside the alignment's. `scale` and `offset` turn their sum into
    standard deviations that as few strangers reach as by alignment alone, so that one calibration serves both.

    `likeness_middle` and `likeness_spread`: of the network's cosines of strangers, for tracks whose own are not known.
    """

    weight: float
    scale: float
    offset: float
    pairs: int
    likeness_middle: float
    likeness_spread: float

    @overload
    def above(self, aligned: float, heard: float) -> float: ...
    @overload
    def above(self, aligned: Floats, heard: Floats) -> Floats: ...
    def above(self, aligned: float | Floats, heard: float | Floats) -> float | Floats:
        """Standard deviations above strangers, by both."""
        return self.scale * (aligned + self.weight * heard) + self.offset

    def excess(self, cosines: npt.ArrayLike) -> Floats:
        """How many standard deviations a likeness lies above that of strangers."""
        found: Floats = (np.asarray(cosines, np.float64) - self.likeness_middle) / self.likeness_spread
        return found


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


def fit_joining(
    features: Sequence[CoverFeatures],
    vectors: Sequence[Vectors],
    works: Sequence[str | None],
    background: Background,
) -> Joining:
    """Logistic regression of version against stranger; `vectors`: of the half minutes of each track.

    All versions are aligned, and all tracks with some strangers. Raises `CorpusError` if there are no versions or no
    strangers among them.
    """
    count = len(features)
    voices = [voice(found) for found in features]
    frames = np.array([found.half_rate_frames for found in features])
    strangers = strangers_among(count)
    first = [a for a in range(count) for _ in strangers]
    second = [b for _ in range(count) for b in strangers]
    unlike = np.array([works[a] is None or works[a] != works[b] for a, b in zip(first, second, strict=True)])
    versions = [
        (a, b) for a in range(count) for b in range(a + 1, count) if works[a] is not None and works[a] == works[b]
    ]
    if not versions or not unlike.any():
        raise CorpusError("There are no versions or no strangers among these tracks, so nothing can be fitted.")
    scores = np.stack([compare(own, [voices[b] for b in strangers]).score for own in voices])
    cosines = np.stack([both_ways(own, [vectors[b] for b in strangers]) for own in vectors])
    true_cosines = np.array([both_ways(vectors[a], [vectors[b]])[0] for a, b in versions])
    middle = float(np.median(cosines.reshape(-1)[unlike]))
    joining = Joining(0.0, 1.0, 0.0, len(versions), middle, max(1e-6, robust_deviation(cosines.reshape(-1)[unlike])))

    pairs = np.array([pair for pair, kept in zip(zip(first, second, strict=True), unlike, strict=True) if kept])
    pairs = np.concatenate([np.array(versions), pairs])
    same = np.arange(len(pairs)) < len(versions)
    compared = [compare(voices[a], [voices[b]]) for a, b in versions]
    aligned = background.compared.excess(scores, frames[:, None], frames[None, strangers])
    true_aligned = background.compared.excess(
        [float(found.score[0]) for found in compared], frames[pairs[same, 0]], frames[pairs[same, 1]]
    )
    by_alignment = above_of_pairs(
        np.concatenate([true_aligned, aligned.reshape(-1)[unlike]]), pairs, habits_of(aligned, strangers, background)
    )
    heard = joining.excess(cosines)
    by_network = above_of_pairs(
        np.concatenate([joining.excess(true_cosines), heard.reshape(-1)[unlike]]),
        pairs,
        habits_of(heard, strangers, background),
    )
    rows = np.stack([np.ones(len(pairs)), by_alignment, by_network], axis=1)
    _, of_alignment, of_network = fit_evidence(rows, same.astype(np.float64), np.zeros(3), np.full(3, RIDGE**-0.5))
    joining = msgspec.structs.replace(joining, weight=max(0.0, float(of_network / max(of_alignment, 1e-6))))
    return _with_meaning(joining, joining.above(by_alignment, by_network)[~same], by_alignment[~same])


def _with_meaning(joining: Joining, above: Floats, by_alignment: Floats) -> Joining:
    """Scale and offset at which strangers reach no more by the sum than by alignment: in the middle and at the top."""
    middle, top = np.quantile(above, (0.5, FAR_STRANGERS))
    aligned_middle, aligned_top = np.quantile(by_alignment, (0.5, FAR_STRANGERS))
    scale = float((aligned_top - aligned_middle) / max(1e-6, top - middle))
    return msgspec.structs.replace(joining, scale=scale, offset=float(aligned_middle - scale * middle))
