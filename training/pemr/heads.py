"""Linear tag heads on frozen embeddings: soft-label logistic regression, calibrated and judged on other albums."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from pemr.labels import LabelledTrack
from pemr.metrics import TagScores, average_precision, best_expected_f1_threshold, roc_auc, score_tags
from pemr.modelfile import TagHead
from pemr.vocabulary import VOCABULARY

Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]

PENALTIES = (1e-3, 1e-2, 1e-1, 1.0)
FOLDS = 4
PARTS = 4
WANTED_PRECISION = 0.6
LEAST_THRESHOLD = 0.4
LEAST_HITS = 5
LEAST_POSITIVE_TRACKS = 3
LEAST_ROC_AUC = 0.75
NAMES = tuple((tag.name, tag.group) for tag in VOCABULARY)


@dataclass(frozen=True)
class FittedHeads:
    """weight (k, 512) and bias (k,) for raw embeddings, the L2 penalty that cross-validation chose."""

    weight: Floats
    bias: Floats
    penalty: float


def fit_heads(vectors: Sequence[Floats], labels: Sequence[Floats], groups: Sequence[str]) -> FittedHeads:
    """Segments (n_i, 512) and teacher probabilities (n_i, k) of each track -> heads.

    The penalty with the least log loss on left-out groups (albums, soundtracks) is chosen.
    """
    penalty = _choose_penalty(vectors, labels, groups) if len(set(groups)) > 1 else PENALTIES[1]
    return _fit(np.concatenate(vectors), np.concatenate(labels), penalty)


def _choose_penalty(vectors: Sequence[Floats], labels: Sequence[Floats], groups: Sequence[str]) -> float:
    names = sorted(set(groups))
    fold_of = {name: i % min(FOLDS, len(names)) for i, name in enumerate(names)}
    folds = np.array([fold_of[group] for group in groups])
    losses = np.zeros(len(PENALTIES))
    for fold in sorted(set(fold_of.values())):
        inside, outside = np.flatnonzero(folds != fold).tolist(), np.flatnonzero(folds == fold).tolist()
        x, y = np.concatenate([vectors[i] for i in inside]), np.concatenate([labels[i] for i in inside])
        for at, penalty in enumerate(PENALTIES):
            heads = _fit(x, y, penalty)
            for i in outside:
                score = vectors[i].mean(axis=0) @ heads.weight.T + heads.bias
                truth = labels[i].mean(axis=0)
                losses[at] += float(np.mean(np.logaddexp(0.0, score) - truth * score))
    return PENALTIES[int(np.argmin(losses))]


def _fit(x: Floats, y: Floats, penalty: float) -> FittedHeads:
    """L-BFGS on the mean cross-entropy plus penalty / 2 times the squared weights, on standardised inputs."""
    centre, scale = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-4)
    inputs, targets = torch.from_numpy((x - centre) / scale), torch.from_numpy(y)
    share = targets.mean(dim=0).clamp(1e-4, 1 - 1e-4)
    weight = torch.zeros(y.shape[1], x.shape[1], requires_grad=True)
    bias = torch.logit(share).detach().clone().requires_grad_(True)
    optimizer = torch.optim.LBFGS([weight, bias], max_iter=100, tolerance_change=1e-6, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        entropy = torch.nn.functional.binary_cross_entropy_with_logits(inputs @ weight.T + bias, targets)
        loss = entropy * y.shape[1] + penalty / 2 * weight.square().sum()
        loss.backward()
        return torch.as_tensor(loss)

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    raw = weight.detach().numpy() / scale
    return FittedHeads(raw.astype(np.float32), (bias.detach().numpy() - raw @ centre).astype(np.float32), penalty)


def teacher_thresholds(labels: Sequence[Floats]) -> Floats:
    """Per tag, where the teacher's track probabilities are cut into yes and no: best F1 by its own belief."""
    tracks = np.stack([track.mean(axis=0) for track in labels])
    return np.array([best_expected_f1_threshold(tracks[:, i]) for i in range(tracks.shape[1])], np.float32)


