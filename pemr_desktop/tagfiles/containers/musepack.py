"""Musepack: a chain of packets (SV8), or of frames that say how many bits they take (SV7)."""

from __future__ import annotations

import struct
from typing import BinaryIO

SV7, SV8 = b"MP+", b"MPCK"
SV7_HEADER = 24
SV7_FIRST_BITS = 8
SIZE_BITS = 20
SOUND_PACKET = b"AP"
HEAD_BYTES = 1 << 16


def ends_early(file: BinaryIO, start: int, end: int) -> bool:
    """Whether the sound between `start` and `end` is cut off in the middle of a packet or frame. Reads all of it."""
    file.seek(start)
    sound = file.read(end - start)
    if sound.startswith(SV8):
        return _ends_in_packet(sound)
    return sound.startswith(SV7) and len(sound) > SV7_HEADER and sound[3] & 0x0F == 7 and _ends_in_frame(sound)


def _ends_in_packet(sound: bytes) -> bool:
    """SV8: a key of two letters, and the size of the packet with key and size, seven bits a byte."""
    position = len(SV8)
    while position + 3 <= len(sound):
        if not sound[position : position + 2].isalpha():
            return False  # no chain of packets: nothing can be said
        size, offset = _packet_size(sound, position + 2)
        if size < offset - position:
            return False
        position += size
    return position > len(sound)


def _ends_in_frame(sound: bytes) -> bool:
    """SV7: words of 32 bits, lowest byte first; in each frame 20 bits tell how many follow."""
    (frames,) = struct.unpack_from("<I", sound, 4)
    position, bits = SV7_HEADER, SV7_FIRST_BITS
    for _ in range(frames):
        if position + 8 > len(sound):
            return position + 4 < len(sound) or bool(sound[position:])
        high, low = struct.unpack_from("<II", sound, position)
        size = (high << 32 | low) >> (64 - SIZE_BITS - bits) & 0xF_FFFF
        reached = bits + SIZE_BITS + size
        if position + (reached + 31) // 32 * 4 > len(sound):
            return True
        position += reached // 32 * 4
        bits = reached % 32
    return False


def first_packet_of_sound(file: BinaryIO, start: int, end: int) -> int:
    """Where the sound begins: behind what programs change that measure how loud it is, or note how it was made."""
    file.seek(start)
    head = file.read(min(HEAD_BYTES, end - start))
    if not head.startswith(SV8):
        return start + SV7_HEADER if head.startswith(SV7) else start
    position = len(SV8)
    while position + 3 <= len(head) and (key := head[position : position + 2]).isalpha():
        if key == SOUND_PACKET:
            return start + position
        size, behind = _packet_size(head, position + 2)
        if size < behind - position:
            break
        position += size
    return start


def _packet_size(data: bytes, position: int) -> tuple[int, int]:
    """The number there, seven bits a byte, and where it ends."""
    size = 0
    while position < len(data):
        size = size << 7 | data[position] & 0x7F
        position += 1
        if not data[position - 1] & 0x80:
            break
    return size, position
