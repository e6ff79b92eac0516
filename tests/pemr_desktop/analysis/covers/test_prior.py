"""How many versions a library is expected to hold follows what was found in it, and never runs away."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pemr.covers.scores.normalisation import default_background
from pemr_desktop.analysis.covers.prior import GUESSED_FROM, MOST, expecting, versions_expected
from pemr_desktop.analysis.covers.verdict import Evidence

SHIPPED = default_background()
STRONG = Evidence(above=20.0, likeness=0.9, straight_s=60.0)


def test_nothing_compared_leaves_the_shipped_guess() -> None:
    assert versions_expected([], 0, 1, SHIPPED) == pytest.approx(SHIPPED.versions_a_track)


def test_a_library_without_versions_lowers_it() -> None:
    assert versions_expected([], GUESSED_FROM, GUESSED_FROM - 1, SHIPPED) == pytest.approx(SHIPPED.versions_a_track / 2)


def test_a_version_of_every_track_raises_it_as_far_as_there_are_tracks() -> None:
    few, many = (versions_expected([STRONG] * (tracks // 2), tracks, tracks - 1, SHIPPED) for tracks in (20, 2000))
    assert SHIPPED.versions_a_track < few < many <= MOST
    assert many == pytest.approx((GUESSED_FROM * SHIPPED.versions_a_track + 2000) / (GUESSED_FROM + 2000), abs=1e-3)


def test_what_is_likely_counts_as_much_as_it_is_likely() -> None:
    pairs = [Evidence(above=4.0 + place / 20, likeness=0.8, straight_s=30.0) for place in range(60)]
    expected = versions_expected(pairs, 200, 199, SHIPPED)
    own = expecting(SHIPPED, expected)
    found = 2 * math.fsum(own.probability(pair.above, pair.likeness, 199) for pair in pairs)
    assert expected == pytest.approx((GUESSED_FROM * SHIPPED.versions_a_track + found) / (GUESSED_FROM + 200), abs=1e-3)


def test_copies_and_scraps_of_passages_say_nothing_of_versions() -> None:
    copy = Evidence(above=9.0, likeness=0.99, straight_s=60.0, is_copy=True)
    scrap = Evidence(above=9.0, likeness=0.9, straight_s=3.0)
    assert versions_expected([copy, scrap] * 50, 100, 99, SHIPPED) == versions_expected([], 100, 99, SHIPPED)


@given(st.lists(st.floats(-5, 30), max_size=200), st.integers(0, 100_000))
def test_it_lies_between_nothing_and_the_limit(aboves: list[float], tracks: int) -> None:
    pairs = [Evidence(above=above, likeness=0.8, straight_s=30.0) for above in aboves]
    assert 0.0 < versions_expected(pairs, tracks, max(1, tracks - 1), SHIPPED) <= MOST
