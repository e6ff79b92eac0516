"""Reads the little ABC notation that tunes.abc uses: notes, lengths, accidentals, chord names, parts, pickups."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
SHARPS = "FCGDAEB"
KEYS = {"G": 1, "D": 2, "A": 3, "Em": 1, "Bm": 2}  # sharps in the signature
EIGHTH = Fraction(1, 2)
TOKEN = re.compile(
    r'"(?P<chord>[^"]+)"|(?P<accidental>[\^=]?)(?P<letter>[A-Ga-gz])(?P<length>\d*(?:/\d+)?)|(?P<bar>\|)'
)


@dataclass(frozen=True)
class Note:
    """A sounding note; times and lengths in quarter notes, pitch as a MIDI number."""

    start: Fraction
    length: Fraction
    pitch: int


@dataclass(frozen=True)
class Chord:
    """A triad from `start` on: pitch class of its root, and whether it is minor."""

    start: Fraction
    root: int
    minor: bool


@dataclass
class Part:
    """Whole bars from 0 on; the notes of the pickup have times below 0."""

    notes: list[Note] = field(default_factory=list)
    chords: list[Chord] = field(default_factory=list)
    length: Fraction = Fraction(0)


@dataclass
class Tune:
    """A tune with its parts by name; `bar` is the length of a bar in quarter notes."""

    title: str
    composer: str
    bar: Fraction
    compound: bool
    sharps: int
    parts: dict[str, Part] = field(default_factory=dict)


def read_tunes(path: Path) -> dict[str, Tune]:
    """All tunes of a file by title."""
    tunes = [_read_tune(block) for block in re.split(r"(?m)^X:", path.read_text("utf-8"))[1:]]
    return {tune.title: tune for tune in tunes}


def _read_tune(block: str) -> Tune:
    fields = dict(re.findall(r"(?m)^([TCMK]):(.*)$", block))
    compound = fields["M"] == "6/8"
    tune = Tune(
        title=fields["T"],
        composer=fields["C"],
        bar=Fraction(3) if compound else Fraction(4),
        compound=compound,
        sharps=KEYS[fields["K"]],
    )
    for name, music in re.findall(r"(?ms)^P:(\w)\n(.*?)(?=^P:|\Z)", block):
        tune.parts[name] = _read_part(music, tune)
    return tune


def _read_part(music: str, tune: Tune) -> Part:
    bars: list[tuple[list[Note], list[Chord], Fraction]] = []
    notes: list[Note] = []
    chords: list[Chord] = []
    now = Fraction(0)
    for token in TOKEN.finditer(music):
        if token["chord"]:
            name = token["chord"]
            chords.append(Chord(now, STEPS[name[0]], name.endswith("m")))
        elif token["bar"]:
            bars.append((notes, chords, now))
            notes, chords, now = [], [], Fraction(0)
        else:
            length = _length(token["length"]) * EIGHTH
            if token["letter"] != "z":
                notes.append(Note(now, length, _pitch(token["letter"], token["accidental"], tune.sharps)))
            now += length
    return _join(bars, tune)


def _join(bars: list[tuple[list[Note], list[Chord], Fraction]], tune: Tune) -> Part:
    part = Part()
    start = -bars[0][2] if bars[0][2] < tune.bar else Fraction(0)
    for notes, chords, length in bars:
        if start >= 0 and length != tune.bar:
            raise ValueError(f"{tune.title}: the bar at {start / tune.bar} lasts {length} quarters, not {tune.bar}")
        part.notes += [Note(start + note.start, note.length, note.pitch) for note in notes]
        part.chords += [Chord(start + chord.start, chord.root, chord.minor) for chord in chords]
        start += length
    part.length = start
    return part


def _length(text: str) -> Fraction:
    if not text:
        return Fraction(1)
    above, _, below = text.partition("/")
    return Fraction(int(above or 1), int(below or 1))


def _pitch(letter: str, accidental: str, sharps: int) -> int:
    pitch = 60 + STEPS[letter.upper()] + (12 if letter.islower() else 0)
    if accidental == "^" or (not accidental and letter.upper() in SHARPS[:sharps]):
        pitch += 1
    return pitch
