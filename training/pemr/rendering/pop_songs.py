"""Compose songs by rule: verse, chorus, bridge over common progressions, each with a melody of its own.

A second repertoire for version search, free of anyone's rights: a song is its number. Plain Python.
"""

from __future__ import annotations

import random
from fractions import Fraction

from pemr.rendering.abc_notation import Note
from pemr.rendering.arrange import QUALITIES, Chord, Section, Song

MAJOR, MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)
PROGRESSIONS = {
    True: (
        "I V vi IV", "vi IV I V", "I vi IV V", "I IV V IV", "I IV I V", "ii V I I", "I iii IV V", "I V IV IV",
        "IV I V vi", "I vi ii V", "I I IV V", "IV V iii vi", "vi V IV V", "I V vi iii", "IV IV I I", "I ii IV I",
    ),
    False: (
        "i VI III VII", "i VII VI VII", "i iv v i", "i iv VII III", "i VI iv V", "i VII VI V", "i i iv v", "VI VII i i",
        "i III VII iv", "iv i V i", "i v VI iv", "i VI VII i",
    ),
}  # fmt: skip
NUMERALS = {"i": 0, "ii": 1, "iii": 2, "iv": 3, "v": 4, "vi": 5, "vii": 6}
RHYTHMS = {
    4: (
        (1, 1, 1, 1), (2, 2), (0.5, 0.5, 1, 2), (1.5, 0.5, 1, 1), (0.5, 0.5, 0.5, 0.5, 1, 1), (1, 0.5, 0.5, 1, 1),
        (1.5, 1.5, 1), (3, 1), (0.5, 1, 0.5, 1, 1), (0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5), (1, 2, 1), (4,),
        (0.75, 0.75, 0.5, 2), (0.5, 1.5, 2), (1, 1, 2), (0.5, 0.5, 0.5, 1.5, 1),
    ),
    3: ((1, 1, 1), (2, 1), (1.5, 0.5, 1), (0.5, 0.5, 0.5, 0.5, 1), (3,), (1, 0.5, 0.5, 1), (0.5, 0.5, 1, 1), (1, 2)),
}  # fmt: skip
SECTION_FORMS = ("abac", "aabc", "abab", "aaba", "abcd", "aabb")
FORMS = tuple(
    tuple({"V": "verse", "C": "chorus", "B": "bridge"}[letter] for letter in form)
    for form in ("VCVCBC", "VVCVC", "CVCVBC", "VCBCVC", "VVCBC", "VCVC", "CVCBV", "VBCVC")
)


def compose(number: int) -> Song:
    """The song of that number, always the same."""
    rng = random.Random(f"pop song {number}")
    major = rng.random() < 0.6
    bar = 4 if rng.random() < 0.85 else 3
    tonic = rng.randrange(12)
    register = rng.choice((60, 62, 64, 67))
    sections = {}
    for name, lift in (("verse", 0), ("chorus", rng.choice((0, 2, 3, 4))), ("bridge", rng.choice((-2, 0, 2)))):
        degrees = _degrees(rng, major)
        sections[name] = _section(rng, degrees, major, tonic, bar, register, lift)
    sharps = (7 * (tonic if major else tonic + 3)) % 12
    return Song(
        f"Song {number}",
        Fraction(bar),
        sharps - 12 if sharps > 6 else sharps,
        rng.uniform(80.0, 140.0),
        sections,
        FORMS,
        "major" if major else "minor",
    )


def _degrees(rng: random.Random, major: bool) -> list[int]:
    """Eight bars: a progression twice, its second half or end changed at times."""
    first = [NUMERALS[numeral.lower()] for numeral in rng.choice(PROGRESSIONS[major]).split()]
    second = list(first)
    if rng.random() < 0.4:
        second = [NUMERALS[numeral.lower()] for numeral in rng.choice(PROGRESSIONS[major]).split()]
    elif rng.random() < 0.5:
        second[-1] = rng.choice((0, 3, 4))
    return first + second


def _section(
    rng: random.Random, degrees: list[int], major: bool, tonic: int, bar: int, register: int, lift: int
) -> Section:
    scale = MAJOR if major else MINOR
    motifs = {letter: (rng.choice(RHYTHMS[bar]), rng.choice(RHYTHMS[bar])) for letter in "abcd"}
    shapes = {letter: [rng.choice((-2, -1, -1, 0, 1, 1, 2, 3, -3)) for _ in range(16)] for letter in "abcd"}
    notes: list[Note] = []
    step = rng.randrange(3, 10) + lift
    for phrase, letter in enumerate(rng.choice(SECTION_FORMS)):
        moves = iter(shapes[letter])
        for half, rhythm in enumerate(motifs[letter]):
            index = 2 * phrase + half
            onset = Fraction(bar * index)
            tones = {(degrees[index] + third) % 7 for third in (0, 2, 4)}
            for position, length in enumerate(rhythm):
                step += next(moves, 0)
                step += (step < 1) * 4 - (step > 12 + lift) * 4
                if position == 0 and step % 7 not in tones:
                    step += 1 if (step + 1) % 7 in tones else -1
                duration = Fraction(length)
                if not (position and length >= 1 and rng.random() < 0.08):
                    octave, degree = divmod(step, 7)
                    notes.append(Note(onset, duration, register - 7 + tonic % 12 - 6 + 12 * octave + scale[degree]))
                onset += duration
    return Section(tuple(notes), tuple(_triad(degree, scale, tonic) for degree in degrees))


def _triad(degree: int, scale: tuple[int, ...], tonic: int) -> Chord:
    root = scale[degree]
    third, fifth = ((scale[(degree + up) % 7] - root) % 12 for up in (2, 4))
    intervals = QUALITIES["dim"] if fifth == 6 else QUALITIES["m" if third == 3 else ""]
    return (tonic + root) % 12, intervals
