"""Searches made of several looks: alignment joined with a network, a close look at the first, a shortlist before."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from pemr.covers.alignment.passages import explain
from pemr.covers.alignment.qmax import close_voice, compare, compare_closely, voice
from pemr.covers.evaluation.evaluation import HeardSet, Scorer, Scores, alignment_excess, heard_frames
from pemr.covers.networks.frames import shingle_vectors
from pemr.covers.networks.registry import TrainedNetwork
from pemr.covers.networks.similarity import both_ways
from pemr.covers.scores.fusion import above_habits, above_of_pairs, habits_among, seen_closely
from pemr.covers.scores.normalisation import default_background

LOOKED_AT = 20
"""So many of the first are looked at closely."""


def joined_scorer(trained: TrainedNetwork, heard: HeardSet, alignment: Scorer) -> Scorer:
    """Alignment above the habits of both tracks, joined with a calibrated network as the application does it."""
    return _Joined(trained, heard, alignment).joined


def whole_search_scorer(trained: TrainedNetwork, heard: HeardSet, alignment: Scorer, count: int = LOOKED_AT) -> Scorer:
    """The joined search, and the first `count` looked at closely and put in order as the application orders matches.

    The rest stays behind in its own order.
    """
    search = _Joined(trained, heard, alignment)
    voices, close = [voice(found) for found in heard.features], [close_voice(found) for found in heard.features]
    background = default_background()

    def ordered(query: int) -> Scores:
        scores = search.joined(query)
        best = np.argsort(-scores, kind="stable")
        best = best[best != query][:count]
        found = compare(voices[query], [voices[place] for place in best])
        closely = compare_closely(close[query], [close[place] for place in best], found)
        paths = [explain(close[query], close[place], closely, row).likeness for row, place in enumerate(best)]
        told = background.evidence_above * search.above(query, best, closely.score)
        told += background.evidence_likeness * np.array(paths)
        final = scores - scores.max() + told.min() - 1.0
        final[best] = told
        ordered_scores: Scores = final.astype(np.float32)
        return ordered_scores

    return ordered


class _Joined:
    """What alignment and network say of all pairs of a set; worked out at the first question."""

    def __init__(self, trained: TrainedNetwork, heard: HeardSet, alignment: Scorer) -> None:
        assert trained.joining is not None
        self._joining = trained.joining
        self._trained, self._heard, self._alignment = trained, heard, alignment
        self._excess = cache(self._aligned)
        self._habits = cache(lambda: habits_among(self._excess(), default_background()))
        self._aligned_above = cache(lambda: above_habits(self._excess(), default_background()))
        self._heard_above = cache(self._network)

    def joined(self, query: int) -> Scores:
        """How far all tracks (n,) lie above strangers of a query, compared at the lower rate."""
        joined: Scores = self._joining.compared.above(self._aligned_above()[query], self._heard_above()[query]).astype(
            np.float32
        )
        return joined

    def above(self, query: int, places: npt.NDArray[np.int64], scores: Scores) -> npt.NDArray[np.float64]:
        """How far these tracks (k,) lie above strangers of a query, by scores of a close look."""
        frames = np.array([self._heard.features[place].half_rate_frames for place in places])
        own = self._heard.features[query].half_rate_frames
        closely = default_background().closely.excess(scores, own, frames)
        excess = seen_closely(self._excess()[query, places], closely)
        pairs = np.stack([np.full(len(places), query), places], axis=1)
        aligned = above_of_pairs(excess, pairs, self._habits())
        return self._joining.closely.above(aligned, self._heard_above()[query, places])

    def _aligned(self) -> npt.NDArray[np.float64]:
        scores = np.stack([self._alignment(query) for query in range(len(self._heard.features))])
        return alignment_excess(scores, self._heard.features)

    def _network(self) -> npt.NDArray[np.float64]:
        shingled = [shingle_vectors(self._trained.network, found) for found in heard_frames(self._trained, self._heard)]
        likeness = self._joining.excess(np.stack([both_ways(own, shingled) for own in shingled]))
        return above_habits(likeness, default_background())


def search_scorer(first: Scorer, alignment: Scorer, shortlist: int) -> Scorer:
    """The whole search: the best of `first` are put in order by alignment, the rest stays behind in its own order."""

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
