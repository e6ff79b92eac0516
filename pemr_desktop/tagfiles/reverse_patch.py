"""How to turn the file after a write back into the file before it, to the byte, without keeping a copy of it.

A recipe is a list of steps: bytes copied from the file after the write, or literal bytes. Sound and pictures are
in both files, so a recipe is a few hundred bytes as a rule.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

STEP_BYTES = 512
SMALLEST_COPY = 64
MAX_COMPARED_BYTES = 1 << 14
LARGEST_RECIPE = 32 << 20
SEARCH_BYTES = 1 << 20
"""On either side of a place in the new file, among which the next bytes of the old one are looked for."""


class Copy(msgspec.Struct, frozen=True, tag="c", array_like=True):
    """Take bytes [start, start + length) of the file after the write."""

    start: int
    length: int


class Literal(msgspec.Struct, frozen=True, tag="l", array_like=True):
    """Take these bytes."""

    content: bytes


Step = Copy | Literal
_decoder = msgspec.msgpack.Decoder(list[Step])


def make_recipe(before: Path, after: Path) -> bytes | None:
    """The packed recipe after -> before; None when it would be larger than 32 MiB or the files are empty."""
    with before.open("rb") as old, after.open("rb") as new:
        if not (old.seek(0, 2) and new.seek(0, 2)):
            return None
        steps = _steps(FileBytes(old), FileBytes(new))
    literal = sum(len(step.content) for step in steps if isinstance(step, Literal))
    if literal > LARGEST_RECIPE:
        return None
    return zlib.compress(msgspec.msgpack.encode(steps), 6)


class FileBytes:
    """The bytes of an open file by their places, as it was long when it was opened.

    It is read and never mapped: where another program cuts the file meanwhile, a piece is shorter than asked for, while
    a map would end the process.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._length = stream.seek(0, os.SEEK_END)
        self._base, self._window = 0, b""

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, position: slice) -> bytes:
        start, end, _ = position.indices(self._length)
        self._stream.seek(start)
        return self._stream.read(max(0, end - start))

    def find(self, wanted: bytes, start: int, end: int) -> int:
        """The first place of these bytes within [start, end), or -1. Searches nearby read the file once."""
        start, end = max(0, start), min(end, self._length)
        if start < self._base or end > self._base + len(self._window):
            self._base = start - start % SEARCH_BYTES
            self._window = self[self._base : end - end % -SEARCH_BYTES]
        found = self._window.find(wanted, start - self._base, end - self._base)
        return found + self._base if found >= 0 else -1


def _steps(old: FileBytes, new: FileBytes) -> list[Step]:
    """Greedy: at every place of the old file, look for its next bytes in the new one, near the last match first."""
    steps: list[Step] = []
    literal = bytearray()
    position = 0
    shift = 0
    length = len(old)
    while position < length:
        found = _find(old, new, position, shift)
        if found is None:
            step = min(STEP_BYTES, length - position)
            literal += old[position : position + step]
            position += step
            continue
        same = _common_length(old, new, position, found)
        back = _common_before(literal, new, found)
        if back:
            del literal[-back:]
        if literal:
            steps.append(Literal(bytes(literal)))
            literal.clear()
        steps.append(Copy(found - back, same + back))
        shift = found - position
        position += same
    if literal:
        steps.append(Literal(bytes(literal)))
    return steps


def _find(old: FileBytes, new: FileBytes, position: int, shift: int) -> int | None:
    wanted = old[position : position + SMALLEST_COPY]
    if len(wanted) < SMALLEST_COPY:
        return None
    near = max(0, position + shift)
    if new[near : near + SMALLEST_COPY] == wanted:
        return near
    if not wanted.strip(wanted[:1]):  # padding: found anywhere, and everywhere wrong
        return None
    following = old[position + STEP_BYTES : position + STEP_BYTES + SMALLEST_COPY]
    if following and new[near + STEP_BYTES : near + STEP_BYTES + SMALLEST_COPY] == following:
        return None  # a few bytes changed in place, such as the number and checksum of an Ogg page
    found = new.find(wanted, near - SEARCH_BYTES, near + SEARCH_BYTES)
    return found if found >= 0 else None


def _common_length(old: FileBytes, new: FileBytes, old_start: int, new_start: int) -> int:
    """How many bytes agree from two places on."""
    length = 0
    limit = min(len(old) - old_start, len(new) - new_start)
    while length < limit:
        size = min(MAX_COMPARED_BYTES, limit - length)
        left = old[old_start + length : old_start + length + size]
        right = new[new_start + length : new_start + length + size]
        if left != right:
            return length + _agreeing(left, right)
        length += size
    return length


def _common_before(literal: bytearray, new: FileBytes, new_start: int) -> int:
    """How many of the last literal bytes are also before a place in the new file."""
    length = min(len(literal), new_start, MAX_COMPARED_BYTES)
    if not length:
        return 0
    left = bytes(literal[-length:])[::-1]
    return _agreeing(left, new[new_start - length : new_start][::-1])


def _agreeing(left: bytes, right: bytes) -> int:
    """How many bytes two equally long pieces agree in from their start, by halves."""
    start, end = 0, len(left)
    if left == right:
        return end
    while end - start > 1:
        middle = (start + end) // 2
        if left[start:middle] == right[start:middle]:
            start = middle
        else:
            end = middle
    return start


def follow_recipe(recipe: bytes, after: BinaryIO, target: BinaryIO) -> None:
    """Write the file before into `target`. Raises ValueError when the recipe does not fit the file."""
    for block in recipe_blocks(recipe, after):
        target.write(block)


def recipe_blocks(recipe: bytes, after: BinaryIO) -> Iterator[bytes]:
    """The file before, piece by piece. Raises ValueError when the recipe does not fit the file."""
    for step in _decoder.decode(zlib.decompress(recipe)):
        if isinstance(step, Literal):
            yield step.content
            continue
        position, left = step.start, step.length
        while left:
            after.seek(position)
            block = after.read(min(left, 1 << 20))
            if not block:
                raise ValueError("The file is shorter than when it was written.")
            yield block
            position += len(block)
            left -= len(block)
