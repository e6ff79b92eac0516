"""How long MPEG audio of a changing bit rate is, where no header says it: its frames are counted."""

from __future__ import annotations

from typing import BinaryIO

from pemr_desktop.tagfiles.containers.mpeg_frames import HEADER, RATES, begins_with_frames, frame_length

LENGTH_MARKS = (b"Xing", b"Info", b"VBRI")
SAMPLED_PLACES = 24
SAMPLE_BYTES = 8192
BLOCK_BYTES = 1 << 20
MAX_RESYNCS = 64
"""So often the thread of frames may be lost in a file before nothing is said of its length."""


def counted_length_s(file: BinaryIO, start: int, end: int) -> float | None:
    """Seconds of the frames in bytes [start, end), if their bit rate changes; None where a header or one rate tells.

    A few places are looked at first, so that a file of one bit rate is not read as a whole.
    """
    file.seek(start)
    if any(mark in file.read(SAMPLE_BYTES)[:512] for mark in LENGTH_MARKS) or not _changes_rate(file, start, end):
        return None
    return _counted_s(file, start, end)


def _changes_rate(file: BinaryIO, start: int, end: int) -> bool:
    rates: set[int] = set()
    for number in range(SAMPLED_PLACES):
        file.seek(start + (end - start) * number // SAMPLED_PLACES)
        data = file.read(SAMPLE_BYTES)
        position = _next_frame(data, 0)
        if position is not None:
            rates.add(data[position + 2] >> 4)
    return len(rates - {0}) > 1


def _next_frame(data: bytes, start: int) -> int | None:
    """The first place from there on at which two frames follow each other."""
    position = data.find(b"\xff", start)
    while position >= 0:
        if begins_with_frames(data, position, is_whole=False):
            return position
        position = data.find(b"\xff", position + 1)
    return None


def _counted_s(file: BinaryIO, start: int, end: int) -> float | None:
    seconds, position, lost = 0.0, start, 0
    while position < end:
        file.seek(position)
        data = file.read(min(BLOCK_BYTES, end - position))
        offset = 0
        while len(header := data[offset : offset + HEADER]) == HEADER:
            length = frame_length(header)
            if length:
                seconds += _seconds(header)
                offset += length
                continue
            found = _next_frame(data, offset + 1)
            lost += 1
            if lost > MAX_RESYNCS:
                return None
            offset = len(data) if found is None else found
        if offset == 0:
            break
        position += offset
    return seconds or None


def _seconds(header: bytes) -> float:
    version, layer = header[1] >> 3 & 3, 4 - (header[1] >> 1 & 3)
    samples = 384 if layer == 1 else 576 if layer == 3 and version != 3 else 1152
    return samples / RATES[version][header[2] >> 2 & 3]
