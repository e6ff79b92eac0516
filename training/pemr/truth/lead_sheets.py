"""Melody, chords, key, metre and tempo of a work as it is to be played once: what a band reads from."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from pemr.rendering.abc_notation import Note, Tune
from pemr.rendering.arrange import USUAL_BPM, Chord, Song, harmonise, rounds
from pemr.rendering.pop_songs import compose
from pemr.rendering.tune_list import load_tune, tune_works

NOTE_NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
MODES = {"": "major", "maj": "major", "ion": "major", "m": "minor", "min": "minor", "aeo": "minor",
         "dor": "dorian", "mix": "mixolydian", "phr": "phrygian", "lyd": "lydian", "loc": "locrian"}  # fmt: skip
COMPOUND = re.compile(r"(6|9|12)/8")
FASTEST_AND_SLOWEST = 0.6
"""Tempi lie up to so many octaves above and below the usual one."""


@dataclass(frozen=True)
class LeadSheet:
    """Onsets in quarter notes; `chords` one a bar; `bar` in quarter notes. `tonic` is a pitch class, -1: not known.

    `beat`: quarter notes a beat lasts (1.5 in 6/8); `meter` as written, empty if not known.
    """

    work: str
    melody: tuple[Note, ...]
    chords: tuple[Chord, ...]
    bar: float
    meter: str
    beat: float
    quarter_bpm: float
    tonic: int
    mode: str

    @property
    def tempo_bpm(self) -> float:
        """Beats a minute."""
        return self.quarter_bpm / self.beat

    @property
    def key(self) -> str:
        """“D dorian”; empty if not known."""
        return f"{NOTE_NAMES[self.tonic]} {self.mode}" if self.tonic >= 0 and self.mode else ""

    @property
    def duration_s(self) -> float:
        return len(self.chords) * self.bar * 60.0 / self.quarter_bpm


def sheet_of_tune(number: int, books: Path, duration_s: float, rng: random.Random) -> LeadSheet:
    """One printing of a tune, transposed, about `duration_s` of it. Raises `CorpusError` if it cannot be read."""
    tune = load_tune(books, rng.choice(tune_works()[number]))
    quarter_bpm = USUAL_BPM * 2.0 ** rng.uniform(-FASTEST_AND_SLOWEST, FASTEST_AND_SLOWEST)
    shift = rng.randint(-6, 5)
    melody = rounds(tune, quarter_bpm, rng)
    bar = float(tune.bar_length)
    bars = min(_bars(duration_s, quarter_bpm, bar), int(float(melody[-1].onset + melody[-1].duration) / bar + 0.999))
    kept = [note for note in melody if float(note.onset) < bars * bar]
    chords = harmonise(kept, tune.key_sharps, bar, bars, rng)
    tonic, mode = key_of(tune)
    return LeadSheet(
        f"tune-{number:05}",
        tuple(Note(note.onset, note.duration, note.pitch + shift) for note in kept),
        tuple(((root + shift) % 12, intervals) for root, intervals in chords),
        bar,
        tune.written_meter.replace("C|", "2/2").replace("C", "4/4"),
        1.5 if COMPOUND.fullmatch(tune.written_meter) else 1.0,
        quarter_bpm,
        (tonic + shift) % 12 if tonic >= 0 else -1,
        mode,
    )


def sheet_of_song(number: int, duration_s: float, rng: random.Random) -> LeadSheet:
    """A made song, transposed: sections in one of its forms, about `duration_s` of it."""
    song = compose(number)
    quarter_bpm = song.base_bpm * 2.0 ** rng.uniform(-FASTEST_AND_SLOWEST / 2, FASTEST_AND_SLOWEST / 2)
    shift = rng.randint(-6, 5)
    melody, chords = _sections(song, _bars(duration_s, quarter_bpm, float(song.bar_length)), rng)
    tonic = (7 * song.key_sharps + (0 if song.mode == "major" else 9)) % 12
    return LeadSheet(
        f"song-{number:05}",
        tuple(Note(note.onset, note.duration, note.pitch + shift) for note in melody),
        tuple(((root + shift) % 12, intervals) for root, intervals in chords),
        float(song.bar_length),
        f"{song.bar_length}/4",
        1.0,
        quarter_bpm,
        (tonic + shift) % 12,
        song.mode,
    )


def key_of(tune: Tune) -> tuple[int, str]:
    """Tonic as a pitch class and mode of the printed key; (-1, "") if there is none that is known."""
    match = re.match(r"([A-G])([#b]?)\s*([A-Za-z]*)", tune.written_key)
    mode = MODES.get(match[3].lower() if match[3] in ("m", "") else match[3].lower()[:3]) if match else None
    if match is None or mode is None:
        return -1, ""
    return (LETTERS[match[1]] + {"#": 1, "b": -1, "": 0}[match[2]]) % 12, mode


def _bars(duration_s: float, quarter_bpm: float, bar: float) -> int:
    return max(4, round(duration_s * quarter_bpm / 60.0 / bar))


def _sections(song: Song, bars: int, rng: random.Random) -> tuple[list[Note], list[Chord]]:
    melody: list[Note] = []
    chords: list[Chord] = []
    form = rng.choice(song.forms)
    first = rng.randrange(len(form))
    for name in form[first:] + form[:first]:
        start = song.bar_length * len(chords)
        melody += [Note(start + note.onset, note.duration, note.pitch) for note in song.sections[name].melody]
        chords += song.sections[name].chords
        if len(chords) >= bars:
            break
    end = Fraction(song.bar_length) * bars
    return [note for note in melody if note.onset < end], chords[:bars]
