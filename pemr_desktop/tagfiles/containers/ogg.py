"""Ogg pages: the sound is what their packets hold, whatever page carries it. Page numbers change with the tags."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

MAGIC = b"OggS"
FIRST_PAGE = 2
LAST_PAGE = 4
COMMENT_PACKET = 1
PAGE_HEADER = 27
CHECKSUM = slice(22, 26)
MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


class Page(NamedTuple):
    """One page. `start`..`end` is its content; `lacing` says how packets share it; `end` may lie past the file's.

    `is_last`: the stream ends with it; `is_first`: it begins with it.
    """

    serial: int
    granule: int
    lacing: bytes
    start: int
    end: int
    is_last: bool
    is_first: bool


def pages(file: BinaryIO, position: int = 0) -> Iterator[Page]:
    """The pages of an Ogg file from a page start on. Ends at the first thing that is no page."""
    while True:
        file.seek(position)
        head = file.read(PAGE_HEADER)
        if len(head) < PAGE_HEADER or head[:4] != MAGIC:
            return
        lacing = file.read(head[26])
        start = position + PAGE_HEADER + head[26]
        position = start + sum(lacing)
        yield Page(
            serial=int.from_bytes(head[14:18], "little"),
            granule=int.from_bytes(head[6:14], "little"),
            lacing=lacing,
            start=start,
            end=position,
            is_last=bool(head[5] & LAST_PAGE),
            is_first=bool(head[5] & FIRST_PAGE),
        )


def is_damaged(file: BinaryIO) -> bool:
    """Whether a whole page is not what its checksum says, or something stands where the next page should.

    Reads all of the file. A page that lacks its end, and anything behind the end of a stream, is no such damage.
    """
    length = file.seek(0, 2)
    position = 0
    has_ended = False
    for page in pages(file):
        if page.end > length:
            return False
        start = page.start - len(page.lacing) - PAGE_HEADER
        file.seek(start)
        content = bytearray(file.read(page.end - start))
        noted = bytes(content[CHECKSUM])
        content[CHECKSUM] = bytes(4)
        if noted != checksum(content):
            return True
        position, has_ended = page.end, page.is_last
    file.seek(position)
    rest = file.read()
    return MAGIC in rest if has_ended else bool(rest.strip(b"\0"))


def checksum(page: bytearray) -> bytes:
    """CRC-32 as Ogg has it: the bits of each byte the other way round, and nothing inverted."""
    found = ~zlib.crc32(page.translate(MIRRORED), 0xFFFF_FFFF) & 0xFFFF_FFFF
    return found.to_bytes(4, "big").translate(MIRRORED)


def audio_pieces(file: BinaryIO, length: int) -> Iterator[bytes]:
    """What a digest of the sound is made of: the content of all packets but the comments, whatever pages carry it."""
    packet_of: dict[int, int] = {}
    for page in pages(file):
        file.seek(page.start)
        content = file.read(max(0, min(page.end, length) - page.start))
        packet = packet_of.get(page.serial, 0)
        if packet > COMMENT_PACKET:
            yield content
            continue
        position = 0
        for size in page.lacing:
            if packet != COMMENT_PACKET:
                yield content[position : position + size]
            position += size
            packet += size < 255
        packet_of[page.serial] = packet


def lacking_bytes(file: BinaryIO, length: int) -> int:
    """How many bytes the last page announces that are not there; looks at the last 128 KiB only."""
    start = max(0, length - 131_072)
    file.seek(start)
    tail = file.read()
    last = tail.rfind(MAGIC)
    if last < 0:
        return 0
    page = next(pages(file, start + last), None)
    return max(0, page.end - length) if page else PAGE_HEADER
