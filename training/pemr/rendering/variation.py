"""Vary a melody as players and editors do: another printing of a tune is seldom note for note the same.

What stays is what a listener knows the tune by: the notes on most of the beats and the order of its phrases.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import groupby

from pemr.rendering.abc_notation import Note, Tune

MAJOR_SCALE = (0, 2, 4, 5, 7, 9, 11)
SHORTEST = Fraction(1, 8)
"""No note is divided into shorter ones, in quarter notes."""
FLATTENED_SEVENTH, OTHER_PARTS = 0.12, 0.25

Group = list[Note]


def vary(tune: Tune, strength: float, rng: random.Random) -> Tune:
    """Another setting of a tune. `strength`: the share of its beats that are played differently, 0 to 1."""
    beat = Fraction(3, 2) if (tune.bar_length / Fraction(3, 2)).denominator == 1 else Fraction(1)
    scale = [(7 * tune.key_sharps + degree) % 12 for degree in MAJOR_SCALE]
    groups = [list(notes) for _, notes in groupby(tune.notes, key=lambda note: note.onset // beat)]
    played: list[Note] = []
    for index, group in enumerate(groups):
        following = groups[index + 1][0].pitch if index + 1 < len(groups) else group[-1].pitch
        if rng.random() < strength:
            group = rng.choice(WAYS)(group, following, scale, rng)
        played += group
    if rng.random() < FLATTENED_SEVENTH * (strength > 0):
        leading = (7 * tune.key_sharps + 11) % 12
        played = [_at(note, note.pitch - 1) if note.pitch % 12 == leading else note for note in played]
    varied = dataclasses.replace(tune, notes=tuple(played))
    return _other_parts(varied, rng) if rng.random() < OTHER_PARTS * (strength > 0) else varied


def _held(group: Group, following: int, scale: Sequence[int], rng: random.Random) -> Group:
    """The first note for the whole beat."""
    end = group[-1].onset + group[-1].duration
    return [Note(group[0].onset, end - group[0].onset, group[0].pitch)]


def _filled(group: Group, following: int, scale: Sequence[int], rng: random.Random) -> Group:
    """From the first note by steps towards the next beat."""
    end = group[-1].onset + group[-1].duration
    length = end - group[0].onset
    count = rng.choice([count for count in (2, 3, 4) if length / count >= SHORTEST] or [1])
    pitch, notes = group[0].pitch, []
    for index in range(count):
        notes.append(Note(group[0].onset + length * index / count, length / count, pitch))
        up = following > pitch or (following == pitch and rng.random() < 0.5)
        pitch = step(pitch, 1 if up else -1, scale)
    return notes


def _broken(group: Group, following: int, scale: Sequence[int], rng: random.Random) -> Group:
    """The first note with thirds above or below it instead of what followed."""
    leap = rng.choice((-2, 2))
    return [group[0], *(_at(note, step(group[0].pitch, leap * (1 + k % 2), scale)) for k, note in enumerate(group[1:]))]


def _elsewhere(group: Group, following: int, scale: Sequence[int], rng: random.Random) -> Group:
    """The same figure a third higher or lower, or one step."""
    leap = rng.choice((-2, -1, 1, 2))
    return [_at(note, step(note.pitch, leap, scale)) for note in group]


def _turned(group: Group, following: int, scale: Sequence[int], rng: random.Random) -> Group:
    """The same notes in another order, the rhythm as it was."""
    pitches = [note.pitch for note in group]
    rng.shuffle(pitches)
    return [_at(note, pitch) for note, pitch in zip(group, pitches, strict=True)]


def _repeated(group: Group, following: int, scale: Sequence[int], rng: random.Random) -> Group:
    """The first note again instead of what followed."""
    return [_at(note, group[0].pitch) for note in group]


def _dotted(group: Group, following: int, scale: Sequence[int], rng: random.Random) -> Group:
    """The first two notes unevenly long."""
    if len(group) < 2 or group[1].duration != group[0].duration:
        return _filled(group, following, scale, rng)
    first, second = group[0], group[1]
    moved = first.duration / 2
    return [
        Note(first.onset, first.duration + moved, first.pitch),
        Note(second.onset + moved, second.duration - moved, second.pitch),
        *group[2:],
    ]


WAYS: tuple[Callable[[Group, int, Sequence[int], random.Random], Group], ...] = (
    _held, _filled, _filled, _broken, _elsewhere, _turned, _repeated, _dotted,
)  # fmt: skip


def step(pitch: int, steps: int, scale: Sequence[int]) -> int:
    """So many steps of the scale above (below, if negative); a pitch outside the scale first moves onto it."""
    direction = 1 if steps > 0 else -1
    for _ in range(abs(steps)):
        pitch += direction
        while pitch % 12 not in scale:
            pitch += direction
    return pitch


def _other_parts(tune: Tune, rng: random.Random) -> Tune:
    """Repeats written out or left out: each half of the tune once or twice, now and then one of them only."""
    half = tune.bar_length * round(tune.length / tune.bar_length / 2)
    if not 0 < half < tune.length:
        return tune
    order = rng.choice(((0, 0, 1), (0, 1, 1), (0, 0, 1, 1), (0,), (1,)))
    notes: list[Note] = []
    start = Fraction(0)
    for part in order:
        low, high = (Fraction(0), half) if part == 0 else (half, tune.length)
        notes += [
            dataclasses.replace(note, onset=start + note.onset - low) for note in tune.notes if low <= note.onset < high
        ]
        start += high - low
    return dataclasses.replace(tune, notes=tuple(notes)) if notes else tune


def _at(note: Note, pitch: int) -> Note:
    return dataclasses.replace(note, pitch=pitch)
