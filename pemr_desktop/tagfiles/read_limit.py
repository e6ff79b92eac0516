"""A file that refuses to be read without end: on some damaged files a parser goes round in circles for ever."""

from __future__ import annotations

from typing import BinaryIO

MAX_READS = 200_000
BYTES_PER_READ = 64


class EndlessReading(Exception):
    """A parser has read so often that it cannot be getting anywhere."""


class BoundedReader:
    """What a parser needs of an open file, for so many reads as a file of this size can need."""

    def __init__(self, stream: BinaryIO, length: int) -> None:
        self.seek = stream.seek
        self.tell = stream.tell
        self._read = stream.read
        self._left = MAX_READS + length // BYTES_PER_READ

    def read(self, size: int = -1) -> bytes:
        """As the file does. Raises EndlessReading."""
        self._left -= 1
        if self._left < 0:
            raise EndlessReading("reading it would never end")
        return self._read(size)
