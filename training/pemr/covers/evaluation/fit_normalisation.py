"""Fit the `ScoreModel`: length models of unrelated pairs, and the calibration that tells versions from non-versions.

The first are fitted to real music, because loops and drones are found there; the second to rendered versions and the
non-versions of both, because there the truth is known. Neither may have been trained on or be measured on afterwards.
"""

from __future__ import annotations

import dataclasses
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from pemr.covers.alignment.features import CoverFeatures
from pemr.covers.alignment.rescoring import rescore_pairs
from pemr.covers.evaluation.evaluation import EvaluationSet, alignment_matrix, evaluation_set_of_cliques
from pemr.covers.networks.similarity import both_ways
from pemr.covers.scores.fusion import (
    ScoreFusion,
    cohort_statistics_among,
    normalised_scores,
    normalised_scores_of_pairs,
    rescored_score,
)
from pemr.covers.scores.map_logistic import fit_map_logistic
from pemr.covers.scores.normalisation import MIN_SCORE, LengthModel, ScoreModel, robust_deviation
from pemr.datasets.clique_catalogue import load_clique_set
from pemr.errors import CorpusError

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
Vectors = npt.NDArray[np.float32]

OUTLIER_DEVIATIONS = 2.5
"""Pairs so many deviations above the others are left out of a length model: they may be versions that nobody knows."""
FIT_ROUNDS = 5
MUSIC_TRACKS = 150
MUSIC_WEIGHT = 2.0
RESCORED_FROM = 1.5
"""Non-versions with a higher normalised score than that are all rescored, of the others some stand for all."""
MAX_OTHERS_RESCORED = 4000
RIDGE = 1e-3


@dataclass(frozen=True)
class AlignedSet:
    """Tracks of one kind, all aligned with all. `same` (n, n): known versions; `unknown`: pairs to be left out.

    `vectors`: of the half minutes of each, by the network that is fused with alignment; empty without one.
    """

    features: Sequence[CoverFeatures]
    scores: npt.NDArray[np.float32]
    same: npt.NDArray[np.bool_]
    unknown: npt.NDArray[np.bool_]
    vectors: Sequence[Vectors] = ()

    @property
    def frames(self) -> Indices:
        return np.array([track.half_rate_frames for track in self.features])


def draw_music(root: Path, cache: Path) -> EvaluationSet:
    """Some tracks of the training part of the free game music, drawn once and for all; its known pairs stay known."""
    every = load_clique_set("free-game-music", root)
    train = [track for track in every.tracks if track.path.is_relative_to(root / "train")]
    drawn = [train[index] for index in sorted(np.random.default_rng(0).permutation(len(train))[:MUSIC_TRACKS])]
    return evaluation_set_of_cliques(dataclasses.replace(every, tracks=tuple(drawn)), cache)


def align_all(tracks: EvaluationSet, vectors: Sequence[Vectors], cache: Path | None = None) -> AlignedSet:
    """Align all with all; who is whose version is said by the names of the works."""
    numbers = {work: number for number, work in enumerate(dict.fromkeys(tracks.works)) if work is not None}
    known = np.array([numbers[work] if work is not None else -1 for work in tracks.works])
    same = (known[:, None] == known[None]) & (known[:, None] >= 0)
    unknown = np.eye(len(known), dtype=bool)
    for track, others in tracks.apart.items():
        unknown[track, list(others)] = True
    silent = np.array([found.problem is not None for found in tracks.features])
    unknown |= silent[:, None] | silent[None]
    return AlignedSet(tracks.features, alignment_matrix(tracks.features, cache), same, unknown, vectors)


def fit_length_models(music: AlignedSet, before: ScoreModel) -> ScoreModel:
    """The length models of both rates. Raises `CorpusError` if there are too few pairs of unrelated tracks."""
    pairs = np.argwhere(np.triu(~music.same & ~music.unknown))
    if len(pairs) < 100:
        raise CorpusError(f"There are only {len(pairs)} pairs of unrelated tracks, too few to measure a background.")
    frames = music.frames[pairs]
    coarse, count = fit_length_model(frames, music.scores[pairs[:, 0], pairs[:, 1]])
    fine, _ = fit_length_model(frames, rescore_pairs(music.features, pairs)[0])
    return msgspec.structs.replace(before, unrelated_pairs=count, coarse=coarse, fine=fine)


def fit_length_model(frames: Indices, scores: npt.NDArray[np.float32]) -> tuple[LengthModel, int]:
    """Mean and deviation of the logarithm of scores (p,) by robust least squares over both lengths (p, 2).

    Beside it how many pairs are left when outliers are not counted.
    """
    columns = np.concatenate([np.ones((len(frames), 1)), np.log(np.sort(frames, axis=1))], axis=1)
    values = np.log(np.maximum(scores.astype(np.float64), MIN_SCORE))
    kept = np.ones(len(values), bool)
    for _ in range(FIT_ROUNDS):
        weights = np.linalg.lstsq(columns[kept], values[kept], rcond=None)[0]
        residuals = values - columns @ weights
        deviation = robust_deviation(residuals[kept])
        kept = residuals < OUTLIER_DEVIATIONS * deviation
    return LengthModel(*(round(float(figure), 4) for figure in (*weights, deviation))), int(kept.sum())


