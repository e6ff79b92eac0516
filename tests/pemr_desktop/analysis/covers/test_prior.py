"""How many versions a library is expected to hold follows what was found in it, and never runs away."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pemr.covers.scores.normalisation import default_score_model
from pemr_desktop.analysis.covers.prior import (
    MAX_VERSIONS_PER_TRACK,
    SHIPPED_PRIOR_TRACKS,
    estimate_versions_per_track,
    with_prior,
)
from pemr_desktop.analysis.covers.verdict import PairMeasurements

SHIPPED = default_score_model()
STRONG = PairMeasurements(normalised_score=20.0, similarity=0.9, straight_s=60.0)


def test_nothing_compared_leaves_the_shipped_guess() -> None:
    assert estimate_versions_per_track([], 0, 1, SHIPPED) == pytest.approx(SHIPPED.versions_per_track)


def test_a_library_without_versions_lowers_it() -> None:
    assert estimate_versions_per_track([], SHIPPED_PRIOR_TRACKS, SHIPPED_PRIOR_TRACKS - 1, SHIPPED) == pytest.approx(
        SHIPPED.versions_per_track / 2
    )


def test_a_version_of_every_track_raises_it_as_far_as_there_are_tracks() -> None:
    few, many = (
        estimate_versions_per_track([STRONG] * (tracks // 2), tracks, tracks - 1, SHIPPED) for tracks in (20, 2000)
    )
    assert SHIPPED.versions_per_track < few < many <= MAX_VERSIONS_PER_TRACK
    assert many == pytest.approx(
        (SHIPPED_PRIOR_TRACKS * SHIPPED.versions_per_track + 2000) / (SHIPPED_PRIOR_TRACKS + 2000), abs=1e-3
    )


def test_what_is_likely_counts_as_much_as_it_is_likely() -> None:
    pairs = [
        PairMeasurements(normalised_score=4.0 + index / 20, similarity=0.8, straight_s=30.0) for index in range(60)
    ]
    estimate = estimate_versions_per_track(pairs, 200, 199, SHIPPED)
    own = with_prior(SHIPPED, estimate)
    found = 2 * math.fsum(own.probability(pair.normalised_score, pair.similarity, 199) for pair in pairs)
    assert estimate == pytest.approx(
        (SHIPPED_PRIOR_TRACKS * SHIPPED.versions_per_track + found) / (SHIPPED_PRIOR_TRACKS + 200), abs=1e-3
    )


def test_copies_and_scraps_of_passages_say_nothing_of_versions() -> None:
    copy = PairMeasurements(normalised_score=9.0, similarity=0.99, straight_s=60.0, is_copy=True)
    scrap = PairMeasurements(normalised_score=9.0, similarity=0.9, straight_s=3.0)
    assert estimate_versions_per_track([copy, scrap] * 50, 100, 99, SHIPPED) == estimate_versions_per_track(
        [], 100, 99, SHIPPED
    )


@given(st.lists(st.floats(-5, 30), max_size=200), st.integers(0, 100_000))
def test_it_lies_between_nothing_and_the_limit(scores: list[float], tracks: int) -> None:
    pairs = [PairMeasurements(normalised_score=score, similarity=0.8, straight_s=30.0) for score in scores]
    assert 0.0 < estimate_versions_per_track(pairs, tracks, max(1, tracks - 1), SHIPPED) <= MAX_VERSIONS_PER_TRACK
