"""Multi-stage searches: a shortlist, alignment fused with a network, the first ones rescored."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from pemr.covers.alignment.passages import explain
from pemr.covers.alignment.qmax import coarse_features, compare, fine_features, rescore
from pemr.covers.evaluation.evaluation import EvaluationSet, Scorer, Scores, length_normalised_alignment, network_frames
from pemr.covers.networks.frames import shingle_vectors
from pemr.covers.networks.network_file import TrainedNetwork
from pemr.covers.networks.similarity import both_ways
from pemr.covers.scores.fusion import (
    cohort_statistics_among,
    normalised_scores,
    normalised_scores_of_pairs,
    rescored_score,
)
from pemr.covers.scores.normalisation import default_score_model

RESCORED_TRACKS = 20
"""So many of the first are rescored at the fine rate."""


def fused_scorer(trained: TrainedNetwork, tracks: EvaluationSet, alignment: Scorer) -> Scorer:
    """Alignment normalised against the cohort of both tracks, fused with a calibrated network as in the application."""
    return _FusedSearch(trained, tracks, alignment).fused


def whole_search_scorer(
    trained: TrainedNetwork, tracks: EvaluationSet, alignment: Scorer, count: int = RESCORED_TRACKS
) -> Scorer:
    """The fused search, and the first `count` rescored and ranked anew as the application ranks matches.

    The rest stays behind in its own order.
    """
    search = _FusedSearch(trained, tracks, alignment)
    coarse, fine = (
        [features_of(track) for track in tracks.features] for features_of in (coarse_features, fine_features)
    )
    score_model = default_score_model()

    def ranked(query: int) -> Scores:
        scores = search.fused(query)
        best = np.argsort(-scores, kind="stable")
        best = best[best != query][:count]
        compared = compare(coarse[query], [coarse[index] for index in best])
        rescored = rescore(fine[query], [fine[index] for index in best], compared)
        paths = [explain(fine[query], fine[index], rescored, row).similarity for row, index in enumerate(best)]
        final = score_model.score_slope * search.rescored(query, best, rescored.score)
        final += score_model.similarity_slope * np.array(paths)
        in_order = scores - scores.max() + final.min() - 1.0
        in_order[best] = final
        result: Scores = in_order.astype(np.float32)
        return result

    return ranked


class _FusedSearch:
    """Normalised scores of all pairs of a set by alignment and network; worked out at the first question."""

    def __init__(self, trained: TrainedNetwork, tracks: EvaluationSet, alignment: Scorer) -> None:
        assert trained.fusion is not None
        self._fusion = trained.fusion
        self._trained, self._tracks, self._alignment = trained, tracks, alignment
        self._length_normalised = cache(self._aligned)
        self._statistics = cache(lambda: cohort_statistics_among(self._length_normalised(), default_score_model()))
        self._normalised = cache(lambda: normalised_scores(self._length_normalised(), default_score_model()))
        self._network_scores = cache(self._network)

    def fused(self, query: int) -> Scores:
        """Fused scores of a query with all tracks (n,), at the coarse rate."""
        fused: Scores = self._fusion.coarse.fused_score(
            self._normalised()[query], self._network_scores()[query]
        ).astype(np.float32)
        return fused

    def rescored(self, query: int, indices: npt.NDArray[np.int64], scores: Scores) -> npt.NDArray[np.float64]:
        """Fused scores of a query with these tracks (k,), from their scores (k,) at the fine rate."""
        frames = np.array([self._tracks.features[index].half_rate_frames for index in indices])
        own = self._tracks.features[query].half_rate_frames
        fine = default_score_model().fine.length_normalised_score(scores, own, frames)
        length_normalised = rescored_score(self._length_normalised()[query, indices], fine)
        pairs = np.stack([np.full(len(indices), query), indices], axis=1)
        alignment = normalised_scores_of_pairs(length_normalised, pairs, self._statistics())
        return self._fusion.fine.fused_score(alignment, self._network_scores()[query, indices])

    def _aligned(self) -> npt.NDArray[np.float64]:
        scores = np.stack([self._alignment(query) for query in range(len(self._tracks.features))])
        return length_normalised_alignment(scores, self._tracks.features)

    def _network(self) -> npt.NDArray[np.float64]:
        network = self._trained.network
        shingled = [shingle_vectors(network, frames) for frames in network_frames(self._trained, self._tracks)]
        cosines = np.stack([both_ways(track, shingled) for track in shingled])
        return normalised_scores(self._fusion.standardised(cosines), default_score_model())


def search_scorer(first: Scorer, alignment: Scorer, shortlist: int) -> Scorer:
    """A shortlist: the best of `first` are ranked by alignment, the rest stays behind in its own order."""

    def score(query: int) -> Scores:
        rough = first(query).astype(np.float64)
        rough[query] = -np.inf
        order = np.argsort(-rough, kind="stable")
        fine = alignment(query)
        scores = np.zeros(len(rough), np.float32)
        scores[order] = -np.arange(len(order), dtype=np.float32)
        chosen = order[:shortlist]
        scores[chosen[np.argsort(-fine[chosen], kind="stable")]] = len(order) - np.arange(len(chosen), dtype=np.float32)
        return scores

    return score
