"""WavPack blocks: each says which samples it holds, the first one also how many there are in all."""

from __future__ import annotations

import struct
from typing import BinaryIO

MAGIC = b"wvpk"
BLOCK_HEADER = 32
UNKNOWN = 0xFFFF_FFFF


def lacking_bytes(file: BinaryIO, start: int, end: int) -> int:
    """How many bytes surely lack between `start` and `end`: of the last block, and a header for each block to come."""
    total = reached = longest = 0
    position = start
    while position + BLOCK_HEADER <= end:
        file.seek(position)
        header = file.read(BLOCK_HEADER)
        if len(header) < BLOCK_HEADER or header[:4] != MAGIC:
            return 0  # no chain of blocks: nothing can be said
        size, high_index, high_total, low_total, low_index, samples = struct.unpack_from("<I2xBBIII", header, 4)
        if position == start and low_total != UNKNOWN and not (low_index or high_index):
            total = low_total + (high_total << 32) - high_total
        position += size + 8
        if position > end:
            return int(position - end)
        reached = max(reached, low_index + (high_index << 32) + samples)
        longest = max(longest, samples)
    return -(-(total - reached) // longest) * BLOCK_HEADER if longest and reached < total else 0
