from __future__ import annotations

import random
from fractions import Fraction

import pytest

from pemr.rendering.abc_notation import Note, Tune
from pemr.rendering.variation import MAJOR_SCALE, step, vary

PITCHES = (74, 71, 67, 71, 74, 76, 74, 72, 71, 72, 69, 66, 67, 71, 74, 79) * 4
REEL = Tune("A reel", Fraction(4), 1, tuple(Note(Fraction(k, 2), Fraction(1, 2), p) for k, p in enumerate(PITCHES)))
JIG = Tune("A jig", Fraction(3), 1, tuple(Note(Fraction(k, 2), Fraction(1, 2), p) for k, p in enumerate(PITCHES[:48])))


def beats_kept(tune: Tune, variant: Tune) -> float:
    """The share of the notes on a beat of one tune that the other has there too."""
    there = {note.onset: note.pitch for note in variant.notes}
    on_beats = [note for note in tune.notes if note.onset.denominator == 1]
    return sum(there.get(note.onset) == note.pitch for note in on_beats) / len(on_beats)


def test_without_strength_the_tune_is_played_as_printed() -> None:
    assert vary(REEL, 0.0, random.Random(1)) == REEL


@pytest.mark.parametrize("tune", [REEL, JIG], ids=["reel", "jig"])
@pytest.mark.parametrize("seed", range(30))
def test_a_varied_tune_is_whole_and_in_order(tune: Tune, seed: int) -> None:
    varied = vary(tune, 0.7, random.Random(seed))
    assert varied.notes[0].onset == 0
    for note, following in zip(varied.notes, varied.notes[1:], strict=False):
        assert note.duration > 0
        assert note.onset + note.duration <= following.onset
    assert varied.length % (tune.length / 2) == 0
    assert all(40 < note.pitch < 100 for note in varied.notes)


def test_more_strength_leaves_fewer_beats_as_they_were() -> None:
    def kept(strength: float) -> float:
        settings = [vary(REEL, strength, random.Random(seed)) for seed in range(60)]
        same_parts = [setting for setting in settings if setting.length == REEL.length]
        return sum(beats_kept(REEL, setting) for setting in same_parts) / len(same_parts)

    assert kept(0.1) > kept(0.4) > kept(0.9) > 0.3


def test_the_same_chance_gives_the_same_setting() -> None:
    assert vary(REEL, 0.5, random.Random(3)) == vary(REEL, 0.5, random.Random(3))
    assert vary(REEL, 0.5, random.Random(3)) != vary(REEL, 0.5, random.Random(4))


def test_steps_stay_in_the_scale() -> None:
    g_major = [(7 + degree) % 12 for degree in MAJOR_SCALE]
    assert step(67, 1, g_major) == 69
    assert step(67, -1, g_major) == 66
    assert step(67, 2, g_major) == 71
    assert step(68, 1, g_major) == 69
