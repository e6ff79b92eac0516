"""Frames of MPEG audio: a file is one only where a whole frame is followed by another of the same kind."""

from __future__ import annotations

BIT_RATES = {  # kbit/s by (is MPEG-1, layer)
    (True, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
HEADER = 4
LONGEST_FREE_FRAME = 4096
SAME = (0xFF, 0xFE, 0x0C, 0x00)
"""The bits of a header that are the same in all frames: sync, version, layer and rate."""


def frame_length(header: bytes) -> int | None:
    """Bytes of the frame that begins with these four; 0 where only the next frame tells; None for no header."""
    if len(header) < HEADER or header[0] != 0xFF or header[1] & 0xE0 != 0xE0:
        return None
    version, layer = header[1] >> 3 & 3, 4 - (header[1] >> 1 & 3)
    bits, rate, padding = header[2] >> 4, header[2] >> 2 & 3, header[2] >> 1 & 1
    if version == 1 or layer == 4 or bits == 15 or rate == 3 or header[3] & 3 == 2:
        return None
    if bits == 0:
        return 0
    bit_rate = BIT_RATES[version == 3, layer][bits - 1] * 1000
    samples_per_s = RATES[version][rate]
    if layer == 1:
        return (12 * bit_rate // samples_per_s + padding) * 4
    return (72 if layer == 3 and version != 3 else 144) * bit_rate // samples_per_s + padding


def begins_with_frames(data: bytes, start: int, *, is_whole: bool) -> bool:
    """Whether two frames follow each other from there on. `is_whole`: the data is all that the file has.

    Such a file may consist of a single frame, whole or cut off.
    """
    length = frame_length(data[start : start + HEADER])
    if length is None:
        return False
    if length == 0:
        return _next_free_frame(data, start) is not None
    if start + length + HEADER > len(data):
        return is_whole and start == 0
    following = data[start + length : start + length + HEADER]
    if is_whole and start == 0 and following[:3] in (b"TAG", b"APE", b"LYR"):
        return True
    return frame_length(following) is not None and _is_same(data[start : start + HEADER], following)


def _next_free_frame(data: bytes, start: int) -> int | None:
    """Where the next frame of a free bit rate begins: its length is the distance of the two."""
    header = data[start : start + HEADER]
    for position in range(start + 24, min(start + LONGEST_FREE_FRAME, len(data) - HEADER)):
        other = data[position : position + HEADER]
        if other[0] == 0xFF and frame_length(other) == 0 and _is_same(header, other):
            return position
    return None


def _is_same(header: bytes, other: bytes) -> bool:
    return all(left & mask == right & mask for left, right, mask in zip(header, other, SAME, strict=True))


def adts_length(header: bytes) -> int | None:
    """Bytes of the AAC frame that begins with these seven; None for no header."""
    if len(header) < 7 or header[0] != 0xFF or header[1] & 0xF6 != 0xF0 or header[2] >> 2 & 0x0F > 12:
        return None
    length = (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5
    return length if length >= 7 else None
