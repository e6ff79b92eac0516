"""Arrangements as standard MIDI files: written for a synthesiser, and read from a program that plays accompaniments."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from pemr.errors import CorpusError
from pemr.rendering.arrange import DRUM_CHANNEL, LEAD_CHANNEL, SECOND_CHANNEL, Arrangement, MidiNote

TICKS_PER_QUARTER = 480
MIDI_DRUM_CHANNEL = 9
FREE_CHANNELS = [channel for channel in range(16) if channel not in (LEAD_CHANNEL, SECOND_CHANNEL, DRUM_CHANNEL)]


def midi_bytes(arrangement: Arrangement) -> bytes:
    """A standard MIDI file of one track."""
    events: list[tuple[int, int, bytes]] = [
        (0, 0, b"\xff\x51\x03" + round(60_000_000 / arrangement.tempo_bpm).to_bytes(3, "big"))
    ]
    for channel in sorted({note.channel for note in arrangement.notes}):
        program = next(note.program for note in arrangement.notes if note.channel == channel)
        lead = channel in (LEAD_CHANNEL, SECOND_CHANNEL)
        level_db = arrangement.lead_level_db if lead else 0.0
        volume = max(1, min(127, round(70 * 10 ** (level_db / 40))))  # MIDI volume is squared by the synthesiser
        events.append((0, 1, bytes((0xB0 | channel, 7, volume))))
        if channel != DRUM_CHANNEL:
            events.append((0, 1, bytes((0xC0 | channel, program))))
    for note in arrangement.notes:
        pitch, velocity = max(0, min(127, note.pitch)), max(1, min(127, note.velocity))
        start, end = round(note.onset * TICKS_PER_QUARTER), round((note.onset + note.duration) * TICKS_PER_QUARTER)
        events.append((start, 3, bytes((0x90 | note.channel, pitch, velocity))))
        events.append((max(end, start + 1), 2, bytes((0x80 | note.channel, pitch, 0))))
    track = bytearray()
    now = 0
    for tick, _, message in sorted(events):
        track += _written_length(tick - now) + message
        now = tick
    track += b"\x00\xff\x2f\x00"
    return (
        b"MThd"
        + struct.pack(">IHHH", 6, 0, 1, TICKS_PER_QUARTER)
        + b"MTrk"
        + struct.pack(">I", len(track))
        + bytes(track)
    )


def _written_length(value: int) -> bytes:
    parts = [value & 0x7F]
    while value := value >> 7:
        parts.append(0x80 | value & 0x7F)
    return bytes(reversed(parts))


def read_midi(data: bytes) -> list[MidiNote]:
    """Notes of a standard MIDI file; channels are those of `arrange`, the drums apart. Raises `CorpusError`."""
    if data[:4] != b"MThd" or len(data) < 14:
        raise CorpusError("This is not a standard MIDI file.")
    _, _, ticks = struct.unpack(">HHH", data[8:14])
    notes: list[MidiNote] = []
    channels: dict[int, int] = {}
    offset = 14
    while offset + 8 <= len(data):
        (length,) = struct.unpack(">I", data[offset + 4 : offset + 8])
        if data[offset : offset + 4] == b"MTrk":
            notes += _track_notes(data[offset + 8 : offset + 8 + length], ticks, channels)
        offset += 8 + length
    return sorted(notes, key=lambda note: (note.onset, note.channel, note.pitch))


def _track_notes(track: bytes, ticks: int, channels: dict[int, int]) -> Iterator[MidiNote]:
    program = [0] * 16
    sounding: dict[tuple[int, int], tuple[int, int]] = {}
    offset = now = status = 0
    while offset < len(track):
        delta, offset = _read_length(track, offset)
        now += delta
        if track[offset] & 0x80:
            status = track[offset]
            offset += 1
        kind, channel = status & 0xF0, status & 0x0F
        if status in (0xFF, 0xF0, 0xF7):
            offset += status == 0xFF
            length, offset = _read_length(track, offset)
            offset += length
            continue
        first = track[offset]
        second = track[offset + 1] if kind not in (0xC0, 0xD0) and offset + 1 < len(track) else 0
        offset += 1 if kind in (0xC0, 0xD0) else 2
        if kind == 0xC0:
            program[channel] = first
        elif kind in (0x80, 0x90) and (channel, first) in sounding:
            start, velocity = sounding.pop((channel, first))
            yield MidiNote(
                start / ticks,
                max(now - start, 1) / ticks,
                first,
                velocity,
                _channel(channel, channels),
                program[channel],
            )
        if kind == 0x90 and second:
            sounding[(channel, first)] = (now, second)


def _channel(channel: int, channels: dict[int, int]) -> int:
    """One of ours for one of the file's; the drums stay, the lead's are kept free."""
    if channel == MIDI_DRUM_CHANNEL:
        return DRUM_CHANNEL
    if channel not in channels:
        channels[channel] = FREE_CHANNELS[len(channels) % len(FREE_CHANNELS)]
    return channels[channel]


def _read_length(data: bytes, offset: int) -> tuple[int, int]:
    value = 0
    while True:
        value = value << 7 | data[offset] & 0x7F
        offset += 1
        if not data[offset - 1] & 0x80:
            return value, offset
