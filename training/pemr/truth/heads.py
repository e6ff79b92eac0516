"""Linear heads on a frozen encoder from true labels, the teacher's probabilities where nobody knows, the rest masked.

Fitted on the clips to train on; calibrated, and their thresholds chosen, on the clips to choose on, whose soundfont,
works, styles and voices are others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pemr.regression.logistic import Linear, fit
from pemr.tags.calibration import platt, probability
from pemr.truth.labels import WORDS
from pemr.truth.listening import HeardClip

Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]

PENALTIES = (3e-3, 1e-2, 3e-2, 1e-1)
TEACHER_WEIGHT = 0.3
"""How much the teacher's probability counts beside a true label."""
WANTED_PRECISION = 0.85
LEAST_SHOWN = 4
"""A threshold is believed if at least so many clips to choose on lie above it."""
LEAST_POSITIVES = 3
CERTAIN = 0.5
"""A clip to choose on has a word, for the threshold, if its label says at least so much."""


@dataclass(frozen=True)
class TruthHeads:
    """Heads of `WORDS`: scores by `linear`, probabilities by slope and offset (k,), shown from `threshold` (k,) on.

    A threshold above one: the word is not shown, for too little speaks for it.
    """

    linear: Linear
    slope: Floats
    offset: Floats
    threshold: Floats
    penalty: float

    def probabilities(self, vectors: Floats) -> Floats:
        """Vectors (n, 512) -> calibrated probabilities (n, k)."""
        scores = self.linear.scores(vectors)
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(scores * self.slope + self.offset, -30, 30))), np.float32)


def fit_truth_heads(train: Sequence[HeardClip], choose: Sequence[HeardClip]) -> TruthHeads:
    """The penalty with the least log loss on the clips to choose on."""
    rows, targets, weights = training_rows(train)
    vectors, values, known = track_truth(choose)
    fitted = [fit(rows, targets, penalty, weights) for penalty in PENALTIES]
    losses = [_log_loss(linear.scores(vectors), values, known) for linear in fitted]
    best = int(np.argmin(losses))
    return calibrated(fitted[best], vectors, values, known, PENALTIES[best])


def training_rows(clips: Sequence[HeardClip]) -> tuple[Floats, Floats, Floats]:
    """Rows (r, 512), targets (r, k), weights (r, k): a clip weighs one, half its mean, half its segments together."""
    rows, targets, weights = [], [], []
    for clip in clips:
        count = len(clip.vectors)
        said = np.vstack([clip.teacher, clip.teacher.mean(axis=0)])
        taught = ~clip.known & np.isfinite(said)
        share = np.append(np.full(count, 0.5 / count), 0.5)[:, None]
        rows.append(np.vstack([clip.vectors, clip.track]))
        targets.append(np.where(taught, np.nan_to_num(said), clip.values))
        weights.append(share * (clip.known + TEACHER_WEIGHT * taught))
    return tuple(np.concatenate(part).astype(np.float32) for part in (rows, targets, weights))  # type: ignore[return-value]


def track_truth(clips: Sequence[HeardClip]) -> tuple[Floats, Floats, Bools]:
    """Vectors (n, 512), values and known (n, k) of whole clips."""
    return (
        np.stack([clip.track for clip in clips]),
        np.stack([clip.values[-1] for clip in clips]),
        np.stack([clip.known[-1] for clip in clips]),
    )


def calibrated(linear: Linear, vectors: Floats, values: Floats, known: Bools, penalty: float) -> TruthHeads:
    """Platt's calibration of each word and the lowest threshold with the wanted precision, on clips to choose on."""
    scores = linear.scores(vectors)
    slope, offset, threshold = np.ones(len(WORDS)), np.zeros(len(WORDS)), np.full(len(WORDS), 2.0)
    for at in range(len(WORDS)):
        sure = known[:, at]
        truth = values[sure, at] >= CERTAIN
        if truth.sum() < LEAST_POSITIVES or truth.all():
            continue
        slope[at], offset[at] = platt(scores[sure, at], truth)
        if slope[at] > 0:
            threshold[at] = cut_for(probability(scores[sure, at], float(slope[at]), float(offset[at])), truth)
    return TruthHeads(
        linear, slope.astype(np.float32), offset.astype(np.float32), threshold.astype(np.float32), penalty
    )


def cut_for(promised: Floats, truth: Bools, precision: float = WANTED_PRECISION) -> float:
    """Below the last true one down to which the wanted precision holds, half-way to the next; above one if none is."""
    order = np.argsort(-promised, kind="stable")
    right = np.cumsum(truth[order]) / np.arange(1, len(order) + 1)
    good = np.flatnonzero((right >= precision) & truth[order] & (np.arange(1, len(order) + 1) >= LEAST_SHOWN))
    return float(promised[order][good[-1] : good[-1] + 2].mean()) if len(good) else 2.0


def _log_loss(scores: Floats, values: Floats, known: Bools) -> float:
    loss = np.logaddexp(0.0, scores) - values * scores
    return float(loss[known].mean())
