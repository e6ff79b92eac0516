"""Walking the containers that are made of sized chunks: RIFF, AIFF, DSDIFF, MP4, DSF."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple


class Chunk(NamedTuple):
    """A chunk's name and where its content lies. `end` may lie past the end of a truncated file."""

    name: bytes
    start: int
    end: int


def file_length(file: BinaryIO) -> int:
    """Bytes of an open file."""
    return file.seek(0, 2)


def iff_chunks(file: BinaryIO, *, big_endian: bool) -> Iterator[Chunk]:
    """The chunks of a RIFF (little-endian) or FORM (big-endian) file."""
    length = file_length(file)
    position = 12
    order = ">" if big_endian else "<"
    while position + 8 <= length:
        file.seek(position)
        name, size = struct.unpack(f"{order}4sI", file.read(8))
        start = position + 8
        end = length if size == 0xFFFFFFFF else start + size
        yield Chunk(name, start, end)
        position = end + (end - start) % 2


def add_lacking_pad_byte(file: BinaryIO) -> None:
    """Bring a RIFF or FORM file to even length: programs forget the pad byte, and the next chunk would not be found."""
    file.seek(0)
    head = file.read(8)
    order = {b"RIFF": "<", b"FORM": ">"}.get(head[:4])
    length = file_length(file)
    if order is None or length % 2 == 0 or struct.unpack(f"{order}I", head[4:])[0] != length - 8:
        return
    file.write(b"\0")
    file.seek(4)
    file.write(struct.pack(f"{order}I", length - 7))


def dsdiff_chunks(file: BinaryIO) -> Iterator[Chunk]:
    """The chunks of a DSDIFF file: names of four bytes, sizes of eight."""
    length = file_length(file)
    position = 16
    while position + 12 <= length:
        file.seek(position)
        name, size = struct.unpack(">4sQ", file.read(12))
        yield Chunk(name, position + 12, position + 12 + size)
        position += 12 + size + size % 2


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
