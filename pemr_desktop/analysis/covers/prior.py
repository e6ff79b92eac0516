"""How many versions of a track a library is expected to hold: the shipped guess, moved by what was found in it.

Among folk tunes or jazz standards most tracks have versions, among symphonies hardly any. Evidence that makes a version
likely in the one library is chance in the other.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from pemr.covers.scores.normalisation import Background
from pemr_desktop.analysis.covers.verdict import LEAST_PASSAGE_S, Evidence, evidence_kept
from pemr_desktop.library.library import Library
from pemr_desktop.library.versions import pairs as versions

GUESSED_FROM = 100
"""The shipped guess weighs as much as so many tracks."""
MOST = 1.0
"""However many were found: what is found raises what is expected, so there must be an end."""
ROUNDS = 100
CLOSE_ENOUGH = 1e-4


def expected_in(library: Library, candidates: int, shipped: Background) -> float:
    """Versions of a track in a library, by what comparing its tracks has given so far."""
    near = [evidence_kept(pair) for pair in library.read(versions.measured)]
    return versions_expected(near, len(library.compared_ids()), candidates, shipped)


def versions_expected(pairs: Sequence[Evidence], tracks: int, candidates: int, shipped: Background) -> float:
    """Versions of a track in a library of which so many tracks were compared with one another and these pairs are near.

    Expectation and the probabilities of pairs, each found among so many candidates, are made to agree. Copies are left
    out: they are known by other signs.
    """
    telling = [pair for pair in pairs if not pair.is_copy and pair.straight_s >= LEAST_PASSAGE_S]
    above = np.array([pair.above for pair in telling])
    likeness = np.array([pair.likeness for pair in telling])
    evidence = shipped.evidence_bias + shipped.evidence_above * above + shipped.evidence_likeness * likeness
    expected = shipped.versions_a_track
    for _ in range(ROUNDS):
        odds = expecting(shipped, expected).prior_odds(candidates)
        found = 2.0 * float((1.0 / (1.0 + np.exp(-np.clip(evidence + odds, -60.0, 60.0)))).sum())
        before = expected
        expected = min(MOST, (GUESSED_FROM * shipped.versions_a_track + found) / (GUESSED_FROM + tracks))
        if abs(expected - before) < CLOSE_ENOUGH:
            break
    return expected


def expecting(background: Background, versions_a_track: float) -> Background:
    """The same figures, but so many versions of a track are expected."""
    return msgspec.structs.replace(background, versions_a_track=versions_a_track)
