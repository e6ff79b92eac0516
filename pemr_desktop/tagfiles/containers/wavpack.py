"""WavPack blocks: each says which samples it holds, the first one also how many there are in all."""

from __future__ import annotations

import struct
from typing import BinaryIO, NamedTuple

MAGIC = b"wvpk"
BLOCK_HEADER = 32
UNKNOWN = 0xFFFF_FFFF


class Chain(NamedTuple):
    """What lacks in a file: bytes of its last block, and blocks behind that one."""

    lacking_bytes: int
    lacking_blocks: int

    @property
    def least_bytes(self) -> int:
        """What surely lacks: a block that is not there is at least a header long."""
        return self.lacking_bytes + self.lacking_blocks * BLOCK_HEADER


def chain(file: BinaryIO, start: int, end: int) -> Chain:
    """The blocks between `start` and `end`, one behind the other. Of anything else nothing can be said to lack."""
    total = reached = longest = 0
    position = start
    while position + BLOCK_HEADER <= end:
        file.seek(position)
        header = file.read(BLOCK_HEADER)
        if len(header) < BLOCK_HEADER or header[:4] != MAGIC:
            return Chain(0, 0)
        size, high_index, high_total, low_total, low_index, samples = struct.unpack_from("<I2xBBIII", header, 4)
        if position == start and low_total != UNKNOWN and not (low_index or high_index):
            total = low_total + (high_total << 32) - high_total
        position += size + 8
        reached = max(reached, low_index + (high_index << 32) + samples)
        longest = max(longest, samples)
    return Chain(max(0, position - end), -(-(total - reached) // longest) if longest and reached < total else 0)


def ends_early(file: BinaryIO, start: int, end: int) -> bool:
    """Whether the sound between `start` and `end` is cut off in the middle of a block."""
    return chain(file, start, end).lacking_bytes > 0
