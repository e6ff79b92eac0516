"""Draw who plays a lead sheet and write their parts: a soloist, a duo, a chamber group, a band, drums alone."""

from __future__ import annotations

import random
from dataclasses import dataclass

from pemr.instruments import KIT_NOTES, Sound, sound_of_drum_note, sound_of_program
from pemr.rendering.accompaniment import MmaBand
from pemr.rendering.arrange import CHORD_PATTERNS, DRUM_CHANNEL, DRUM_PATTERNS, MidiNote
from pemr.truth.lead_sheets import LeadSheet
from pemr.truth.players import (
    ALONE_WITH_CHORDS,
    BASS_PLAYERS,
    CHORD_PLAYERS,
    Casts,
    in_range,
    range_of,
)

KINDS = {"solo": 0.26, "duo": 0.14, "ensemble": 0.2, "band": 0.36, "drums": 0.04}
"""How often what plays; of bands most play a style of MMA, if there is one for their metre."""
STYLED = 0.75
DRUMLESS = 0.15
RHYTHMS = ((0.0,), (0.0, 0.5), (0.0, 0.25, 0.5, 0.75), (0.0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875))
PATTERN_STYLES = {"march": "march", "brushes": "swing"}
"""Drum patterns that vouch for a style."""
ELECTRONIC = 0.2
SYNTHS, PADS, SYNTH_BASSES = (80, 81, 84, 87, 90, 62), (88, 89, 90, 92, 94, 95, 50), (38, 39)


@dataclass(frozen=True)
class Part:
    """What one player plays. `role`: lead, second, chords, bass, drums, percussion or band. Notes in quarter notes."""

    role: str
    program: int
    sound: Sound
    is_drums: bool
    notes: tuple[MidiNote, ...]


@dataclass(frozen=True)
class Performance:
    """Who plays: `kind` of group, its name, the styles vouched for: None if nobody can say, empty if its groove can."""

    kind: str
    band: str
    styles: tuple[str, ...] | None
    parts: tuple[Part, ...]


def perform(
    sheet: LeadSheet, casts: Casts, mma: MmaBand | None, rng: random.Random, kind: str | None = None
) -> Performance:
    """Draw a group, or take this kind, and let it play."""
    kind = kind or rng.choices(list(KINDS), list(KINDS.values()))[0]
    if kind == "solo":
        return _solo(sheet, casts, rng)
    if kind == "duo":
        return _duo(sheet, casts, rng)
    if kind == "ensemble":
        return _ensemble(sheet, casts, rng)
    if kind == "drums":
        name = rng.choice(list(DRUM_PATTERNS))
        return Performance("drums", f"patterns:{name}", None, tuple(_drum_parts(_pattern_drums(sheet, name, rng))))
    return _band(sheet, casts, mma, rng)


def _solo(sheet: LeadSheet, casts: Casts, rng: random.Random) -> Performance:
    program = casts.lead(rng)
    parts = [_melody(sheet, program, "lead", rng)]
    if program in ALONE_WITH_CHORDS and rng.random() < 0.85:
        parts.append(_chords(sheet, program, rng))
    return Performance("solo", "solo", None, tuple(parts))


def _duo(sheet: LeadSheet, casts: Casts, rng: random.Random) -> Performance:
    lead = _melody(sheet, casts.lead(rng), "lead", rng)
    draw = rng.random()
    if draw < 0.6:
        second = _chords(sheet, casts.one_of(CHORD_PLAYERS, rng), rng)
    elif draw < 0.8:
        second = _inner(sheet, casts.lead(rng), 1, rng)
    else:
        second = _bass(sheet, casts.one_of(BASS_PLAYERS, rng), rng)
    return Performance("duo", "duo", None, (lead, second))


def _ensemble(sheet: LeadSheet, casts: Casts, rng: random.Random) -> Performance:
    name, programs = casts.ensemble(rng)
    parts = [_melody(sheet, programs[0], "lead", rng)]
    for place, program in enumerate(programs[1:], start=1):
        if program in ALONE_WITH_CHORDS:
            parts.append(_chords(sheet, program, rng))
        elif place == len(programs) - 1:
            parts.append(_bass(sheet, program, rng))
        else:
            parts.append(_inner(sheet, program, place, rng))
    if "orchestra" in name and 47 in casts.available and rng.random() < 0.5:
        parts.append(_bass(sheet, 47, rng))
    return Performance("ensemble", name, None, tuple(parts))


def _band(sheet: LeadSheet, casts: Casts, mma: MmaBand | None, rng: random.Random) -> Performance:
    lead = [] if rng.random() < 0.12 else [_melody(sheet, casts.lead(rng), "lead", rng)]
    if mma is not None and rng.random() < STYLED:
        played = mma(list(sheet.chords), sheet.bar, rng)
        if played is not None:
            return Performance("band", mma.groove, (), (*lead, *_styled(played, casts, rng)))
    name = rng.choice(list(DRUM_PATTERNS))
    electronic = rng.random() < ELECTRONIC
    if electronic:
        lead = [_melody(sheet, casts.one_of(SYNTHS, rng), "lead", rng)]
    chords = _chords(sheet, casts.one_of(PADS if electronic else CHORD_PLAYERS, rng), rng)
    bass = _bass(sheet, casts.one_of(SYNTH_BASSES if electronic else BASS_PLAYERS, rng), rng)
    drums = [] if rng.random() < DRUMLESS else _drum_parts(_pattern_drums(sheet, name, rng))
    style = PATTERN_STYLES.get(name) if drums else None
    return Performance("band", f"patterns:{name}", None if style is None else (style,), (*lead, chords, bass, *drums))


