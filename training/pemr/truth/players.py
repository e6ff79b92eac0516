"""Which General MIDI programs take which part, how high they play, and which groups play together."""

from __future__ import annotations

import random
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from pemr.instruments import sound_of_program

LEADS: dict[str, tuple[int, ...]] = {
    "piano": (0, 0, 1, 2, 3), "electric piano": (4, 5), "harpsichord": (6,), "organ": (16, 17, 18, 19, 20),
    "accordion": (21, 23), "harmonica": (22,), "acoustic guitar": (24, 25), "electric guitar": (26, 27),
    "distorted guitar": (29, 30), "violin": (40, 110), "viola": (41,), "cello": (42,), "double bass": (43,),
    "strings": (48, 49, 45), "harp": (46,), "trumpet": (56, 59), "trombone": (57,), "tuba": (58,),
    "french horn": (60,), "brass": (61,), "saxophone": (64, 65, 66, 67), "oboe": (68, 69), "bassoon": (70,),
    "clarinet": (71,), "flute": (73, 73, 72), "recorder": (74,), "whistle": (75, 77, 78, 79), "choir": (52, 53),
    "synthesizer": (80, 81, 82, 83, 84, 87, 90, 54, 62, 50), "vibraphone": (11,), "marimba": (12,), "xylophone": (13,),
    "glockenspiel": (9, 8, 10, 14), "steel drums": (114,), "banjo": (105,), "dulcimer": (15,), "sitar": (104,),
    "koto": (107, 106, 108), "bagpipe": (109,),
}  # fmt: skip
"""Those who lead; a name is drawn first, then one of its programs, so that rare instruments are not rare here."""
CHORD_PLAYERS = (0, 0, 1, 4, 5, 6, 7, 16, 18, 19, 21, 24, 24, 25, 25, 26, 27, 46, 48, 11, 50, 88, 89)
BASS_PLAYERS = (32, 32, 33, 33, 34, 35, 36, 38, 43, 58)
ALONE_WITH_CHORDS = frozenset(
    [0, 1, 2, 3, 4, 5, 6, 16, 17, 18, 19, 20, 21, 23, 24, 25, 26, 27, 46, 11, 12, 15, 104, 107, 8]
)
"""Programs that one player can play melody and chords on at once."""
RANGES: dict[int, tuple[int, int]] = {
    9: (72, 96), 13: (65, 96), 24: (45, 79), 25: (45, 79), 26: (45, 79), 27: (45, 79), 29: (45, 79), 30: (45, 79),
    40: (60, 88), 41: (52, 79), 42: (40, 67), 43: (30, 52), 48: (48, 84), 56: (58, 82), 57: (43, 70), 58: (29, 53),
    59: (58, 82), 60: (45, 72), 61: (48, 78), 64: (60, 84), 65: (53, 78), 66: (48, 72), 67: (41, 64), 68: (60, 86),
    69: (54, 79), 70: (38, 64), 71: (53, 84), 72: (79, 103), 73: (62, 91), 74: (67, 91), 52: (48, 79), 53: (48, 79),
    110: (60, 84), 105: (50, 79), 109: (60, 79), 32: (28, 50), 33: (28, 50), 34: (28, 50), 35: (28, 50), 36: (28, 50),
    38: (28, 50), 39: (28, 50),
}  # fmt: skip
USUAL_RANGE = (50, 84)
ENSEMBLES: dict[str, tuple[int, ...]] = {
    "string quartet": (40, 40, 41, 42), "string orchestra": (48, 48, 48, 43), "brass quintet": (56, 56, 60, 57, 58),
    "wind quintet": (73, 68, 71, 60, 70), "saxophone quartet": (64, 65, 66, 67), "choir": (52, 52, 53, 52),
    "recorder consort": (74, 74, 74, 74), "guitar trio": (24, 24, 25), "brass band": (56, 61, 57, 58),
    "piano trio": (40, 0, 42), "piano quintet": (40, 40, 41, 42, 0), "clarinet trio": (71, 0, 42),
    "flute and strings": (73, 40, 41, 42), "orchestra": (48, 73, 60, 61, 48, 43),
    "orchestra with harp": (48, 46, 68, 70, 43),
    "mallets": (11, 12, 12), "church": (52, 19, 52), "consort with harpsichord": (40, 74, 6, 42),
    "accordion duo with bass": (21, 23, 32), "horns": (60, 60, 60, 57), "clarinet choir": (71, 71, 71, 71),
    "string trio with guitar": (40, 41, 42, 24), "trombones": (57, 57, 57, 58), "oboe and bassoon": (68, 71, 70),
    "electric guitars": (27, 27, 33), "organ and brass": (56, 57, 19), "plucked": (105, 25, 32),
}  # fmt: skip


def range_of(program: int) -> tuple[int, int]:
    """Lowest and highest pitch that a program's notes are moved into."""
    return RANGES.get(program, USUAL_RANGE)


def in_range(pitches: list[int], program: int) -> int:
    """By how much to transpose so that most pitches lie in a program's range: whole octaves."""
    low, high = range_of(program)
    middle = sorted(pitches)[len(pitches) // 2]
    return 12 * round(((low + high) / 2 - middle) / 12)


@dataclass(frozen=True)
class Casts:
    """Draws players among the programs that a soundfont has."""

    available: frozenset[int]

    def one_of(self, programs: Collection[int], rng: random.Random) -> int:
        """One that the font has; if it has none of them, any that plays chords."""
        here = [program for program in programs if program in self.available]
        return rng.choice(here or [program for program in CHORD_PLAYERS if program in self.available])

    def lead(self, rng: random.Random) -> int:
        """A name first, then one of its programs."""
        names = [name for name, programs in LEADS.items() if set(programs) & self.available]
        return self.one_of(LEADS[rng.choice(names)], rng)

    def ensemble(self, rng: random.Random) -> tuple[str, tuple[int, ...]]:
        """A group all of whose players the font has."""
        names = [name for name, programs in ENSEMBLES.items() if set(programs) <= self.available]
        name = rng.choice(names)
        return name, ENSEMBLES[name]

    def instead(self, program: int) -> int | None:
        """The program itself, else one of the same words; None if the font has none."""
        if program in self.available:
            return program
        words = set(sound_of_program(program).words)
        nearest = sorted(
            self.available, key=lambda other: (-len(words & set(sound_of_program(other).words)), abs(other - program))
        )
        return nearest[0] if nearest and words & set(sound_of_program(nearest[0]).words) else None


def forces_of(parts: int) -> Literal["solo", "duo", "ensemble"]:
    """How many play, in a word."""
    return "solo" if parts == 1 else "duo" if parts == 2 else "ensemble"
