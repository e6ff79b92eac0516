from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from pemr_desktop.ui import wording


def test_a_key_shift_is_said_with_its_sign_and_unit() -> None:
    assert wording.key_shift(0) == "same key"
    assert wording.key_shift(1) == "+1 semitone"
    assert wording.key_shift(3) == "+3 semitones"
    assert wording.key_shift(-2) == "−2 semitones"
    assert wording.key_shift(11) == "−1 semitone"


def test_one_thing_is_said_in_words_of_its_own() -> None:
    assert [wording.counted(count, "1 work", "{} works") for count in (0, 1, 2)] == ["0 works", "1 work", "2 works"]


@given(st.integers(-200, 200))
def test_a_key_shift_is_the_same_an_octave_away(semitones: int) -> None:
    assert wording.key_shift(semitones) == wording.key_shift(semitones + 12)
    assert -5 <= wording.nearest_key_shift(semitones) <= 6


def test_a_tempo_ratio_is_said_in_percent() -> None:
    assert wording.tempo(1.0) == "same tempo"
    assert wording.tempo(1.12) == "12 % faster"
    assert wording.tempo(0.88) == "12 % slower"
    assert wording.tempo(2.0) == "twice the tempo"
    assert wording.tempo(0.5) == "half the tempo"


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_every_tempo_ratio_has_words(ratio: float) -> None:
    words = wording.tempo(ratio)
    assert words and "nan" not in words and "inf" not in words


@given(st.floats(0.06, 20))
def test_faster_and_slower_point_the_right_way(ratio: float) -> None:
    words = wording.tempo(ratio)
    if "faster" in words:
        assert ratio > 1
    if "slower" in words:
        assert ratio < 1


def test_time_left_grows_coarser_with_its_length() -> None:
    assert wording.time_left(None) == "time left not known yet"
    assert wording.time_left(3) == "a few seconds left"
    assert wording.time_left(42) == "about 40 seconds left"
    assert wording.time_left(70) == "about a minute left"
    assert wording.time_left(1500) == "about 25 minutes left"
    assert wording.time_left(2 * 3600) == "about 2 h left"
    assert wording.time_left(2 * 3600 + 1260) == "about 2 h 20 min left"
    assert wording.time_left(3 * 86400) == "about 3 days left"


@given(st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True)))
def test_every_time_left_has_words(seconds: float | None) -> None:
    words = wording.time_left(seconds)
    assert words and "{" not in words and "nan" not in words and "inf" not in words
    assert "60 min" not in words and "about 0" not in words and "24 h" not in words


@given(st.floats(0, 10**7))
def test_a_clock_counts_whole_seconds(seconds: float) -> None:
    parts = [int(part) for part in wording.clock(seconds).split(":")]
    total = 0
    for part in parts:
        total = total * 60 + part
    assert total == math.floor(seconds)
    assert all(part < 60 for part in parts[1:])


def test_an_unknown_time_is_a_dash() -> None:
    assert wording.clock(None) == wording.clock(math.nan) == wording.clock(-1) == "–:––"


@given(st.floats(0, 1))
def test_confidence_never_claims_certainty(probability: float) -> None:
    assert 1 <= int(wording.confidence(probability).removesuffix(" %")) <= 99
