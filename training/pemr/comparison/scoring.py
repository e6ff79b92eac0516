"""How an encoder is scored: linear heads on the teacher's tags, scores of unseen albums, and how sure they are."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from pemr.durable_files import write_output
from pemr.embed import Floats
from pemr.tags.heads import as_targets, fit_heads, track_scores
from pemr.tags.teacher_labels import SEGMENTS_PER_TRACK, LabelledTrack, Progress
from pemr.tags.training import Corpus

log = logging.getLogger(__name__)

BOOTSTRAP_ROUNDS = 500
LEAST_SHARE = 0.01
Values = npt.NDArray[np.float64]


class Segmented(Protocol):
    """Anything with vectors (n, width) of segments."""

    @property
    def segments(self) -> Floats: ...


class SegmentEncoder(Protocol):
    """Anything that turns 16 kHz samples into vectors of segments: a network, a model file, hand-made features."""

    def embed_samples(self, samples: Floats, *, max_segments: int = SEGMENTS_PER_TRACK) -> Segmented: ...


@dataclass(frozen=True)
class Score:
    """Macro ROC-AUC and PR-AUC on the validation tracks; `roc_draws` and `pr_draws` (rounds,) over drawn albums.

    Two scores of one corpus saw the same draws, so that their differences are paired.
    """

    roc_auc: float
    pr_auc: float
    roc_draws: Values
    pr_draws: Values


def corpus_key(corpus: Corpus) -> str:
    """Changes with any track, any prediction of the teacher and any threshold."""
    sha = hashlib.sha256(f"{SEGMENTS_PER_TRACK}|{BOOTSTRAP_ROUNDS}".encode())
    for tracks in (corpus.train, corpus.validation):
        for track in tracks:
            sha.update(f"|{track.group}|{track.cache_file.name}|".encode() + track.labels.tobytes())
    sha.update(corpus.thresholds.tobytes())
    return sha.hexdigest()[:16]


def score(encoder: SegmentEncoder, corpus: Corpus, progress: Progress) -> Score:
    """Fit heads on the training tracks and score the validation tracks; the network itself is not changed."""
    train, validation = (segment_vectors(encoder, tracks, progress) for tracks in (corpus.train, corpus.validation))
    progress("fitting heads", 0, 1)
    return score_vectors(train, validation, corpus)


def score_vectors(train: Sequence[Floats], validation: Sequence[Floats], corpus: Corpus) -> Score:
    """The same from the vectors (segments, width) of the tracks of the corpus."""
    answers = [as_targets(track.labels, corpus.thresholds) for track in corpus.train]
    heads = fit_heads(train, answers, [track.group for track in corpus.train])
    scores, truth, values = track_scores(
        heads, validation, [track.labels for track in corpus.validation], corpus.thresholds
    )
    roc_draws, pr_draws = album_draws(truth, values, [track.group for track in corpus.validation])
    return Score(scores.macro_roc_auc, scores.macro_pr_auc, roc_draws, pr_draws)


def kept_score(file: Path, key: str) -> Score | None:
    """A score from an earlier run of the comparison, if it was made on this very corpus."""
    if not file.exists():
        return None
    try:
        with safe_open(file, framework="numpy") as stored:
            about = json.loads((stored.metadata() or {})["score"])
            draws = {name: stored.get_tensor(name) for name in ("roc_draws", "pr_draws")}
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        log.warning("%s cannot be read (%s); this score is made anew", file, error)
        return None
    return Score(about["roc_auc"], about["pr_auc"], **draws) if about["key"] == key else None


def keep_score(score: Score, file: Path, key: str) -> None:
    """Write a score as a whole."""
    about = json.dumps({"key": key, "roc_auc": score.roc_auc, "pr_auc": score.pr_auc})
    write_output(file, save({"roc_draws": score.roc_draws, "pr_draws": score.pr_draws}, {"score": about}))


def interval(draws: Values) -> tuple[float, float]:
    """The middle 95 % of the draws."""
    known = draws[np.isfinite(draws)]
    if not len(known):
        return float("nan"), float("nan")
    low, high = np.percentile(known, [2.5, 97.5])
    return float(low), float(high)


def segment_vectors(encoder: SegmentEncoder, tracks: Sequence[LabelledTrack], progress: Progress) -> list[Floats]:
    """Vectors (segments, width) of the very segments that the teacher heard, for each track."""
    vectors = []
    for done, track in enumerate(tracks):
        progress("embedding", done, len(tracks))
        vectors.append(encoder.embed_samples(track.samples(), max_segments=SEGMENTS_PER_TRACK).segments)
    return vectors


def album_draws(
    truth: npt.NDArray[np.bool_], values: Floats, groups: Sequence[str], rounds: int = BOOTSTRAP_ROUNDS
) -> Values:
    """(2, rounds): macro ROC-AUC and PR-AUC of albums drawn with replacement, always the same draws.

    The same as `score_tags` of the drawn tracks, for all draws at once: a track counts as often as it was drawn.
    """
    names = sorted(set(groups))
    random = np.random.default_rng(1)
    drawn = random.integers(0, len(names), (rounds, len(names)))
    times = np.stack([np.bincount(row, minlength=len(names)) for row in drawn])
    weights = times[:, [names.index(group) for group in groups]].astype(np.float64)
    total = weights.sum(axis=1)
    sums, measured = np.zeros((2, rounds)), np.zeros(rounds)
    for tag in range(truth.shape[1]):
        positives = weights @ truth[:, tag]
        kept = (positives >= np.maximum(1, np.ceil(LEAST_SHARE * total))) & (positives < total)
        sums[:, kept] += _weighted_areas(truth[:, tag], values[:, tag], weights[kept])
        measured += kept
    return sums / np.where(measured > 0, measured, np.nan)


def _weighted_areas(truth: npt.NDArray[np.bool_], score: Floats, weights: Values) -> Values:
    """(2, rounds) ROC-AUC and PR-AUC where item i counts weights[:, i] times; items of equal score enter together."""
    order = np.argsort(-score, kind="stable")
    firsts = np.flatnonzero(np.append(True, np.diff(score[order]) != 0))
    right = np.add.reduceat(weights[:, order] * truth[order], firsts, axis=1)
    wrong = np.add.reduceat(weights[:, order] * ~truth[order], firsts, axis=1)
    hits, misses = np.cumsum(right, axis=1), np.cumsum(wrong, axis=1)
    below = misses[:, -1:] - misses + wrong / 2
    roc_auc = (right * below).sum(axis=1) / (hits[:, -1] * misses[:, -1])
    precision = np.divide(hits, hits + misses, out=np.zeros_like(hits), where=hits + misses > 0)
    return np.stack([roc_auc, (right * precision).sum(axis=1) / hits[:, -1]])
