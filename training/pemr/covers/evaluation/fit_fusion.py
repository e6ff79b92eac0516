"""How much a network counts beside alignment, fitted to tracks whose works are known."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from pemr.covers.alignment.features import CoverFeatures
from pemr.covers.alignment.qmax import coarse_features, compare
from pemr.covers.alignment.rescoring import rescore_pairs
from pemr.covers.networks.similarity import both_ways
from pemr.covers.scores.fusion import (
    Floats,
    FusionWeights,
    ScoreFusion,
    Vectors,
    cohort_indices,
    cohort_statistics_of,
    normalised_scores_of_pairs,
    rescored_score,
)
from pemr.covers.scores.map_logistic import fit_map_logistic
from pemr.covers.scores.normalisation import ScoreModel, robust_deviation
from pemr.errors import CorpusError

FAR_QUANTILE = 0.999
FAR_QUANTILE_OF_NEAREST = 0.99
"""The quantile of non-versions, and of those that come nearest, at which fused score and alignment alone agree."""
RESCORED_PER_TRACK = 3
"""So many non-versions that score highest with a track are rescored."""
RIDGE = 1e-3


def fit_fusion(
    features: Sequence[CoverFeatures],
    vectors: Sequence[Vectors],
    works: Sequence[str | None],
    score_model: ScoreModel,
) -> ScoreFusion:
    """Logistic regression of version against non-version; `vectors`: of the half minutes of each track.

    All versions are aligned, and all tracks with a cohort. The weights of rescored pairs are fitted to those that score
    highest. Raises `CorpusError` if there are no versions or no non-versions among them.
    """
    count = len(features)
    coarse = [coarse_features(track) for track in features]
    frames = np.array([track.half_rate_frames for track in features])
    cohort = cohort_indices(count)
    first = [a for a in range(count) for _ in cohort]
    second = [b for _ in range(count) for b in cohort]
    unlike = np.array([works[a] is None or works[a] != works[b] for a, b in zip(first, second, strict=True)])
    versions = [
        (a, b) for a in range(count) for b in range(a + 1, count) if works[a] is not None and works[a] == works[b]
    ]
    if not versions or not unlike.any():
        raise CorpusError(
            "There are no versions, or no pairs that are none, among these tracks, so nothing can be fitted."
        )
    pairs = np.array([pair for pair, kept in zip(zip(first, second, strict=True), unlike, strict=True) if kept])
    pairs = np.concatenate([np.array(versions), pairs])
    same = np.arange(len(pairs)) < len(versions)

    scores = np.stack([compare(track, [coarse[b] for b in cohort]).score for track in coarse])
    true_scores = [float(compare(coarse[a], [coarse[b]]).score[0]) for a, b in versions]
    with_cohort = score_model.coarse.length_normalised_score(scores, frames[:, None], frames[None, cohort])
    of_versions = score_model.coarse.length_normalised_score(
        true_scores, frames[pairs[same, 0]], frames[pairs[same, 1]]
    )
    aligned = np.concatenate([of_versions, with_cohort.reshape(-1)[unlike]])
    statistics = cohort_statistics_of(with_cohort, cohort, score_model)
    alignment = normalised_scores_of_pairs(aligned, pairs, statistics)

    cosines = np.stack([both_ways(track, [vectors[b] for b in cohort]) for track in vectors])
    true_cosines = np.array([both_ways(vectors[a], [vectors[b]])[0] for a, b in versions])
    centre = float(np.median(cosines.reshape(-1)[unlike]))
    deviation = max(1e-6, robust_deviation(cosines.reshape(-1)[unlike]))
    fusion = ScoreFusion(FusionWeights(0.0), FusionWeights(0.0), len(versions), centre, deviation)
    network = normalised_scores_of_pairs(
        np.concatenate([fusion.standardised(true_cosines), fusion.standardised(cosines).reshape(-1)[unlike]]),
        pairs,
        cohort_statistics_of(fusion.standardised(cosines), cohort, score_model),
    )
    coarse_weights = _fit_weights(alignment, network, same, FAR_QUANTILE)

    near = _nearest(coarse_weights.fused_score(alignment, network), pairs, same)
    if not same[near].any():  # too few tracks to tell what counts in rescored pairs
        return msgspec.structs.replace(fusion, coarse=coarse_weights, fine=coarse_weights)
    fine = score_model.fine.length_normalised_score(
        rescore_pairs(features, pairs[near])[0], frames[pairs[near, 0]], frames[pairs[near, 1]]
    )
    rescored = normalised_scores_of_pairs(rescored_score(aligned[near], fine), pairs[near], statistics)
    fine_weights = _fit_weights(rescored, network[near], same[near], FAR_QUANTILE_OF_NEAREST)
    return msgspec.structs.replace(fusion, coarse=coarse_weights, fine=fine_weights)


def _nearest(normalised: Floats, pairs: npt.NDArray[np.int64], same: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """The non-versions that score highest with each track, and versions that score higher than these."""
    nearest: list[int] = []
    for track in np.unique(pairs):
        non_versions = np.flatnonzero((pairs[:, 0] == track) & ~same)
        non_versions = non_versions[np.argsort(-normalised[non_versions], kind="stable")[:RESCORED_PER_TRACK]]
        versions = np.flatnonzero((pairs == track).any(axis=1) & same)
        nearest += non_versions.tolist()
        nearest += versions[normalised[versions] > normalised[non_versions].min(initial=np.inf)].tolist()
    return np.unique(nearest)


def _fit_weights(alignment: Floats, network: Floats, same: npt.NDArray[np.bool_], far: float) -> FusionWeights:
    """The weight by logistic regression; scale and offset by the median of non-versions and their quantile `far`."""
    rows = np.stack([np.ones(len(alignment)), alignment, network], axis=1)
    _, of_alignment, of_network = fit_map_logistic(rows, same.astype(np.float64), np.zeros(3), np.full(3, RIDGE**-0.5))
    weights = FusionWeights(max(0.0, float(of_network / max(of_alignment, 1e-6))))
    median, top = np.quantile(weights.fused_score(alignment, network)[~same], (0.5, far))
    alignment_median, alignment_top = np.quantile(alignment[~same], (0.5, far))
    scale = float((alignment_top - alignment_median) / max(1e-6, top - median))
    return FusionWeights(weights.weight, scale, float(alignment_median - scale * median))
