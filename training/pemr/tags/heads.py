"""Linear tag heads on frozen embeddings, learned from a teacher's predictions for tracks and their segments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pemr.metrics import TagScores, best_expected_f1_threshold, score_tags
from pemr.modelfile import TagHead
from pemr.regression.logistic import Floats, Linear, fit, folds_of
from pemr.tags.calibration import Bools, Evidence, calibrate, evidence_of
from pemr.tags.teacher_labels import LabelledTrack
from pemr.vocabulary import VOCABULARY

PENALTIES = (1e-3, 3e-3, 1e-2, 3e-2)
FOLDS = 4
TAGS = tuple(TagHead(tag.name, tag.group) for tag in VOCABULARY)


@dataclass(frozen=True)
class FittedHeads:
    """weight (k, 512) and bias (k,) for raw embeddings, and the L2 penalty that cross-validation chose.

    `out_of_fold`: scores (segments, k) of each training track by heads that were fitted without its group; empty
    when there was one group only.
    """

    weight: Floats
    bias: Floats
    penalty: float
    out_of_fold: tuple[Floats, ...] = ()

    @property
    def linear(self) -> Linear:
        """The heads themselves."""
        return Linear(self.weight, self.bias)


def fit_heads(vectors: Sequence[Floats], labels: Sequence[Floats], groups: Sequence[str]) -> FittedHeads:
    """Segments (n_i, 512) and soft labels (n_i, k) of each track -> heads for its segments and its mean.

    The penalty with the least log loss on left-out groups (albums, soundtracks) is chosen.
    """
    penalty, scores = cross_fit(vectors, labels, groups) if len(set(groups)) > 1 else (PENALTIES[1], [])
    rows, targets, weights = track_rows(vectors, labels)
    heads = fit(rows, targets, penalty, weights)
    return FittedHeads(heads.weight, heads.bias, penalty, tuple(scores))


def cross_fit(
    vectors: Sequence[Floats], labels: Sequence[Floats], groups: Sequence[str], penalties: Sequence[float] = PENALTIES
) -> tuple[float, list[Floats]]:
    """The best penalty, and the scores (n_i, k) of every track's segments by heads fitted without its group."""
    folds = folds_of(groups, FOLDS)
    losses = np.zeros(len(penalties))
    scores: list[list[Floats]] = [[np.zeros(0, np.float32)] * len(vectors) for _ in penalties]
    for fold in np.unique(folds):
        inside = np.flatnonzero(folds != fold).tolist()
        rows, targets, weights = track_rows([vectors[i] for i in inside], [labels[i] for i in inside])
        for at, penalty in enumerate(penalties):
            heads = fit(rows, targets, penalty, weights)
            for i in np.flatnonzero(folds == fold).tolist():
                scores[at][i] = heads.scores(vectors[i])
                score, truth = scores[at][i].mean(axis=0), labels[i].mean(axis=0)
                losses[at] += float(np.mean(np.logaddexp(0.0, score) - truth * score))
    best = int(np.argmin(losses))
    return penalties[best], scores[best]


def track_rows(vectors: Sequence[Floats], labels: Sequence[Floats]) -> tuple[Floats, Floats, Floats]:
    """What heads are fitted on: rows (r, 512), targets (r, k), weights (r, 1).

    A track weighs one: half for its mean, which is what tags are suggested from, half for its segments together.
    """
    rows = [np.vstack([segments, segments.mean(axis=0)]) for segments in vectors]
    targets = [np.vstack([said, said.mean(axis=0)]) for said in labels]
    weights = [np.append(np.full(len(segments), 0.5 / len(segments)), 0.5) for segments in vectors]
    return np.concatenate(rows), np.concatenate(targets), np.concatenate(weights).astype(np.float32)[:, None]


def teacher_thresholds(labels: Sequence[Floats]) -> Floats:
    """Per tag, where the teacher's track probabilities are cut into yes and no: best F1 by its own belief."""
    tracks = np.stack([track.mean(axis=0) for track in labels])
    return np.array([best_expected_f1_threshold(tracks[:, i]) for i in range(tracks.shape[1])], np.float32)


def as_targets(probabilities: Floats, thresholds: Floats) -> Floats:
    """How likely the teacher says yes: its probabilities (n, k), moved so that a tag's threshold becomes one half.

    The teacher's scale differs from tag to tag; on this one its predictions can stand beside a person's yes and no.
    """
    yes = probabilities * (1.0 - thresholds)
    return np.asarray(yes / np.maximum(yes + thresholds * (1.0 - probabilities), 1e-9), np.float32)


def calibrated_heads(
    heads: FittedHeads, vectors: Sequence[Floats], labels: Sequence[Floats], thresholds: Floats
) -> list[TagHead]:
    """Calibrate every tag of the vocabulary on tracks that the heads were not fitted on."""
    return [tag.head for tag in calibrate(TAGS, held_out_evidence(heads, vectors, labels, thresholds))]


def held_out_evidence(
    heads: FittedHeads,
    vectors: Sequence[Floats],
    labels: Sequence[Floats],
    thresholds: Floats,
    groups: Sequence[str] | None = None,
) -> Evidence:
    """Evidence from tracks that the heads were not fitted on."""
    return evidence_of([heads.linear.scores(segments) for segments in vectors], labels, thresholds, groups)


def track_scores(
    heads: FittedHeads, vectors: Sequence[Floats], labels: Sequence[Floats], thresholds: Floats
) -> tuple[TagScores, Bools, Floats]:
    """Measures on whole tracks, with the truth (n, k) and the scores (n, k) they come from."""
    scores = heads.linear.scores(np.stack([v.mean(axis=0) for v in vectors]))
    truth = np.stack([track.mean(axis=0) for track in labels]) >= thresholds
    return score_tags([tag.name for tag in VOCABULARY], truth, scores), truth, scores


def split_by_group(tracks: Sequence[LabelledTrack], every: int = 5) -> tuple[list[LabelledTrack], list[LabelledTrack]]:
    """(training, validation): every fifth album or soundtrack, by name, is validation."""
    names = sorted({track.group for track in tracks})
    kept = set(names[::every]) if len(names) > 1 else set()
    return [t for t in tracks if t.group not in kept], [t for t in tracks if t.group in kept]
