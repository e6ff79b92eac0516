"""TAK: frames of a header and sound, each of which ends with its checksum."""

from __future__ import annotations

from typing import BinaryIO

FRAME = b"\xff\xa0"
CHECKSUM_BYTES = 3
LEAST_HEADER, MAX_HEADER_BYTES = 8, 80
LONGEST_FRAME = 1 << 18
POLYNOMIAL, START, BITS = 0x86_4CFB, 0xB7_04CE, 0xFF_FFFF


def _table() -> tuple[int, ...]:
    made = []
    for byte in range(256):
        rest = byte << 16
        for _ in range(8):
            rest = (rest << 1) ^ (POLYNOMIAL if rest & 0x80_0000 else 0)
        made.append(rest & BITS)
    return tuple(made)


TABLE = _table()


def ends_early(file: BinaryIO, start: int, end: int) -> bool:
    """Whether the sound between `start` and `end` does not end with a whole frame."""
    first = max(start, end - LONGEST_FRAME)
    file.seek(first)
    tail = file.read(end - first)
    offset = tail.rfind(FRAME)
    while offset >= 0:
        header = _header_length(tail, offset)
        if header:
            return not _is_checked(tail[offset + header :])
        offset = tail.rfind(FRAME, 0, offset)
    return True


def checksum(data: bytes) -> int:
    """CRC-24 as in OpenPGP."""
    rest = START
    for byte in data:
        rest = ((rest << 8) & BITS) ^ TABLE[(rest >> 16) ^ byte]
    return rest


def _header_length(data: bytes, offset: int) -> int:
    """The header is as long as makes its checksum true; 0 where no length does."""
    lengths = range(LEAST_HEADER, MAX_HEADER_BYTES)
    return next((length for length in lengths if _is_checked(data[offset : offset + length])), 0)


def _is_checked(data: bytes) -> bool:
    return len(data) > CHECKSUM_BYTES and checksum(data[:-CHECKSUM_BYTES]) == int.from_bytes(
        data[-CHECKSUM_BYTES:], "little"
    )