def judge(
    heads: FittedHeads,
    vectors: Sequence[Floats],
    labels: Sequence[Floats],
    thresholds: Floats,
    names: Sequence[tuple[str, str]] = NAMES,
) -> list[TagHead]:
    """Calibrate every tag on validation tracks, choose its threshold, and decide whether it is supported.

    Each track counts as up to four parts, so that a few dozen tracks give enough points. `names` holds the name and
    the group of each tag.
    """
    parts, part_labels, track_of = _parts(vectors, labels)
    scores = parts @ heads.weight.T + heads.bias
    truth = part_labels >= thresholds
    return [_judge_tag(name, group, scores[:, i], truth[:, i], track_of) for i, (name, group) in enumerate(names)]


def _judge_tag(name: str, group: str, score: Floats, truth: Bools, track_of: npt.NDArray[np.int64]) -> TagHead:
    slope, offset = platt(score, truth)
    probability = 1.0 / (1.0 + np.exp(-(slope * score + offset)))
    positive_tracks = len(set(track_of[truth]))
    off = TagHead(name, group, threshold=1.0, supported=False, slope=slope, offset=offset)

    def because(reason: str) -> TagHead:
        return TagHead(off.name, off.group, off.threshold, off.supported, off.slope, off.offset, reason)

    if positive_tracks < LEAST_POSITIVE_TRACKS:
        return because(f"only {positive_tracks} validation tracks have it")
    if truth.all():
        return because("every validation track has it")
    auc = roc_auc(truth, score)
    if auc < LEAST_ROC_AUC or slope <= 0:
        return because(f"ROC-AUC on validation is {auc:.2f}")
    cut = _cut_for_precision(probability, truth)
    if cut is None:
        precision = average_precision(truth, score)
        return because(f"no threshold reaches a precision of {WANTED_PRECISION:.0%} (PR-AUC {precision:.2f})")
    return TagHead(name, group, round(max(cut, LEAST_THRESHOLD), 4), True, slope, offset)


def _cut_for_precision(probability: Floats, truth: Bools) -> float | None:
    """The lowest probability from which on the wanted precision holds, with enough hits to believe it."""
    order = np.argsort(-probability, kind="stable")
    hits = np.cumsum(truth[order])
    good = (hits / np.arange(1, len(order) + 1) >= WANTED_PRECISION) & (hits >= LEAST_HITS)
    return float(probability[order][np.flatnonzero(good)[-1]]) if good.any() else None


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


def track_scores(
    heads: FittedHeads, vectors: Sequence[Floats], labels: Sequence[Floats], thresholds: Floats
) -> tuple[TagScores, Bools, Floats]:
    """Measures on whole tracks, with the truth (n, k) and the scores (n, k) they come from."""
    scores = np.stack([v.mean(axis=0) for v in vectors]) @ heads.weight.T + heads.bias
    truth = np.stack([track.mean(axis=0) for track in labels]) >= thresholds
    return score_tags([tag.name for tag in VOCABULARY], truth, scores), truth, scores


def _parts(vectors: Sequence[Floats], labels: Sequence[Floats]) -> tuple[Floats, Floats, npt.NDArray[np.int64]]:
    means, label_means, track_of = [], [], []
    for track, (segments, opinions) in enumerate(zip(vectors, labels, strict=True)):
        for part in np.array_split(np.arange(len(segments)), min(PARTS, len(segments))):
            means.append(segments[part].mean(axis=0))
            label_means.append(opinions[part].mean(axis=0))
            track_of.append(track)
    return np.stack(means), np.stack(label_means), np.array(track_of)


def split_by_group(tracks: Sequence[LabelledTrack], every: int = 5) -> tuple[list[LabelledTrack], list[LabelledTrack]]:
    """(training, validation): every fifth album or soundtrack, by name, is validation."""
    names = sorted({track.group for track in tracks})
    kept = set(names[::every]) if len(names) > 1 else set()
    return [t for t in tracks if t.group not in kept], [t for t in tracks if t.group in kept]
