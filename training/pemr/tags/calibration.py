"""Which tags may speak: calibration, threshold and support of tag heads, measured on albums they were not fitted on.

Evidence is a part of a track, scored by heads that were not fitted on its album, beside the truth about it. What a
tag ships with is chosen on all evidence; the figures that are reported come from albums that had no part in choosing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
import numpy.typing as npt

from pemr.metrics import (
    ReliabilityPoint,
    average_precision,
    expected_calibration_error,
    reliability,
    roc_auc,
)
from pemr.modelfile import TagHead
from pemr.regression.logistic import Floats, Linear, folds_of

Bools = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.int64]
Names = npt.NDArray[np.str_]

PARTS_PER_TRACK = 4
FOLDS = 5
WANTED_PRECISION = 0.6
HELD_OUT_PRECISION = 0.5
LEAST_THRESHOLD = 0.4
LEAST_HITS = 5
LEAST_POSITIVE_TRACKS = 3
LEAST_POSITIVE_GROUPS = 2
LEAST_ROC_AUC = 0.75


@dataclass(frozen=True)
class Evidence:
    """Points (p,) with scores and truth (p, k); `known` (p, k) is False where nobody can say.

    `track` numbers the track and `group` names the album that a point belongs to.
    """

    scores: Floats
    truth: Bools
    known: Bools
    track: Numbers
    group: Names

    def joined(self, other: Evidence) -> Evidence:
        """Both together; tracks of the other are other tracks."""
        first = int(self.track.max(initial=-1)) + 1
        return Evidence(
            np.concatenate([self.scores, other.scores]),
            np.concatenate([self.truth, other.truth]),
            np.concatenate([self.known, other.known]),
            np.concatenate([self.track, other.track + first]),
            np.concatenate([self.group, other.group]),
        )

    def of_tag(self, column: int) -> Evidence:
        """What is known about one tag: (p', 1)."""
        kept, only = self.known[:, column], slice(column, column + 1)
        return Evidence(
            self.scores[kept, only], self.truth[kept, only], self.known[kept, only], self.track[kept], self.group[kept]
        )

    def where(self, kept: Bools) -> Evidence:
        """Some of the points."""
        return Evidence(self.scores[kept], self.truth[kept], self.known[kept], self.track[kept], self.group[kept])


class HeldOut(msgspec.Struct, frozen=True):
    """How a tag did on albums that had no part in its calibration and threshold.

    `shown` points were suggested, `right` of them rightly, out of `positives` true ones among `points`.
    """

    points: int = 0
    positives: int = 0
    shown: int = 0
    right: int = 0
    roc_auc: float | None = None
    pr_auc: float | None = None
    calibration_error: float | None = None

    @property
    def precision(self) -> float | None:
        """Share of suggestions that were right; None without any."""
        return self.right / self.shown if self.shown else None


@dataclass(frozen=True)
class CalibratedTag:
    """A tag as it ships, with its figures; `promised` and `truth` (p,) are the held-out points of its reliability."""

    head: TagHead
    held_out: HeldOut
    promised: Floats
    truth: Bools


@dataclass(frozen=True)
class GroupCalibration:
    """Held-out calibration of the tags of a group that are switched on."""

    group: str
    tags: int
    error: float
    points: tuple[ReliabilityPoint, ...]


def evidence_of(
    scores: Sequence[Floats], labels: Sequence[Floats], thresholds: Floats, groups: Sequence[str] | None = None
) -> Evidence:
    """From segments (n_i, k) of tracks: each track counts as up to four parts, so that a few dozen give enough points.

    Without groups each track is a group of its own.
    """
    points, predictions, tracks = [], [], []
    for track, (segment_scores, said) in enumerate(zip(scores, labels, strict=True)):
        for part in np.array_split(np.arange(len(segment_scores)), min(PARTS_PER_TRACK, len(segment_scores))):
            points.append(segment_scores[part].mean(axis=0))
            predictions.append(said[part].mean(axis=0))
            tracks.append(track)
    truth = np.stack(predictions) >= thresholds
    names = np.array([str(track) for track in tracks] if groups is None else [groups[track] for track in tracks])
    return Evidence(np.stack(points).astype(np.float32), truth, np.ones_like(truth), np.array(tracks), names)


def calibrate(tags: Sequence[TagHead], evidence: Evidence) -> list[CalibratedTag]:
    """Calibrate each tag, choose its threshold, decide whether it is supported. Only names and groups are read."""
    return [calibrate_tag(tag, evidence.of_tag(column)) for column, tag in enumerate(tags)]


def calibrate_tag(tag: TagHead, evidence: Evidence) -> CalibratedTag:
    """One tag, calibrated on evidence with one column."""
    promised, shown = _cross_fitted(evidence)
    truth = evidence.truth[:, 0]
    held_out = figures(evidence.scores[:, 0], truth, promised, shown)
    head = _settle(tag, evidence)
    if head.supported and (reason := _doubt(held_out)):
        head = msgspec.structs.replace(head, threshold=1.0, supported=False, reason=reason)
    return CalibratedTag(head, held_out, promised, truth)


def _doubt(held_out: HeldOut) -> str:
    """Why albums that had no part in choosing do not vouch for a tag; empty if they do.

    Of few albums the others often say too little to suggest a tag at all: then it must rank well on each.
    """
    if held_out.shown >= LEAST_HITS and (held_out.precision or 0.0) < HELD_OUT_PRECISION:
        return f"on other albums only {held_out.right} of {held_out.shown} suggestions were right"
    if not held_out.right and (held_out.pr_auc or 0.0) < HELD_OUT_PRECISION:
        return f"no other album vouches for it (average precision {held_out.pr_auc or 0.0:.2f})"
    return ""


def calibration_by_group(calibrated_tags: Sequence[CalibratedTag]) -> list[GroupCalibration]:
    """Held-out calibration error and reliability of supported tags, per group of tags, and of all together ("all")."""
    on = [tag for tag in calibrated_tags if tag.head.supported]
    groups = {tag.head.group: [other for other in on if other.head.group == tag.head.group] for tag in on}
    together = [*groups.items(), ("all", on)] if on else []
    found = []
    for name, members in together:
        promised = np.concatenate([tag.promised for tag in members])
        truth = np.concatenate([tag.truth for tag in members])
        error = expected_calibration_error(truth, promised)
        found.append(GroupCalibration(name, len(members), error, reliability(truth, promised)))
    return found


def _cross_fitted(evidence: Evidence) -> tuple[Floats, Bools]:
    """Probability of each point, and whether it would have been suggested, by a calibration without its album."""
    promised, shown = np.zeros(len(evidence.track), np.float32), np.zeros(len(evidence.track), bool)
    folds = folds_of(evidence.group.tolist(), FOLDS)
    for fold in np.unique(folds):
        inside = folds == fold
        head = _settle(TagHead("", ""), evidence.where(~inside))
        promised[inside] = probability(evidence.scores[inside, 0], head.slope, head.offset)
        shown[inside] = head.supported & (promised[inside] >= head.threshold)
    return promised, shown


def figures(score: Floats, truth: Bools, promised: Floats, shown: Bools) -> HeldOut:
    """What scores, promised probabilities and suggestions (p,) are worth against the truth (p,)."""
    measured = [roc_auc(truth, score), average_precision(truth, score), expected_calibration_error(truth, promised)]
    known = [round(figure, 4) if np.isfinite(figure) else None for figure in measured]
    return HeldOut(len(truth), int(truth.sum()), int(shown.sum()), int((shown & truth).sum()), *known)


def _settle(tag: TagHead, evidence: Evidence) -> TagHead:
    """Slope, offset, threshold and support from all of this evidence."""
    score, truth = evidence.scores[:, 0], evidence.truth[:, 0]
    slope, offset = platt(score, truth) if len(truth) else (1.0, 0.0)

    def off(reason: str) -> TagHead:
        return TagHead(tag.name, tag.group, 1.0, False, slope, offset, reason)

    positives = len(np.unique(evidence.track[truth]))
    if positives < LEAST_POSITIVE_TRACKS:
        return off(f"only {positives} of the tracks it was judged on have it")
    if truth.all():
        return off("every track it was judged on has it")
    if len(np.unique(evidence.group)) > 1 and len(np.unique(evidence.group[truth])) < LEAST_POSITIVE_GROUPS:
        return off("all tracks that have it are of one album")
    auc = roc_auc(truth, score)
    if auc < LEAST_ROC_AUC or slope <= 0:
        return off(f"it is not told apart well enough (ROC-AUC {auc:.2f})")
    promised = probability(score, slope, offset)
    cut = cut_for_precision(promised, truth)
    if cut is None:
        return off(f"no threshold makes {WANTED_PRECISION:.0%} of the suggestions right")
    return TagHead(tag.name, tag.group, round(max(cut, LEAST_THRESHOLD), 4), True, slope, offset)


def probability(score: Floats, slope: float, offset: float) -> Floats:
    """sigmoid(slope * score + offset)."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(slope * score + offset, -30, 30))), np.float32)


def cut_for_precision(promised: Floats, truth: Bools) -> float | None:
    """The lowest probability from which on the wanted precision holds, with enough hits to believe it."""
    order = np.argsort(-promised, kind="stable")
    hits = np.cumsum(truth[order])
    good = (hits / np.arange(1, len(order) + 1) >= WANTED_PRECISION) & (hits >= LEAST_HITS)
    return float(promised[order][np.flatnonzero(good)[-1]]) if good.any() else None


def platt(score: Floats, truth: Bools, rounds: int = 100) -> tuple[float, float]:
    """Slope and offset of sigmoid(slope * score + offset) by Newton's method on smoothed targets. Platt 1999."""
    positives, negatives = int(truth.sum()), int((~truth).sum())
    target = np.where(truth, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    spread = max(float(score.std()), 1e-6)
    x = np.stack([(score - score.mean()) / spread, np.ones_like(score)], axis=1).astype(np.float64)
    w = np.array([0.0, np.log((positives + 1) / (negatives + 1))])
    for _ in range(rounds):
        p = 1.0 / (1.0 + np.exp(-np.clip(x @ w, -30, 30)))
        gradient = x.T @ (p - target) + 1e-3 * w
        hessian = (x * (p * (1 - p))[:, None]).T @ x + 1e-3 * np.eye(2)
        step = np.linalg.solve(hessian, gradient)
        w = w - np.clip(step, -2.0, 2.0)
        if np.abs(step).max() < 1e-8:
            break
    return float(w[0] / spread), float(w[1] - w[0] * score.mean() / spread)


def in_probability(linear: Linear, tags: Sequence[TagHead]) -> Linear:
    """Heads with their calibration multiplied in: the score is the logit of the promised probability."""
    slope = np.array([tag.slope for tag in tags], np.float32)
    offset = np.array([tag.offset for tag in tags], np.float32)
    return Linear(linear.weight * slope[:, None], linear.bias * slope + offset)
