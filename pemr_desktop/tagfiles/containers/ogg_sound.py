"""Both ends of the sound in an Ogg file: what its packets hold, however pages carry them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO, NamedTuple

from pemr_desktop.tagfiles.containers.chunks import file_length
from pemr_desktop.tagfiles.containers.ogg import MAGIC, PAGE_HEADER, Page, checksum, pages
from pemr_desktop.tagfiles.containers.sniffing import MAX_STREAMS, NO_POSITION, OGG_CODECS, id3_end

HEADER_PACKETS = {"vorbis": 3, "opus": 2, "speex": 2}
"""Packets before the sound; those of FLAC tell themselves which of them is the last."""
LAST_METADATA = 0x80
TAIL_BYTES = 1 << 17
CHECKSUM = slice(22, 26)


class OggEnds(NamedTuple):
    """The first and the last bytes of the sound, and the position that its last page names: how long it is."""

    head: bytes
    tail: bytes
    granule: int


def ogg_ends(file: BinaryIO, size: int) -> OggEnds:
    """`size` bytes of either end of the first stream of sound, or all that there are.

    In a chain of streams, one behind the other, the end is that of the last one.
    """
    length = file_length(file)
    start = id3_end(file)
    found = _stream_of_sound(file, start)
    if found is None:
        return OggEnds(b"", b"", 0)
    serial, codec = found
    head = _first_bytes(_content_of_sound(file, pages(file, start), serial, codec, length), size)
    tail, granule = _last_bytes(file, start, serial, codec, size)
    return OggEnds(head, tail, granule)


def _stream_of_sound(file: BinaryIO, start: int) -> tuple[int, str] | None:
    for page in islice(pages(file, start), MAX_STREAMS):
        codec = _codec(file, page)
        if codec:
            return page.serial, codec
    return None


def _codec(file: BinaryIO, page: Page) -> str:
    file.seek(page.start)
    head = file.read(8)
    return next((name for magic, name in OGG_CODECS.items() if head.startswith(magic)), "")


class _Headers:
    """Steps over the packets before the sound of one stream."""

    def __init__(self, codec: str) -> None:
        self._codec = codec
        self._packet = 0
        self._begins = True
        self._over = False

    def without(self, lacing: bytes, content: bytes) -> bytes:
        """What a page holds of the sound."""
        position = 0
        for size in lacing:
            if self._over:
                return content[position:]
            if self._begins:
                self._is_last = self._ends_headers(content[position : position + 1])
            position += size
            self._begins = size < 255
            self._packet += self._begins
            self._over = self._begins and self._is_last
        return b""

    def _ends_headers(self, first: bytes) -> bool:
        if self._codec == "flac":
            return self._packet > 0 and bool(first and first[0] & LAST_METADATA)
        return self._packet + 1 >= HEADER_PACKETS[self._codec]


def _content_of_sound(
    file: BinaryIO, found: Iterator[Page], serial: int, codec: str, length: int, *, from_start: bool = True
) -> Iterator[bytes]:
    headers = _Headers(codec) if from_start else None
    for page in found:
        if page.serial != serial:
            continue
        file.seek(page.start)
        content = file.read(max(0, min(page.end, length) - page.start))
        yield headers.without(page.lacing, content) if headers else content


def _first_bytes(pieces: Iterator[bytes], size: int) -> bytes:
    found = bytearray()
    for piece in pieces:
        found += piece
        if len(found) >= size:
            break
    return bytes(found[:size])


def _last_bytes(file: BinaryIO, start: int, serial: int, codec: str, size: int) -> tuple[bytes, int]:
    """The last bytes of the sound and its last position, from as little of the end of the file as holds them."""
    length = file_length(file)
    window = max(TAIL_BYTES, 2 * size)
    while True:
        position = max(start, length - window)
        found = list(_pages_from(file, position, start))
        if not any(page.serial == serial for page in found) and found:
            serial = found[-1].serial
        own = [page for page in found if page.serial == serial]
        begins = max((number for number, page in enumerate(own) if page.is_first), default=None)
        if begins is not None:
            own = own[begins:]
            codec = _codec(file, own[0]) or codec
        pieces = list(_content_of_sound(file, iter(own), serial, codec, length, from_start=begins is not None))
        if position == start or begins is not None or sum(map(len, pieces)) >= size:
            granule = next((page.granule for page in reversed(own) if page.granule != NO_POSITION), 0)
            return b"".join(pieces)[-size:], granule
        window *= 2


def _pages_from(file: BinaryIO, position: int, start: int) -> Iterator[Page]:
    """The pages that begin at `place` or later; what stands between them is stepped over."""
    if position == start:
        yield from pages(file, start)
        return
    file.seek(position)
    data = file.read()
    offset = data.find(MAGIC)
    while offset >= 0:
        end = offset + 1
        if _is_page(data, offset):
            for page in pages(file, position + offset):
                yield page
                end = page.end - position
        offset = data.find(MAGIC, end)


def _is_page(data: bytes, offset: int) -> bool:
    """Whether a page stands there and not only its letters: its checksum is right."""
    lacing = data[offset + PAGE_HEADER : offset + PAGE_HEADER + data[offset + 26]] if offset + 26 < len(data) else b""
    page = bytearray(data[offset : offset + PAGE_HEADER + len(lacing) + sum(lacing)])
    if len(page) < PAGE_HEADER + len(lacing) + sum(lacing):
        return False
    noted = bytes(page[CHECKSUM])
    page[CHECKSUM] = bytes(4)
    return noted == checksum(page)
