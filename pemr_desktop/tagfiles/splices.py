"""A file with some of its bytes replaced: looked at without copying it, or carried out on a copy of it."""

from __future__ import annotations

import itertools
import os
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

BLOCK = 1 << 20


class Splice(NamedTuple):
    """Put `content` in the place of bytes [start, end) of the file as it is before any splice."""

    start: int
    end: int
    content: bytes


class _Piece(NamedTuple):
    """Bytes of the new file: `content`, or, where that is None, those of the old file from `source` on."""

    offset: int
    length: int
    source: int
    content: bytes | None


def in_order(splices: Iterable[Splice], length: int) -> list[Splice]:
    """By place. Raises ValueError where two of them touch the same bytes, or one touches what the file has not."""
    ordered = sorted(splices, key=lambda splice: (splice.start, splice.end))
    if any(not 0 <= splice.start <= splice.end <= length for splice in ordered):
        raise ValueError("a place behind the end of the file")
    for left, right in itertools.pairwise(ordered):
        if left.end > right.start:
            raise ValueError(f"bytes {right.start} to {left.end} would be written twice")
    return ordered


class SplicedFile:
    """The file as it would be after the splices, for reading. No byte of the old file is copied."""

    def __init__(self, stream: BinaryIO, splices: Iterable[Splice]) -> None:
        self._stream = stream
        length = stream.seek(0, os.SEEK_END)
        self._pieces = _pieces(length, in_order(splices, length))
        self._offsets = [piece.offset for piece in self._pieces]
        self._length = self._pieces[-1].offset + self._pieces[-1].length if self._pieces else 0
        self._position = 0

    def tell(self) -> int:
        """Where the next byte is read."""
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """As a file does. Raises ValueError for a place before the first byte."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._length}[whence]
        if base + offset < 0:
            raise ValueError("a place before the start of the file")
        self._position = base + offset
        return self._position

    def read(self, size: int | None = -1) -> bytes:
        """As a file does."""
        left = max(0, self._length - self._position)
        if size is not None and size >= 0:
            left = min(left, size)
        found = []
        number = bisect_right(self._offsets, self._position) - 1
        while left > 0:
            piece = self._pieces[number]
            skipped = self._position - piece.offset
            taken = min(left, piece.length - skipped)
            part = self._part(piece, skipped, taken)
            found.append(part)
            self._position += len(part)
            if len(part) < taken:  # somebody cut the file meanwhile
                break
            left -= taken
            number += 1
        return b"".join(found)

    def _part(self, piece: _Piece, skipped: int, size: int) -> bytes:
        if piece.content is not None:
            return piece.content[skipped : skipped + size]
        self._stream.seek(piece.source + skipped)
        return self._stream.read(size)


def _pieces(length: int, splices: Sequence[Splice]) -> list[_Piece]:
    pieces: list[_Piece] = []
    offset = source = 0
    for splice in [*splices, Splice(length, length, b"")]:
        for size, content in ((splice.start - source, None), (len(splice.content), splice.content)):
            if size > 0:
                pieces.append(_Piece(offset, size, source, content))
                offset += size
        source = splice.end
    return pieces


def splice_file(copy: Path, original: Path, splices: Iterable[Splice]) -> None:
    """Carry the splices out on `copy`, which holds the bytes of `original`. What does not move is not written again."""
    with copy.open("rb+") as target, original.open("rb") as source:
        ordered = in_order(splices, source.seek(0, os.SEEK_END))
        moved = next((number for number, splice in enumerate(ordered) if _grows(splice)), None)
        for splice in ordered[:moved]:
            target.seek(splice.start)
            target.write(splice.content)
        if moved is None:
            return
        start = ordered[moved].start
        spliced = SplicedFile(source, ordered[moved:])
        spliced.seek(start)
        target.seek(start)
        while block := spliced.read(BLOCK):
            target.write(block)
        target.truncate()


def _grows(splice: Splice) -> bool:
    return len(splice.content) != splice.end - splice.start
