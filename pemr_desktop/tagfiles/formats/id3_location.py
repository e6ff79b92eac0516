"""Where a file of each container has its ID3v2 block, and what to write where so that it has another one."""

from __future__ import annotations

import struct
from typing import BinaryIO, NamedTuple, cast

from pemr_desktop.tagfiles.containers.chunks import Chunk, dsf_chunks, file_length
from pemr_desktop.tagfiles.containers.forms import FORMS, chunk_splices, chunks_of
from pemr_desktop.tagfiles.containers.sniffing import ID3_HEADER, id3_length
from pemr_desktop.tagfiles.splices import Splice

DSF_SIZES = slice(12, 28)


class Location(NamedTuple):
    """Bytes [start, end) of the file. `chunk`: the chunk that the block has in a file of chunks, if it has one."""

    container: str
    start: int
    end: int
    chunk: Chunk | None = None


def find_locations(file: BinaryIO, container: str) -> list[Location]:
    """All places of ID3v2 blocks, the usual one first; empty where there is none."""
    if container in FORMS:
        length = file_length(file)
        named = [chunk for chunk in chunks_of(file, container) if chunk.name.upper() == b"ID3 "]
        return [Location(container, chunk.start, min(chunk.end, length), chunk) for chunk in named]
    if container == "dsf":
        return [Location(container, chunk.start, chunk.end) for chunk in dsf_chunks(file) if chunk.name == b"ID3 "]
    found: list[Location] = []
    position = 0
    while True:
        file.seek(position)
        length = id3_length(file.read(ID3_HEADER))
        if not length:
            return found
        found.append(Location(container, position, position + length))
        position += length


def new_location(file: BinaryIO, container: str) -> Location:
    """Where a new block goes."""
    at = file_length(file) if container == "dsf" else 0
    return Location(container, at, at)


def content_at(file: BinaryIO, location: Location) -> bytes:
    """What stands there."""
    file.seek(location.start)
    return file.read(location.end - location.start)


def location_splices(file: BinaryIO, where: object, block: bytes) -> list[Splice]:
    """Put the block there. Raises CannotHold."""
    location = cast("Location", where)
    if location.container in FORMS:
        return chunk_splices(file, location.container, location.chunk, block)
    splices = [Splice(location.start, location.end, block)]
    if location.container == "dsf":
        length = file_length(file) - (location.end - location.start) + len(block)
        splices.append(Splice(DSF_SIZES.start, DSF_SIZES.stop, struct.pack("<QQ", length, location.start)))
    return splices
