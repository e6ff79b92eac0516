"""Where a file of each container has its ID3v2 block, and what to write where so that it has another one."""

from __future__ import annotations

import struct
from typing import BinaryIO, NamedTuple, cast

from pemr_desktop.tagfiles.containers.chunks import Chunk, dsf_chunks, file_length
from pemr_desktop.tagfiles.containers.forms import FORMS, chunk_splices, chunks_of
from pemr_desktop.tagfiles.containers.sniffing import ID3_HEADER, id3_length
from pemr_desktop.tagfiles.splices import Splice

DSF_SIZES = slice(12, 28)


class Place(NamedTuple):
    """Bytes [start, end) of the file. `chunk`: the chunk that the block has in a file of chunks, if it has one."""

    container: str
    start: int
    end: int
    chunk: Chunk | None = None


def find_places(file: BinaryIO, container: str) -> list[Place]:
    """All places of ID3v2 blocks, the usual one first; empty where there is none."""
    if container in FORMS:
        length = file_length(file)
        named = [chunk for chunk in chunks_of(file, container) if chunk.name.upper() == b"ID3 "]
        return [Place(container, chunk.start, min(chunk.end, length), chunk) for chunk in named]
    if container == "dsf":
        return [Place(container, chunk.start, chunk.end) for chunk in dsf_chunks(file) if chunk.name == b"ID3 "]
    found: list[Place] = []
    position = 0
    while True:
        file.seek(position)
        length = id3_length(file.read(ID3_HEADER))
        if not length:
            return found
        found.append(Place(container, position, position + length))
        position += length


def new_place(file: BinaryIO, container: str) -> Place:
    """Where a new block goes."""
    at = file_length(file) if container == "dsf" else 0
    return Place(container, at, at)


def content_at(file: BinaryIO, place: Place) -> bytes:
    """What stands there."""
    file.seek(place.start)
    return file.read(place.end - place.start)


def place_splices(file: BinaryIO, where: object, block: bytes) -> list[Splice]:
    """Put the block there. Raises CannotHold."""
    place = cast("Place", where)
    if place.container in FORMS:
        return chunk_splices(file, place.container, place.chunk, block)
    splices = [Splice(place.start, place.end, block)]
    if place.container == "dsf":
        length = file_length(file) - (place.end - place.start) + len(block)
        splices.append(Splice(DSF_SIZES.start, DSF_SIZES.stop, struct.pack("<QQ", length, place.start)))
    return splices
