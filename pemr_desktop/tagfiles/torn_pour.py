"""Proof that a file is nothing but our own pour that stopped half way: part the new content, part the old.

Killed, a pour leaves a prefix of the new content and the rest of the old. A power cut leaves some sectors of each, as
the system had them on their way to the disk. So each sector must be a prefix of the new one and the rest of the old
one; a single byte that is in neither at its place is somebody else's, and such a file is not ours to finish.
"""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from pemr_desktop.tagfiles.digest import DIGEST_SIZE
from pemr_desktop.tagfiles.reverse_patch import recipe_blocks

SECTOR = 512
BLOCK = 1 << 20


def is_torn_pour(torn: BinaryIO, new: BinaryIO, recipe: bytes, old_digest: bytes) -> bool:
    """Whether `torn` is part of `new`, part of the old content, which `recipe` makes of `new` and `old_digest` proves.

    Raises OSError when one of them cannot be read.
    """
    old = _Reader(recipe_blocks(recipe, new))
    torn_size, new_size = (os.fstat(stream.fileno()).st_size for stream in (torn, new))
    proven = True
    position = 0
    try:
        while old_block := old.read(BLOCK):
            proven = proven and _is_mixture(_at(torn, position), _at(new, position), old_block)
            position += len(old_block)
    except (ValueError, zlib.error, msgspec.MsgspecError):
        return False  # the recipe does not fit the copy, so that the old content is not known
    while proven and position < torn_size:
        proven = _is_mixture(_at(torn, position), _at(new, position), b"")
        position += BLOCK
    sizes = sorted((old.size, new_size))
    return proven and old.digest() == old_digest and sizes[0] <= torn_size <= sizes[1]


def _at(stream: BinaryIO, position: int) -> bytes:
    stream.seek(position)
    return stream.read(BLOCK)


def _is_mixture(torn: bytes, new: bytes, old: bytes) -> bool:
    """Blocks that begin at the same place, each shorter where its file ends."""
    if torn == new[: len(torn)] or torn == old[: len(torn)]:
        return True
    return all(
        _is_split(torn[start : start + SECTOR], new[start : start + SECTOR], old[start : start + SECTOR])
        for start in range(0, len(torn), SECTOR)
    )


def _is_split(torn: bytes, new: bytes, old: bytes) -> bool:
    """Whether a sector is a prefix of the new one and the rest of the old one."""
    pairs = zip(torn, new, strict=False)
    alike = next((position for position, (one, other) in enumerate(pairs) if one != other), min(len(torn), len(new)))
    return torn[alike:] == old[alike : len(torn)]


class _Reader:
    """Pieces of any length as blocks of one length, with their total size and digest."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._waiting = bytearray()
        self._made = hashlib.blake2b(digest_size=DIGEST_SIZE)
        self.size = 0

    def read(self, length: int) -> bytes:
        """The next block, shorter at the end, empty behind it."""
        while len(self._waiting) < length and (piece := next(self._pieces, None)) is not None:
            self._waiting += piece
        block = bytes(self._waiting[:length])
        del self._waiting[:length]
        self._made.update(block)
        self.size += len(block)
        return block

    def digest(self) -> bytes:
        """Of all that was read."""
        return self._made.digest()