def _styled(played: list[MidiNote], casts: Casts, rng: random.Random) -> list[Part]:
    """The parts of a band that MMA played; a program that the font lacks is replaced by one of the same words."""
    parts = (
        [] if rng.random() < DRUMLESS / 2 else _drum_parts([note for note in played if note.channel == DRUM_CHANNEL])
    )
    by_program: dict[int, list[MidiNote]] = {}
    for note in played:
        if note.channel != DRUM_CHANNEL:
            by_program.setdefault(note.program, []).append(note)
    for program, notes in sorted(by_program.items()):
        there = casts.instead(program)
        if there is not None:
            parts.append(Part("band", there, sound_of_program(there), False, tuple(notes)))
    return parts


def _melody(sheet: LeadSheet, program: int, role: str, rng: random.Random) -> Part:
    """The melody with small liberties, in the range of the instrument."""
    shift = in_range([note.pitch for note in sheet.melody], program)
    legato, swing, dropped = rng.uniform(0.65, 1.0), rng.choice((0.0, 0.0, 0.08, 0.16)), rng.uniform(0.0, 0.06)
    notes = []
    for note in sheet.melody:
        if rng.random() < dropped:
            continue
        onset = float(note.onset) + (swing if abs(float(note.onset) % 1.0 - 0.5) < 0.01 else 0.0)
        start = max(0.0, onset + rng.gauss(0.0, 0.012))
        velocity = max(40, min(125, round(rng.gauss(92, 9))))
        notes.append(
            MidiNote(start, max(0.08, float(note.duration) * legato), note.pitch + shift, velocity, 0, program)
        )
    return Part(role, program, sound_of_program(program), False, tuple(notes))


def _chords(sheet: LeadSheet, program: int, rng: random.Random) -> Part:
    """Chords in one of the usual patterns, in the middle of the keyboard."""
    pattern = rng.choice([name for name in CHORD_PATTERNS if name != "none"])
    onsets = CHORD_PATTERNS[pattern]
    base = rng.choice((48, 48, 55, 60))
    notes = []
    for index, (root, intervals) in enumerate(sheet.chords):
        tones = sorted(base + (root + interval - base) % 12 for interval in intervals)
        for step, onset in enumerate(onsets):
            length = ((onsets[step + 1] if step + 1 < len(onsets) else 1.0) - onset) * sheet.bar
            chosen = [tones[step % len(tones)]] if pattern == "broken" else tones
            velocity = max(35, min(110, round(rng.gauss(68, 6))))
            notes += [
                MidiNote(
                    (index + onset) * sheet.bar + abs(rng.gauss(0.0, 0.008)), length * 0.92, tone, velocity, 0, program
                )
                for tone in chosen
            ]
    return Part("chords", program, sound_of_program(program), False, tuple(notes))


def _bass(sheet: LeadSheet, program: int, rng: random.Random) -> Part:
    """Roots, and fifths on the way, in the lower half of the range."""
    onsets, low = rng.choice(RHYTHMS[:3]), range_of(program)[0] + 2
    notes = []
    for index, (root, intervals) in enumerate(sheet.chords):
        for step, onset in enumerate(onsets):
            interval = intervals[2] if step % 2 else 0
            pitch = low + (root + interval - low) % 12
            length = sheet.bar / len(onsets) * rng.uniform(0.7, 0.95)
            notes.append(MidiNote((index + onset) * sheet.bar, length, pitch, rng.randint(72, 96), 0, program))
    return Part("bass", program, sound_of_program(program), False, tuple(notes))


def _inner(sheet: LeadSheet, program: int, place: int, rng: random.Random) -> Part:
    """A middle voice: tones of the chord nearest to where it was, in a rhythm of its own."""
    onsets = rng.choice(RHYTHMS[:3] if place else RHYTHMS)
    low, high = range_of(program)
    pitch = (low + high) // 2 + rng.randint(-3, 3)
    notes = []
    for index, (root, intervals) in enumerate(sheet.chords):
        tones = [tone for tone in range(low, high + 1) if (tone - root) % 12 in intervals]
        for step, onset in enumerate(onsets):
            near = sorted(tones, key=lambda tone: abs(tone - pitch))[:3]
            pitch = near[0] if step == 0 or len(near) < 2 else rng.choice(near)
            length = sheet.bar / len(onsets) * rng.uniform(0.8, 1.0)
            start = (index + onset) * sheet.bar + abs(rng.gauss(0.0, 0.01))
            notes.append(MidiNote(start, length, pitch, rng.randint(66, 92), 0, program))
    return Part("second", program, sound_of_program(program), False, tuple(notes))


def _pattern_drums(sheet: LeadSheet, name: str, rng: random.Random) -> list[MidiNote]:
    pattern = DRUM_PATTERNS[name]
    return [
        MidiNote((index + onset) * sheet.bar, 0.1, drum, rng.randint(62, 100), DRUM_CHANNEL, 0)
        for index in range(len(sheet.chords))
        for drum, onsets in pattern.items()
        for onset in onsets
        if rng.random() > 0.02
    ]


def _drum_parts(notes: list[MidiNote]) -> list[Part]:
    """The kit and the hand percussion, apart: a person hears two players."""
    kit = [note for note in notes if note.pitch in KIT_NOTES]
    other = [note for note in notes if note.pitch not in KIT_NOTES]
    return [
        Part(role, 0, sound_of_drum_note(some[0].pitch), True, tuple(some))
        for role, some in (("drums", kit), ("percussion", other))
        if some
    ]