def fit_calibration(
    rendered: AlignedSet, music: AlignedSet, score_model: ScoreModel, fusion: ScoreFusion | None
) -> ScoreModel:
    """The score model with its bias and slopes fitted to rendered versions against the non-versions of both sets.

    `fusion`: how the network whose vectors were given counts beside alignment. A non-version of real music counts
    `MUSIC_WEIGHT` times.
    """
    parts = [
        _labelled_pairs(tracks, weight, score_model, fusion)
        for tracks, weight in ((rendered, 1.0), (music, MUSIC_WEIGHT))
    ]
    rows, versions, counts = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    if not versions.any() or versions.all():
        raise CorpusError(
            "There are no versions, or no pairs that are none, among these tracks, so nothing can be fitted."
        )
    weights = _fitted(rows, versions, counts)
    odds = float(counts[versions > 0].sum() / counts[versions == 0].sum())
    return msgspec.structs.replace(
        score_model,
        bias=round(float(weights[0] - np.log(odds)), 2),
        score_slope=round(float(weights[1]), 3),
        similarity_slope=round(float(weights[2]), 2),
    )


def _labelled_pairs(
    tracks: AlignedSet, weight: float, score_model: ScoreModel, fusion: ScoreFusion | None
) -> tuple[Floats, Floats, Floats]:
    """Predictors (p, 3), labels (p,) and counts (p,) of the rescored pairs of a set; `weight`: of its non-versions."""
    alignment, network = _length_normalised(tracks, score_model, fusion)
    coarse = normalised_scores(alignment, score_model)
    network = normalised_scores(network, score_model)
    pairs, counts = _pairs_to_rescore(tracks, fusion.coarse.fused_score(coarse, network) if fusion else coarse)
    query, reference = pairs[:, 0], pairs[:, 1]
    scores, similarity = rescore_pairs(tracks.features, pairs, paths=True)
    fine = score_model.fine.length_normalised_score(scores, tracks.frames[query], tracks.frames[reference])
    rescored = rescored_score(alignment[query, reference], fine)
    normalised = normalised_scores_of_pairs(rescored, pairs, cohort_statistics_among(alignment, score_model))
    if fusion:
        normalised = fusion.fine.fused_score(normalised, network[query, reference])
    rows = np.stack([np.ones(len(pairs)), normalised, similarity], axis=1)
    labels = tracks.same[query, reference].astype(np.float64)
    return rows, labels, counts * np.where(labels > 0, 1.0, weight)


def _fitted(rows: Floats, versions: Floats, counts: Floats) -> Floats:
    """Bias and two slopes; a similarity that says nothing, or the opposite, counts nothing."""
    for columns in (3, 2):
        prior = np.zeros(columns), np.full(columns, RIDGE**-0.5)
        weights = fit_map_logistic(rows[:, :columns], versions, *prior, counts=counts)
        if weights[-1] > 0.0:
            break
    return np.concatenate([weights, np.zeros(3 - columns)])


def with_provenance(
    figures: ScoreModel, music: EvaluationSet, rendered: EvaluationSet, fusion: ScoreFusion
) -> ScoreModel:
    """The figures with where they come from."""
    works = len({work for work in rendered.works if work is not None})
    told = (
        f"Background (intercept, slopes, spread): {figures.unrelated_pairs:,} pairs of {len(music.works)} tracks drawn "
        "from the training part of the free game music, robust least squares, known versions left out and pairs more "
        f"than {OUTLIER_DEVIATIONS} standard deviations above the others, which may be versions. Evidence: logistic "
        f"regression on {fusion.pairs} pairs of versions of {works} rendered works that no network was trained on, "
        f"against the unrelated pairs of the same renderings and of the same real music (weight {MUSIC_WEIGHT:g}), by "
        "alignment and network together."
    )
    return msgspec.structs.replace(figures, provenance=textwrap.fill(told, 118))


def as_toml(figures: ScoreModel) -> bytes:
    """The figures as `background.toml` keeps them."""
    lines, tables = [], []
    for name, value in msgspec.to_builtins(figures).items():
        if isinstance(value, dict):
            tables += ["", f"[{name}]", *(f"{key} = {figure!r}" for key, figure in value.items())]
        elif name != "provenance":
            lines.append(f"{name} = {value!r}")
    return "\n".join(['provenance = """', figures.provenance.strip(), '"""', *lines, *tables, ""]).encode()


def _length_normalised(
    tracks: AlignedSet, score_model: ScoreModel, fusion: ScoreFusion | None
) -> tuple[Floats, Floats]:
    """Length-normalised coarse scores of all pairs (n, n), and standardised cosines (0 without a network)."""
    frames = tracks.frames
    alignment = score_model.coarse.length_normalised_score(tracks.scores, frames[:, None], frames[None])
    if fusion is None:
        return alignment, np.zeros_like(alignment)
    return alignment, fusion.standardised(np.stack([both_ways(own, tracks.vectors) for own in tracks.vectors]))


def _pairs_to_rescore(tracks: AlignedSet, normalised: Floats) -> tuple[Indices, Floats]:
    """Pairs (p, 2) and how many each stands for: all versions, all high-scoring non-versions, some of the others."""
    upper = np.triu(~tracks.unknown, 1)
    versions = np.argwhere(upper & tracks.same)
    near = np.argwhere(upper & ~tracks.same & (normalised > RESCORED_FROM))
    others = np.argwhere(upper & ~tracks.same & (normalised <= RESCORED_FROM))
    drawn = np.random.default_rng(0).permutation(len(others))[:MAX_OTHERS_RESCORED]
    each = np.full(len(drawn), len(others) / max(1, len(drawn)))
    counts = np.concatenate([np.ones(len(versions) + len(near)), each])
    return np.concatenate([versions, near, others[drawn]]), counts
