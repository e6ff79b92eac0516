from __future__ import annotations

from fractions import Fraction

import pytest

from pemr.errors import CorpusError
from pemr.rendering.abc_notation import key_sharps, read_tune, tunes_in

HEAD = "X:1\nT:Made Up\nM:4/4\nL:1/8\nK:G\n"


def pitches(body: str) -> list[int]:
    return [note.pitch for note in read_tune(HEAD + body).notes]


def durations(body: str) -> list[Fraction]:
    return [note.duration for note in read_tune(HEAD + body).notes]


def test_the_key_sharpens_notes_and_accidentals_hold_for_the_bar() -> None:
    assert pitches("F f F, | =F F | F") == [66, 78, 54, 65, 65, 66]


def test_lengths_broken_rhythm_and_triplets() -> None:
    assert durations("A A2 A/2 A/ A3/2") == [Fraction(1, 2), 1, Fraction(1, 4), Fraction(1, 4), Fraction(3, 4)]
    assert durations("A>B c<d") == [Fraction(3, 4), Fraction(1, 4), Fraction(1, 4), Fraction(3, 4)]
    assert durations("(3ABc d") == [Fraction(1, 3)] * 3 + [Fraction(1, 2)]


def test_repeats_and_endings_are_written_out() -> None:
    assert pitches("|: A B :| c |") == [69, 71, 69, 71, 72]
    assert pitches("|: A |1 B :|2 c |]") == [69, 71, 69, 72]
    assert pitches("|: A :: B :|") == [69, 69, 71, 71]


def test_ties_join_and_rests_leave_room() -> None:
    notes = read_tune(HEAD + "A2-A2 z2 B2").notes
    assert [(note.onset, note.duration) for note in notes] == [(0, 2), (3, 1)]


def test_grace_notes_chord_names_and_decorations_make_no_notes() -> None:
    assert pitches('"Am"{ab}A !trill!B ~c .d') == [69, 71, 72, 74]


@pytest.mark.parametrize(
    ("key", "sharps"), [("D", 2), ("Ador", 1), ("Gm", -2), ("Amix", 2), ("HP", 2), ("F#m", 3), ("Bb", -2)]
)
def test_keys_and_modes(key: str, sharps: int) -> None:
    assert key_sharps(key) == sharps


def test_a_book_is_cut_into_its_tunes() -> None:
    book = HEAD + "ABc\n\n" + HEAD.replace("X:1", "X:2").replace("Made Up", "Other") + "def\n"
    assert [read_tune(text).title for text in tunes_in(book)] == ["Made Up", "Other"]


def test_a_tune_without_a_key_or_without_notes_is_refused_by_name() -> None:
    with pytest.raises(CorpusError, match=r"Made Up.*no key"):
        read_tune("X:1\nT:Made Up\nABc\n")
    with pytest.raises(CorpusError, match=r"Made Up.*no notes"):
        read_tune(HEAD + "z4\n")
