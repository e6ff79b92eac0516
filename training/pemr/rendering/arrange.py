"""Arrange a melody for a band drawn at random: other key, tempo, instruments, harmony and accompaniment each time.

Two arrangements of one tune are two versions of one work, with the answer known. Pure Python, no audio: the
result is a list of MIDI events (`midifile.py` writes them).
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from pemr.rendering.abc_notation import Note, Tune

LEADS = (0, 4, 11, 21, 24, 40, 41, 56, 64, 65, 66, 68, 71, 73, 74, 79, 105, 110, 22, 52, 80, 26)
CHORDERS = (0, 1, 4, 16, 19, 24, 25, 27, 48, 50, 61, 89, 105, 46, 6)
BASSES = (32, 33, 34, 35, 38, 43, 58)
QUALITIES = {"": (0, 4, 7), "m": (0, 3, 7), "7": (0, 4, 7, 10), "m7": (0, 3, 7, 10), "dim": (0, 3, 6)}
DRUM_PATTERNS = {
    "rock": {36: (0.0, 0.5), 38: (0.25, 0.75), 42: (0.0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875)},
    "straight": {36: (0.0, 0.25, 0.5, 0.75), 42: (0.125, 0.375, 0.625, 0.875), 38: (0.25, 0.75)},
    "brushes": {51: (0.0, 0.25, 0.42, 0.5, 0.75, 0.92), 44: (0.25, 0.75)},
    "march": {36: (0.0, 0.5), 38: (0.0, 0.25, 0.375, 0.5, 0.75, 0.8125, 0.875)},
    "latin": {36: (0.0, 0.375, 0.5, 0.875), 75: (0.0, 0.375, 0.75), 70: (0.0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75)},
}
CHORD_PATTERNS = {
    "held": (0.0,),
    "off-beat": (0.25, 0.75),
    "strummed": (0.0, 0.25, 0.375, 0.625, 0.75),
    "eighths": (0.0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875),
    "broken": (0.0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875),
    "none": (),
}
USUAL_BPM = 112.0
LEAD_CHANNEL, CHORD_CHANNEL, BASS_CHANNEL, SECOND_CHANNEL, DRUM_CHANNEL = 0, 1, 2, 3, 9


@dataclass(frozen=True)
class MidiNote:
    """`onset` and `duration` in quarter notes; `program` is ignored on the drum channel."""

    onset: float
    duration: float
    pitch: int
    velocity: int
    channel: int
    program: int


@dataclass(frozen=True)
class Arrangement:
    """A version ready to be rendered. `key_shift`: semitones above the printed key; `tempo_bpm`: quarters a minute."""

    notes: tuple[MidiNote, ...]
    tempo_bpm: float
    key_shift: int
    lead_level_db: float


Chord = tuple[int, tuple[int, ...]]
"""Pitch class of the root, and the intervals above it."""
Accompanist = Callable[[list[Chord], float, random.Random], list[MidiNote] | None]
"""(one chord a bar, bar length in quarter notes, chance) -> band and drums; None if it cannot play such bars."""


@dataclass(frozen=True)
class Section:
    """Part of a song: its melody from onset 0, one chord a bar."""

    melody: tuple[Note, ...]
    chords: tuple[Chord, ...]


@dataclass(frozen=True)
class Song:
    """A work of several sections; `forms` are the orders in which they may be played. `mode`: major or minor."""

    title: str
    bar_length: Fraction
    key_sharps: int
    base_bpm: float
    sections: dict[str, Section]
    forms: tuple[tuple[str, ...], ...]
    mode: str = ""


def arrange(
    tune: Tune, rng: random.Random, base_bpm: float = USUAL_BPM, accompanist: Accompanist | None = None
) -> Arrangement:
    """Draw one version of a tune. Without an `accompanist`, the band plays by the patterns of this module."""
    key_shift = rng.randint(-6, 5)
    tempo_bpm = base_bpm * 2.0 ** rng.uniform(-0.5, 0.5)
    lead_level_db = rng.uniform(-7.0, 8.0)
    bar = float(tune.bar_length)
    melody = rounds(tune, tempo_bpm, rng)
    intro = bar * rng.choice((0, 0, 1, 2, 4))
    bars = int(float(melody[-1].onset + melody[-1].duration) / bar + 0.999)
    chords = harmonise(melody, tune.key_sharps, bar, bars, rng)
    notes = _played(melody, chords, bar, key_shift, intro, rng, accompanist)
    return Arrangement(tuple(notes), tempo_bpm, key_shift, lead_level_db)


def arrange_song(song: Song, rng: random.Random, accompanist: Accompanist | None = None) -> Arrangement:
    """Draw one version of a song: a form, other chords here and there, 45 to 100 seconds of it."""
    key_shift = rng.randint(-6, 5)
    tempo_bpm = song.base_bpm * 2.0 ** rng.uniform(-0.5, 0.5)
    lead_level_db = rng.uniform(-7.0, 8.0)
    bar = float(song.bar_length)
    wanted = rng.uniform(45.0, 100.0) * tempo_bpm / 60.0
    other_chords = rng.choice((0.0, 0.0, 0.1, 0.25))
    melody: list[Note] = []
    chords: list[Chord] = []
    for name in rng.choice(song.forms):
        start = song.bar_length * len(chords)
        if start and float(start) >= wanted:
            break
        section = song.sections[name]
        melody += [Note(start + note.onset, note.duration, note.pitch) for note in section.melody]
        chords += [_substitute(chord, rng) if rng.random() < other_chords else chord for chord in section.chords]
    intro = bar * rng.choice((0, 0, 1, 2, 4))
    notes = _played(melody, chords, bar, key_shift, intro, rng, accompanist)
    return Arrangement(tuple(notes), tempo_bpm, key_shift, lead_level_db)


def _substitute(chord: Chord, rng: random.Random) -> Chord:
    """Another chord that shares two tones: the relative one, or the same with a seventh or without."""
    root, intervals = chord
    if rng.random() < 0.5:
        minor = intervals[1] == 3
        return (root + (3 if minor else 9)) % 12, QUALITIES["" if minor else "m"]
    if len(intervals) > 3:
        return root, intervals[:3]
    return root, (*intervals, 10)


def _played(
    melody: list[Note],
    chords: list[Chord],
    bar: float,
    key_shift: int,
    intro: float,
    rng: random.Random,
    accompanist: Accompanist | None,
) -> list[MidiNote]:
    """Melody, and in most versions a band, in most of these drums."""
    notes = _lead(melody, key_shift, intro, rng)
    if rng.random() <= 0.08:
        return notes
    introduction = [chords[0]] * round(intro / bar) if bar else []
    transposed = [((root + key_shift) % 12, intervals) for root, intervals in [*introduction, *chords]]
    accompaniment = accompanist(transposed, bar, rng) if accompanist is not None else None
    if accompaniment is None:
        accompaniment = _band(chords, bar, key_shift, intro, rng)
        if rng.random() > 0.2:
            accompaniment += _drums(len(chords), bar, intro, rng)
    elif rng.random() < 0.2:
        accompaniment = [note for note in accompaniment if note.channel != DRUM_CHANNEL]
    return notes + accompaniment


def rounds(tune: Tune, tempo_bpm: float, rng: random.Random) -> list[Note]:
    """Play the tune once or more, about 45 to 75 seconds, sometimes from its second half on."""
    wanted = rng.uniform(45.0, 75.0) * tempo_bpm / 60.0
    half = tune.bar_length * round(tune.length / tune.bar_length / 2)
    parts = [0, 1] if rng.random() < 0.75 else [1, 0]
    played: list[Note] = []
    start = Fraction(0)
    while float(start) < wanted - 4.0:
        for part in parts:
            low, high = (Fraction(0), half) if part == 0 else (half, tune.length)
            played += [
                Note(start + note.onset - low, note.duration, note.pitch)
                for note in tune.notes
                if low <= note.onset < high
            ]
            start += high - low
        if tune.length <= 0:
            break
    return [note for note in played if float(note.onset) < wanted]


def harmonise(melody: list[Note], key_sharps: int, bar: float, bars: int, rng: random.Random) -> list[Chord]:
    """One triad (root pitch class, intervals) per bar: best path through diatonic chords, scores blurred by chance."""
    tonic = (7 * key_sharps) % 12
    degrees = [(0, ""), (2, "m"), (4, "m"), (5, ""), (7, ""), (9, "m"), (7, "7"), (2, "m7")]
    weights = [[0.0] * 12 for _ in range(bars)]
    for note in melody:
        index = min(bars - 1, int(float(note.onset) / bar))
        strong = 1.5 if float(note.onset) % bar < 1e-6 else 1.0
        weights[index][note.pitch % 12] += float(note.duration) * strong
    best: list[tuple[float, list[int]]] = []
    for index in range(bars):
        fits = []
        for degree, quality in degrees:
            tones = {(tonic + degree + interval) % 12 for interval in QUALITIES[quality]}
            inside = sum(weights[index][tone] for tone in tones) + 0.6 * weights[index][(tonic + degree) % 12]
            fits.append(inside / (sum(weights[index]) + 1e-6) - 0.05 * len(tones) + rng.gauss(0.0, 0.12))
        if not best:
            best = [(fit, [chord]) for chord, fit in enumerate(fits)]
            continue
        best = [
            max(
                ((score + fit - (0.12 if path[-1] == chord else 0.0), [*path, chord]) for score, path in best),
                key=lambda item: item[0],
            )
            for chord, fit in enumerate(fits)
        ]
    path = max(best, key=lambda item: item[0])[1]
    return [((tonic + degrees[chord][0]) % 12, QUALITIES[degrees[chord][1]]) for chord in path]


def _lead(melody: list[Note], key_shift: int, intro: float, rng: random.Random) -> list[MidiNote]:
    program, octave = rng.choice(LEADS), rng.choice((-12, 0, 0, 0, 12))
    dropped, ornamented = rng.uniform(0.0, 0.08), rng.uniform(0.0, 0.1)
    swing, legato = rng.choice((0.0, 0.0, 0.0, 0.08, 0.16)), rng.uniform(0.6, 1.0)
    thirds = rng.random() < 0.15
    notes: list[MidiNote] = []
    for note in melody:
        if rng.random() < dropped:
            continue
        onset, duration = float(note.onset), float(note.duration)
        if abs(onset % 1.0 - 0.5) < 0.01:
            onset += swing
        pitch = note.pitch + key_shift + octave
        start = max(0.0, intro + onset + rng.gauss(0.0, 0.012))
        velocity = max(40, min(120, round(rng.gauss(92, 8))))
        if duration >= 0.5 and rng.random() < ornamented:
            notes.append(MidiNote(start, 0.12, pitch + 2, velocity - 10, LEAD_CHANNEL, program))
            start, duration = start + 0.12, duration - 0.12
        notes.append(MidiNote(start, max(0.05, duration * legato), pitch, velocity, LEAD_CHANNEL, program))
        if thirds:
            notes.append(
                MidiNote(start, max(0.05, duration * legato), pitch - 4, velocity - 18, SECOND_CHANNEL, program)
            )
    return notes


def _band(chords: list[Chord], bar: float, key_shift: int, intro: float, rng: random.Random) -> list[MidiNote]:
    chorder, bass = rng.choice(CHORDERS), rng.choice(BASSES)
    pattern = rng.choice(list(CHORD_PATTERNS))
    bass_beats = rng.choice(((0.0,), (0.0, 0.5), (0.0, 0.25, 0.5, 0.75), (0.0, 0.375, 0.5)))
    notes: list[MidiNote] = []
    introduction = [chords[0]] * round(intro / bar) if bar else []
    for index, (root, intervals) in enumerate([*introduction, *chords]):
        start = index * bar
        tones = sorted(48 + (root + key_shift + interval) % 12 for interval in intervals)
        onsets = CHORD_PATTERNS[pattern]
        for step, onset in enumerate(onsets):
            length = (onsets[step + 1] if step + 1 < len(onsets) else 1.0) - onset
            chosen = [tones[step % len(tones)]] if pattern == "broken" else tones
            notes += [
                MidiNote(start + onset * bar, length * bar * 0.9, tone + 12, 66, CHORD_CHANNEL, chorder)
                for tone in chosen
            ]
        for step, onset in enumerate(bass_beats):
            interval = intervals[2] if step % 2 and len(bass_beats) > 1 else 0
            pitch = 36 + (root + key_shift) % 12 + (interval if interval < 7 else interval - 12)
            notes.append(MidiNote(start + onset * bar, 0.4 * bar, pitch, 84, BASS_CHANNEL, bass))
    return notes


def _drums(bars: int, bar: float, intro: float, rng: random.Random) -> list[MidiNote]:
    pattern = DRUM_PATTERNS[rng.choice(list(DRUM_PATTERNS))]
    first = round(intro / bar) if rng.random() < 0.5 else 0
    return [
        MidiNote((index + onset) * bar, 0.1, drum, rng.randint(60, 90), DRUM_CHANNEL, 0)
        for index in range(first, bars + round(intro / bar))
        for drum, onsets in pattern.items()
        for onset in onsets
    ]
