"""Walking the containers that are made of sized chunks: RIFF, AIFF, DSDIFF, MP4, DSF."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

SOUND_NAMES = (b"data", b"SSND", b"DSD ", b"DST ")
LEAST_UNKNOWN = 0x7FFF_0000
"""Sizes from here on are written for sound of unknown length."""


class Chunk(NamedTuple):
    """A chunk's name and where its content lies. `end` may lie past the end of a truncated file."""

    name: bytes
    start: int
    end: int


def file_length(file: BinaryIO) -> int:
    """Bytes of an open file."""
    return file.seek(0, 2)


def iff_chunks(file: BinaryIO, *, big_endian: bool) -> Iterator[Chunk]:
    """The chunks of a RIFF (little-endian) or FORM (big-endian) file, also those that its size does not count.

    A program that writes into a pipe cannot know sizes: then the sound goes to the end of the file.
    """
    yield from _chunks(file, ">" if big_endian else "<", 4)


def dsdiff_chunks(file: BinaryIO) -> Iterator[Chunk]:
    """The chunks of a DSDIFF file: names of four bytes, sizes of eight."""
    yield from _chunks(file, ">", 8)


def is_of_unknown_size(size: int, announced: int, end: int, length: int) -> bool:
    """Whether a size of sound, and that of the whole file, are what programs write that do not know them."""
    if size == 0xFFFF_FFFF:
        return True
    if size == 0:
        return announced == 0
    return end > length and size >= LEAST_UNKNOWN and (announced >= LEAST_UNKNOWN or announced == 0)


def _chunks(file: BinaryIO, order: str, size_bytes: int) -> Iterator[Chunk]:
    length = file_length(file)
    file.seek(4)
    number = struct.Struct(order + ("I" if size_bytes == 4 else "Q"))
    head = file.read(size_bytes)
    announced = number.unpack(head)[0] if len(head) == size_bytes else 0
    counted = 4 + size_bytes + announced
    position = 8 + size_bytes
    while position + 4 + size_bytes <= length:
        file.seek(position)
        name = file.read(4)
        (size,) = number.unpack(file.read(size_bytes))
        start = position + 4 + size_bytes
        end = start + size
        if (name in SOUND_NAMES and is_of_unknown_size(size, announced, end, length)) or (
            size_bytes == 4 and size == 0xFFFF_FFFF
        ):
            end = length
        if position >= counted and not (is_chunk_name(name) and end <= length):
            return
        yield Chunk(name, start, end)
        position = _next_chunk(file, end, end + (end - start) % 2, length)


def is_chunk_name(name: bytes) -> bool:
    """Whether four bytes may be the name of a chunk."""
    return len(name) == 4 and all(0x20 <= byte < 0x7F for byte in name)


def _next_chunk(file: BinaryIO, end: int, padded: int, length: int) -> int:
    """Where the next chunk begins: some programs forget the byte that makes a chunk even."""
    if end == padded or padded >= length:
        return padded
    file.seek(end)
    here = file.read(5)
    if here[:1] != b"\0" and is_chunk_name(here[:4]) and not is_chunk_name(here[1:5]):
        return end
    return padded


def dsf_chunks(file: BinaryIO) -> Iterator[Chunk]:
    """The chunks of a DSF file (sizes include the 12-byte header), and all that follows them as chunk `ID3 `.

    Nothing but an ID3 block may follow, whether the header points to it or not.
    """
    length = file_length(file)
    file.seek(0)
    head = file.read(28)
    if len(head) < 28:
        return
    tag_start = struct.unpack_from("<Q", head, 20)[0]
    position = 28
    while position + 12 <= (tag_start or length) and position + 12 <= length:
        file.seek(position)
        name, size = struct.unpack("<4sQ", file.read(12))
        if size < 12:
            return
        yield Chunk(name, position + 12, position + size)
        position += size
    start = tag_start or position
    if start < length:
        yield Chunk(b"ID3 ", start, length)


def mp4_atoms(file: BinaryIO) -> Iterator[Chunk]:
    """The top-level atoms of an MP4 file."""
    length = file_length(file)
    position = 0
    while position + 8 <= length:
        file.seek(position)
        size, name = struct.unpack(">I4s", file.read(8))
        start = position + 8
        if size == 1:
            wide = file.read(8)
            if len(wide) < 8:
                return
            size = struct.unpack(">Q", wide)[0]
            start += 8
        elif size == 0:
            size = length - position
        if position + size < start:
            return
        yield Chunk(name, start, position + size)
        position += size
