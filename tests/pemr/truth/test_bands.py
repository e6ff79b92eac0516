from __future__ import annotations

import random

import pytest

from pemr.instruments import sound_of_program
from pemr.rendering.abc_notation import read_tune
from pemr.truth.bands import KINDS, perform
from pemr.truth.lead_sheets import key_of, sheet_of_song
from pemr.truth.players import Casts, in_range

EVERYONE = Casts(frozenset(range(120)))
SHEET = sheet_of_song(7, 30.0, random.Random(1))


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_group_plays_to_the_end_within_the_bars(kind: str) -> None:
    for seed in range(10):
        performance = perform(SHEET, EVERYONE, None, random.Random(seed), kind)
        assert performance.kind == kind
        for part in performance.parts:
            assert part.notes
            assert max(note.onset for note in part.notes) <= len(SHEET.chords) * SHEET.bar + 0.5


def test_a_duo_is_two_and_a_soloist_one_player() -> None:
    for seed in range(10):
        assert len(perform(SHEET, EVERYONE, None, random.Random(seed), "duo").parts) == 2
        solo = perform(SHEET, EVERYONE, None, random.Random(seed), "solo")
        assert len({part.program for part in solo.parts}) == 1


def test_players_are_among_those_the_font_has() -> None:
    few = Casts(frozenset([0, 24, 33, 40, 42, 73]))
    for seed in range(20):
        for kind in ("solo", "duo", "band"):
            performance = perform(SHEET, few, None, random.Random(seed), kind)
            assert {part.program for part in performance.parts if not part.is_drums} <= few.available


def test_a_program_that_is_missing_is_replaced_by_a_relative() -> None:
    few = Casts(frozenset([0, 25, 40]))
    assert few.instead(24) == 25
    assert few.instead(56) is None


def test_a_melody_is_moved_by_octaves_into_the_range() -> None:
    assert in_range([72, 74], 58) % 12 == 0
    assert 29 <= 72 + in_range([72, 74], 58) <= 53


def test_every_lead_comes_up() -> None:
    drawn = {EVERYONE.lead(random.Random(seed)) for seed in range(600)}
    words = {word for program in drawn for word in sound_of_program(program).words}
    assert {"violin", "trumpet", "saxophone", "accordion", "harp", "distorted guitar", "banjo", "bagpipe"} <= words


@pytest.mark.parametrize(
    ("key", "expected"),
    [("G", (7, "major")), ("Ador", (9, "dorian")), ("Bb", (10, "major")), ("F#m", (6, "minor")), ("HP", (-1, ""))],
)
def test_the_printed_key_is_read(key: str, expected: tuple[int, str]) -> None:
    assert key_of(read_tune(f"X:1\nT:x\nM:6/8\nK:{key}\nabc|\n")) == expected
