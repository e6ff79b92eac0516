"""Puts parts of a tune in a row, in the key of the arrangement, with an introduction and a last bar."""

from __future__ import annotations

from fractions import Fraction

from recipe.abc import Chord, Note, Tune
from recipe.players import Score

MAJOR = (0, 2, 4, 5, 7, 9, 11)
SHARPS_TO_TONIC = {0: 0, 1: 7, 2: 2, 3: 9}  # of the major scale with that many sharps


def arrange(tune: Tune, parts: str, *, transpose: int = 0, intro_bars: int = 0) -> Score:
    """`parts` such as "AABB". The introduction has the first part's chords and no tune; the last bar holds the end."""
    start = intro_bars * tune.bar
    first = tune.parts[parts[0]]
    chords = [chord for chord in first.chords if chord.start < start]
    melody: list[Note] = []
    for name in parts:
        part = tune.parts[name]
        begins = start + part.notes[0].start
        while melody and melody[-1].start >= begins:
            melody.pop()
        if begins >= 0:
            melody += [Note(start + note.start, note.length, note.pitch) for note in part.notes]
        else:
            melody += [Note(start + note.start, note.length, note.pitch) for note in part.notes if note.start >= 0]
        chords += [Chord(start + chord.start, chord.root, chord.minor) for chord in part.chords]
        start += part.length
    melody.append(Note(start, tune.bar, melody[-1].pitch))
    chords.append(Chord(start, chords[-1].root, chords[-1].minor))
    tonic = SHARPS_TO_TONIC[tune.sharps]
    return Score(
        melody=tuple(Note(note.start, note.length, note.pitch + transpose) for note in melody),
        chords=tuple(Chord(chord.start, (chord.root + transpose) % 12, chord.minor) for chord in chords),
        length=start + tune.bar,
        bar=tune.bar,
        compound=tune.compound,
        scale=frozenset((tonic + step + transpose) % 12 for step in MAJOR),
        melody_from=Fraction(intro_bars) * tune.bar,
    )
