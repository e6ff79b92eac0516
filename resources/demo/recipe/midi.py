"""Writes a standard MIDI file of several tracks, played as people do: never quite on the beat, never equally loud."""

from __future__ import annotations

import random
import struct
from dataclasses import dataclass
from pathlib import Path

from recipe.players import Sounding

TICKS = 480  # a quarter note
DRUM_CHANNEL = 9


@dataclass(frozen=True)
class Track:
    """A player: General MIDI program, place in the stereo picture (0 left, 64 middle, 127 right), level, echo."""

    program: int
    notes: list[Sounding]
    volume: int = 96
    pan: int = 64
    reverb: int = 48
    drums: bool = False
    loose_s: float = 0.006  # how far from the beat, one standard deviation


def write_midi(path: Path, tracks: list[Track], quarters_per_minute: float, seed: int) -> None:
    """One chunk for the tempo, one for each track; the same seed gives the same bytes."""
    draw = random.Random(seed)
    free = [channel for channel in range(16) if channel != DRUM_CHANNEL]
    tempo = round(60_000_000 / quarters_per_minute)
    chunks = [_chunk([(0, b"\xff\x51\x03" + tempo.to_bytes(3, "big"))])]
    for track in tracks:
        channel = DRUM_CHANNEL if track.drums else free.pop(0)
        chunks.append(_chunk(_events(track, channel, quarters_per_minute, draw)))
    path.write_bytes(b"MThd" + struct.pack(">IHHH", 6, 1, len(chunks), TICKS) + b"".join(chunks))


def _events(track: Track, channel: int, quarters_per_minute: float, draw: random.Random) -> list[tuple[int, bytes]]:
    control = bytes([0xB0 | channel])
    events = [
        (0, bytes([0xC0 | channel, track.program])),
        (0, control + bytes([7, track.volume])),
        (0, control + bytes([10, track.pan])),
        (0, control + bytes([91, track.reverb])),
    ]
    loose = track.loose_s * quarters_per_minute / 60
    for note in sorted(track.notes, key=lambda note: (note.start, note.pitch)):
        start = max(0, round((note.start + draw.gauss(0, loose)) * TICKS))
        end = max(start + 10, round((note.start + note.length) * TICKS))
        velocity = min(127, max(1, note.velocity + draw.randint(-4, 4)))
        events.append((start, bytes([0x90 | channel, note.pitch, velocity])))
        events.append((end, bytes([0x80 | channel, note.pitch, 0])))
    return sorted(events, key=lambda event: (event[0], event[1][0] & 0xF0 == 0x90))


def _chunk(events: list[tuple[int, bytes]]) -> bytes:
    body = b""
    now = 0
    for time, message in [*events, (events[-1][0], b"\xff\x2f\x00")]:
        body += _variable_length(time - now) + message
        now = time
    return b"MTrk" + struct.pack(">I", len(body)) + body


def _variable_length(value: int) -> bytes:
    groups = [value & 0x7F]
    while value := value >> 7:
        groups.append(0x80 | (value & 0x7F))
    return bytes(reversed(groups))
