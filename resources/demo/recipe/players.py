"""What each player of the band makes of a melody and its chords. Times and lengths in quarter notes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from recipe.abc import Chord, Note


@dataclass(frozen=True)
class Sounding:
    """A note as it is played."""

    start: float
    length: float
    pitch: int
    velocity: int


@dataclass(frozen=True)
class Score:
    """What everybody reads: melody and chords on one time line, already in the key of the arrangement."""

    melody: tuple[Note, ...]
    chords: tuple[Chord, ...]
    length: Fraction
    bar: Fraction
    compound: bool
    scale: frozenset[int]  # pitch classes
    melody_from: Fraction  # where the introduction ends

    @property
    def pulse(self) -> float:
        """From one foot-tap to the next: a quarter, in 6/8 a dotted quarter."""
        return 1.5 if self.compound else 1.0

    def pulses(self, start: float = 0.0) -> Iterator[tuple[int, float, Chord]]:
        """(number within the bar, time, chord) of every foot-tap."""
        count = round(float(self.bar) / self.pulse)
        for index in range(round(float(self.length) / self.pulse)):
            time = index * self.pulse
            if time >= start:
                yield index % count, time, self.chord_at(time)

    def chord_at(self, time: float) -> Chord:
        """The chord that holds at `time`."""
        return [chord for chord in self.chords if chord.start <= time + 1e-6][-1]


def tones(chord: Chord) -> tuple[int, int, int]:
    """Pitch classes of root, third and fifth."""
    return chord.root, (chord.root + (3 if chord.minor else 4)) % 12, (chord.root + 7) % 12


def near(pitch_class: int, centre: int) -> int:
    """The pitch of this class that lies nearest to `centre`."""
    return centre + (pitch_class - centre + 6) % 12 - 6


def voiced(chord: Chord, centre: int) -> list[int]:
    """The three tones as near to `centre` as they go, low to high: neighbouring chords move little."""
    return sorted(near(tone, centre) for tone in tones(chord))


def swell(time: float, score: Score) -> float:
    """-1 to 1: every four bars breathe in and out once."""
    phrase = 4 * float(score.bar)
    return math.sin(math.pi * (time % phrase) / phrase) * 2 - 1


def melody(
    score: Score, *, octave: int = 0, legato: float = 0.92, velocity: int = 96, start: float = 0.0, swing: float = 0.0
) -> list[Sounding]:
    """The tune; `swing` delays every second eighth by that part of an eighth."""
    played = []
    for note in score.melody:
        time, length = float(note.start), float(note.length)
        if time < start:
            continue
        if swing and not score.compound:
            late = 0.5 * swing
            if time % 1 == 0.5:
                time, length = time + late, length - late
            elif length == 0.5:
                length += late
        accent = 6 if time % score.pulse == 0 else 0
        loud = velocity + accent + round(5 * swell(time, score))
        played.append(Sounding(time, length * legato, note.pitch + 12 * octave, loud))
    return played


def second_voice(score: Score, *, octave: int = 0, velocity: int = 80, start: float = 0.0) -> list[Sounding]:
    """A third or fourth below the tune, within the scale and mostly within the chord."""
    played = []
    for note in score.melody:
        if note.start < start:
            continue
        chord = tones(score.chord_at(float(note.start)))
        below = [note.pitch - step for step in (3, 4, 5, 8, 9)]
        in_chord = [pitch for pitch in below if pitch % 12 in chord]
        in_scale = [pitch for pitch in below if pitch % 12 in score.scale]
        pitch = (in_chord or in_scale or below)[0]
        played.append(Sounding(float(note.start), float(note.length) * 0.9, pitch + 12 * octave, velocity))
    return played


def bass(score: Score, *, centre: int = 40, velocity: int = 88, every_pulse: bool = False) -> list[Sounding]:
    """Root on the strong foot-taps, the fifth in between."""
    played = []
    for index, time, chord in score.pulses():
        strong = index % 2 == 0 or score.compound
        if not strong and not every_pulse:
            continue
        root, _, fifth = tones(chord)
        changed = any(abs(float(other.start) - time) < 1e-6 for other in score.chords)
        tone = root if index == 0 or changed else fifth
        length = score.pulse * (0.9 if every_pulse or score.compound else 1.6)
        played.append(Sounding(time, length, near(tone, centre), velocity + (6 if index == 0 else 0)))
    return played


def octave_bass(score: Score, *, centre: int = 36, velocity: int = 92) -> list[Sounding]:
    """Eighth notes leaping between a root and its octave, as dance records do."""
    played = []
    for _, time, chord in score.pulses():
        root = near(chord.root, centre)
        steps = 3 if score.compound else 2
        for step in range(steps):
            pitch = root + (12 if step % 2 else 0)
            played.append(Sounding(time + 0.5 * step, 0.4, pitch, velocity - (10 if step else 0)))
    return played


def off_beat(score: Score, *, centre: int = 60, velocity: int = 70, strum: float = 0.0) -> list[Sounding]:
    """Chords between the strong foot-taps; `strum` quarters between one string and the next."""
    played = []
    for index, time, chord in score.pulses():
        if score.compound:
            start_s = time + 1.0
        elif index % 2:
            start_s = time
        else:
            continue
        for number, pitch in enumerate(voiced(chord, centre)):
            played.append(Sounding(start_s + number * strum, 0.4, pitch, velocity))
    return played


def strummed(score: Score, *, centre: int = 57, velocity: int = 72) -> list[Sounding]:
    """A guitar: a low string on the foot-tap, then down and up over four strings."""
    played = []
    for index, time, chord in score.pulses():
        strings = [*voiced(chord, centre), near(chord.root, centre + 12)]
        played.append(Sounding(time, 0.8, near(chord.root, centre - 14), velocity + (14 if index == 0 else 6)))
        strokes = (0.5, 1.0) if score.compound else (0.0, 0.5)
        for stroke, offset in enumerate(strokes):
            order = strings if stroke == 0 else strings[::-1]
            soft = velocity - (0 if index % 2 else 10) - 8 * stroke
            played += [Sounding(time + offset + 0.03 * n, 0.45, pitch, soft) for n, pitch in enumerate(order)]
    return played


def broken(
    score: Score, *, centre: int = 55, velocity: int = 66, order: Sequence[int] = (0, 1, 2, 1), step: float = 0.5
) -> list[Sounding]:
    """Broken chords: tone `order[i]` of root, third, fifth, octave, each ringing on."""
    played = []
    count = round(float(score.length) / step)
    for index in range(count):
        time = index * step
        chord = score.chord_at(time)
        low = voiced(chord, centre)
        ladder = [*low, low[0] + 12, low[1] + 12]
        position = round((time % float(score.bar)) / step) % len(order)
        loud = velocity + (10 if position == 0 else 0) + round(4 * swell(time, score))
        played.append(Sounding(time, step * 2.2, ladder[order[position]], loud))
    return played


def held(score: Score, *, centre: int = 60, velocity: int = 62, low: bool = False) -> list[Sounding]:
    """Each chord for as long as it lasts; `low` adds the root an octave and more below."""
    played = []
    ends = [float(chord.start) for chord in score.chords[1:]] + [float(score.length)]
    for chord, end in zip(score.chords, ends, strict=True):
        time = float(chord.start)
        pitches = voiced(chord, centre) + ([near(chord.root, centre - 20)] if low else [])
        loud = velocity + round(6 * swell(time, score))
        played += [Sounding(time, end - time - 0.02, pitch, loud) for pitch in pitches]
    return played


def inner_voice(score: Score, *, tone: int, centre: int, velocity: int = 76, march: bool = False) -> list[Sounding]:
    """One tone of every chord (0 root, 1 third, 2 fifth): held, or in march time on the light beats."""
    played = []
    for index, time, chord in score.pulses():
        pitch = near(tones(chord)[tone], centre)
        if march and index % 2 == 0:
            played.append(Sounding(time + 0.5, 0.35, pitch, velocity - 8))
        else:
            played.append(Sounding(time, 0.9 * score.pulse, pitch, velocity))
    return played


def drums(score: Score, pattern: dict[int, str], *, velocity: int = 84, fill: str = "") -> list[Sounding]:
    """`pattern`: percussion note -> one bar, a character a step: `x` accent, `o` normal, `.` rest.

    `fill` replaces the snare (38) in every eighth bar.
    """
    played = []
    for bar in range(round(float(score.length / score.bar))):
        for pitch, line in pattern.items():
            steps = fill if fill and pitch == 38 and bar % 8 == 7 else line
            step = float(score.bar) / len(steps)
            for position, mark in enumerate(steps):
                if mark != ".":
                    loud = velocity + (12 if mark == "x" else -6)
                    played.append(Sounding(float(bar * score.bar) + position * step, step * 0.9, pitch, loud))
    return played
