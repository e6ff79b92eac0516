"""The prior of a version: how many a track has in this library, the shipped guess moved by what was found in it.

Among folk tunes or jazz standards most tracks have versions, among symphonies hardly any. A score that makes a version
likely in the one library is chance in the other.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from pemr.covers.scores.normalisation import ScoreModel
from pemr_desktop.analysis.covers.verdict import MIN_PASSAGE_S, PairMeasurements, stored_measurements
from pemr_desktop.library.library import Library
from pemr_desktop.library.versions import pairs as versions

SHIPPED_PRIOR_TRACKS = 100
"""The shipped guess weighs as much as so many tracks."""
MAX_VERSIONS_PER_TRACK = 1.0
"""However many were found: what is found raises the prior, so there must be an end."""
MAX_ROUNDS = 100
TOLERANCE = 1e-4


def versions_per_track_in(library: Library, candidates: int, shipped: ScoreModel) -> float:
    """Versions of a track in a library, by what comparing its tracks has given so far."""
    near = [stored_measurements(pair) for pair in library.read(versions.measured)]
    return estimate_versions_per_track(near, len(library.compared_ids()), candidates, shipped)


def estimate_versions_per_track(
    pairs: Sequence[PairMeasurements], tracks: int, candidates: int, shipped: ScoreModel
) -> float:
    """Versions of a track in a library of which so many tracks were compared with one another and these pairs are near.

    The prior and the posterior probabilities of pairs, each found among so many candidates, are made to agree by
    expectation maximisation. Copies are left out: they are known by other signs.
    """
    informative = [pair for pair in pairs if not pair.is_copy and pair.straight_s >= MIN_PASSAGE_S]
    normalised_scores = np.array([pair.normalised_score for pair in informative])
    similarities = np.array([pair.similarity for pair in informative])
    log_ratios = shipped.bias + shipped.score_slope * normalised_scores + shipped.similarity_slope * similarities
    estimate = shipped.versions_per_track
    for _ in range(MAX_ROUNDS):
        log_odds = log_ratios + with_prior(shipped, estimate).prior_log_odds(candidates)
        found = 2.0 * float((1.0 / (1.0 + np.exp(-np.clip(log_odds, -60.0, 60.0)))).sum())
        before = estimate
        total = SHIPPED_PRIOR_TRACKS * shipped.versions_per_track + found
        estimate = min(MAX_VERSIONS_PER_TRACK, total / (SHIPPED_PRIOR_TRACKS + tracks))
        if abs(estimate - before) < TOLERANCE:
            break
    return estimate


def with_prior(score_model: ScoreModel, versions_per_track: float) -> ScoreModel:
    """The same figures with another prior: so many versions of a track are expected."""
    return msgspec.structs.replace(score_model, versions_per_track=versions_per_track)
