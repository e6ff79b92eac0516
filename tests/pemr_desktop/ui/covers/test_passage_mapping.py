from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pemr_desktop.protocol.results import Passage
from pemr_desktop.ui.covers.passage_mapping import corresponding_moment, passage_at

PASSAGES = (Passage(10, 30, 20, 60), Passage(50, 70, 100, 120))


def test_a_moment_inside_a_passage_is_interpolated() -> None:
    assert corresponding_moment(PASSAGES, 20, "query", 200) == pytest.approx(40)
    assert corresponding_moment(PASSAGES, 40, "reference", 200) == pytest.approx(20)


def test_outside_the_nearest_passage_goes_on_at_its_own_tempo() -> None:
    assert corresponding_moment(PASSAGES, 32, "query", 200) == pytest.approx(64)
    assert corresponding_moment(PASSAGES, 48, "query", 200) == pytest.approx(98)


def test_without_passages_both_start_together() -> None:
    assert corresponding_moment((), 33, "query", 200) == 33
    assert corresponding_moment((), 330, "query", 200) == 200


def test_a_moment_belongs_to_the_passage_that_holds_it() -> None:
    assert passage_at(PASSAGES, 10, "query") == 0
    assert passage_at(PASSAGES, 40, "query") is None
    assert passage_at(PASSAGES, 110, "reference") == 1


@st.composite
def passages(draw: st.DrawFn) -> Passage:
    a, b = draw(st.floats(0, 500)), draw(st.floats(0, 500))
    return Passage(a, a + draw(st.floats(1, 100)), b, b + draw(st.floats(1, 100)))


@given(st.lists(passages(), max_size=6), st.floats(0, 1000), st.sampled_from(["query", "reference"]))
def test_every_moment_has_a_counterpart_within_the_other_track(found: list[Passage], seconds: float, side: str) -> None:
    moment = corresponding_moment(found, seconds, "query" if side == "query" else "reference", 600)
    assert 0 <= moment <= 600


@given(passages(), st.floats(0.01, 0.99))
def test_there_and_back_is_where_it_began(passage: Passage, share: float) -> None:
    moment = passage.a_start_s + share * (passage.a_end_s - passage.a_start_s)
    there = corresponding_moment([passage], moment, "query", 1e4)
    assert corresponding_moment([passage], there, "reference", 1e4) == pytest.approx(moment)
