"""Scores of pairs of tracks by alignment and by the network, and their normalisation against a cohort."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from pemr.covers.alignment.passages import Alignment, explain
from pemr.covers.alignment.qmax import AlignmentFeatures, Comparison, compare, fine_features, rescore
from pemr.covers.scores.fusion import ScoreFusion, rescored_score
from pemr.covers.scores.normalisation import ScoreModel
from pemr_desktop.analysis.covers.projection import ProjectionLayer
from pemr_desktop.analysis.covers.score_normalisation import Floats, PairNormalisation, pair_normalisation
from pemr_desktop.analysis.covers.shortlist import CoverShortlist
from pemr_desktop.analysis.covers.tracks import Candidate, CoverTracks
from pemr_desktop.steps import Progress, Step

Cancelled = Callable[[], bool]

REFERENCES_AT_ONCE = 64
"""References compared between two looks at progress and cancellation."""
SHORTLIST_FROM = 3000
"""Libraries of more tracks than that are searched by way of a shortlist."""
COHORT_SIZE_IN_LARGE_LIBRARY = 16
"""The cohort in a library of that size, where each of its tracks costs as much as a candidate."""
MIN_COPIED_SHARE = 0.3
COHORT_GROWTH = 1.25
"""Cohort statistics are measured anew once the cohort is so many times as large as when they were measured."""


class CoverSearchCancelled(Exception):
    """The search was asked to stop."""


@dataclass(frozen=True)
class Rescored:
    """A query rescored with some references: length-normalised `scores` (n, 2) of the pairs, and their alignment."""

    scores: Floats
    query: AlignmentFeatures
    references: list[AlignmentFeatures]
    comparison: Comparison

    def may_be_copy(self, index: int) -> bool:
        """Whether a good part of the shorter track was found in the other: with less the path need not be followed."""
        shorter = min(len(self.query.rows), len(self.references[index].rows))
        return float(self.comparison.score[index]) >= MIN_COPIED_SHARE * math.sqrt(shorter)

    def alignment(self, index: int) -> Alignment:
        """How a pair agrees."""
        return explain(self.query, self.references[index], self.comparison, index)


class PairScores:
    """Any thread may call. `shortlist_lock` guards the shortlist, which others may use too."""

    def __init__(
        self,
        tracks: CoverTracks,
        shortlist: CoverShortlist | None,
        shortlist_lock: threading.Lock,
        score_model: ScoreModel,
    ) -> None:
        self._tracks = tracks
        self._shortlist = shortlist
        self._shortlist_lock = shortlist_lock
        self._score_model = score_model
        self._fusion = shortlist.fusion if shortlist is not None else None
        self._lock = threading.Lock()
        self._normalisations: dict[int, tuple[PairNormalisation, int]] = {}

    @property
    def score_model(self) -> ScoreModel:
        """The figures that pairs are judged by."""
        return self._score_model

    @property
    def fusion(self) -> ScoreFusion | None:
        """How the network counts beside alignment; None where alignment alone decides."""
        return self._fusion

    @property
    def layer(self) -> ProjectionLayer | None:
        """The last layer of the network if it is not the shipped one."""
        return self._shortlist.layer if self._shortlist is not None else None

    @property
    def is_large(self) -> bool:
        """Whether a network chooses what is aligned."""
        return self._shortlist is not None and len(self._tracks.comparable()) > SHORTLIST_FROM

    def use(self, score_model: ScoreModel, layer: ProjectionLayer | None = None) -> None:
        """Judge by other figures and another last layer from now on. A layer of another network counts for nothing."""
        with self._shortlist_lock, self._lock:
            if layer != self.layer or not score_model.normalises_as(self._score_model):
                self._normalisations.clear()
                self._fusion = self._shortlist.use(layer) if self._shortlist is not None else None
            self._score_model = score_model

    def forget(self, track_id: int) -> None:
        """A track is gone or has new features."""
        with self._lock:
            self._normalisations.pop(track_id, None)

    def cohort(self) -> list[Candidate]:
        """The sample of the library that scores are normalised against."""
        sample = self._tracks.sample()
        return sample[:COHORT_SIZE_IN_LARGE_LIBRARY] if self.is_large else sample

    def compare(
        self,
        query: Candidate,
        references: list[Candidate],
        progress: Progress | None = None,
        cancelled: Cancelled | None = None,
    ) -> Comparison:
        """Align a track with others at the coarse rate. Raises `CoverSearchCancelled`."""
        parts: list[Comparison] = []
        for first in range(0, len(references), REFERENCES_AT_ONCE):
            if cancelled is not None and cancelled():
                raise CoverSearchCancelled
            if progress is not None:
                progress(first, len(references), Step("comparing features"))
            part = references[first : first + REFERENCES_AT_ONCE]
            coarse = [self._tracks.coarse_features(reference) for reference in part]
            parts.append(compare(self._tracks.coarse_features(query), coarse))
        if not parts:
            return compare(self._tracks.coarse_features(query), [])
        return Comparison(
            np.concatenate([part.score for part in parts]),
            np.concatenate([part.key_shift for part in parts]),
            np.concatenate([part.speed for part in parts]),
        )

    def length_normalised_scores(
        self,
        query: Candidate,
        references: list[Candidate],
        comparison: Comparison,
        progress: Progress | None = None,
        cancelled: Cancelled | None = None,
    ) -> Floats:
        """Of these pairs (n, 2): by alignment, and the network's standardised cosines (0 without a network)."""
        scores = np.zeros((len(references), 2))
        frames = np.array([reference.frames for reference in references])
        scores[:, 0] = self._score_model.coarse.length_normalised_score(comparison.score, query.frames, frames)
        if self._shortlist is not None and self._fusion is not None:
            stored = [(track.track_id, track.features) for track in references if track.track_id is not None]
            with self._shortlist_lock:
                similarity = self._shortlist.similarity(
                    query.features, stored, query_id=query.track_id, progress=progress, cancelled=cancelled
                )
            if similarity is None:
                raise CoverSearchCancelled
            scores[:, 1] = self._fusion.standardised(similarity)
        return scores

    def rescore(
        self, query: Candidate, references: list[Candidate], comparison: Comparison, scores: Floats
    ) -> Rescored:
        """Align a few again at the fine rate; `comparison` and `scores` (n, 2) are of the coarse one."""
        own, fine = fine_features(query.features), [fine_features(reference.features) for reference in references]
        rescored = rescore(own, fine, comparison)
        frames = np.array([reference.frames for reference in references])
        at_fine_rate = self._score_model.fine.length_normalised_score(rescored.score, query.frames, frames)
        scores = scores.copy()
        scores[:, 0] = rescored_score(scores[:, 0], at_fine_rate)
        return Rescored(scores, own, fine, rescored)

    def normalisation(
        self, track: Candidate, cancelled: Cancelled | None, known: Mapping[int | None, Floats] | None = None
    ) -> PairNormalisation:
        """Of a track, against the cohort of this library; `known`: scores (2,) that need not be measured again.

        It is remembered until the cohort has grown so much that it can be known better.
        """
        cohort = [member for member in self.cohort() if member.track_id != track.track_id]
        if track.track_id is not None:
            with self._lock:
                normalisation, measured_with = self._normalisations.get(track.track_id, (PairNormalisation(), 0))
            if measured_with and len(cohort) < COHORT_GROWTH * measured_with:
                return normalisation
        known = known or {}
        scores = [known[member.track_id] for member in cohort if member.track_id in known]
        missing = [member for member in cohort if member.track_id not in known]
        if missing:
            comparison = self.compare(track, missing, cancelled=cancelled)
            scores += list(self.length_normalised_scores(track, missing, comparison, cancelled=cancelled))
        normalisation = pair_normalisation(np.array(scores).reshape(-1, 2), self._score_model, self._fusion)
        if track.track_id is not None:
            with self._lock:
                self._normalisations[track.track_id] = normalisation, len(scores)
        return normalisation
