"""The header packets of an Ogg stream, and how their pages are written when one of them changed.

The pages that follow stay as they are as long as the headers take as many pages as before. Else they get other
numbers, and with them other checksums: a checksum that is wrong stays wrong, so that no damage is hidden.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from pemr_desktop.refusals import Refusal, refusal
from pemr_desktop.tagfiles.containers.chunks import file_length
from pemr_desktop.tagfiles.containers.ogg import CHECKSUM, LAST_PAGE, MAGIC, PAGE_HEADER, Page, checksum, pages
from pemr_desktop.tagfiles.errors import CannotHold
from pemr_desktop.tagfiles.splices import Splice

CONTINUED = 1
MAX_SEGMENTS = 255
NO_POSITION = 0xFFFF_FFFF_FFFF_FFFF
MAX_HEADER_PAGES = 4096
NUMBER_AND_CHECKSUM = slice(18, 26)


class HeaderPages(NamedTuple):
    """The pages behind the first one of a stream up to where a packet ends with its page, and the packets in them."""

    serial: int
    pages: tuple[Page, ...]
    packets: tuple[bytes, ...]
    damage: Refusal | None = None


def header_pages(file: BinaryIO, magic: bytes, count: int = 1) -> HeaderPages | None:
    """Those of the first stream that begins with these letters, with at least `count` packets.

    None where there are none, or they end early.
    """
    serial: int | None = None
    found: list[Page] = []
    content: list[bytes] = []
    ended = 0
    for page in pages(file):
        if serial is None:
            file.seek(page.start)
            serial = page.serial if file.read(len(magic)) == magic else None
        elif page.serial == serial:
            found.append(page)
            file.seek(page.start)
            content.append(file.read(page.end - page.start))
            ended += sum(size < MAX_SEGMENTS for size in page.lacing)
            if ended >= count and page.lacing and page.lacing[-1] < MAX_SEGMENTS:
                return HeaderPages(serial, tuple(found), _packets(found, content), _damage(file, found, content))
            if len(found) > MAX_HEADER_PAGES:
                return None
    return None


def _packets(found: list[Page], content: list[bytes]) -> tuple[bytes, ...]:
    data = b"".join(content)
    packets, start, position = [], 0, 0
    for size in b"".join(page.lacing for page in found):
        position += size
        if size < MAX_SEGMENTS:
            packets.append(data[start:position])
            start = position
    return tuple(packets)


def _damage(file: BinaryIO, found: list[Page], content: list[bytes]) -> Refusal | None:
    for page, data in zip(found, content, strict=True):
        head = _head(file, page)
        noted = bytes(head[CHECKSUM])
        head[CHECKSUM] = bytes(4)
        if len(data) < page.end - page.start or checksum(head + data) != noted:
            return refusal("Ogg checksum wrong")
        if page.granule not in (0, NO_POSITION):
            return refusal("Ogg comments beside sound")
    return None


def _offset(page: Page) -> int:
    return page.start - len(page.lacing) - PAGE_HEADER


def _head(file: BinaryIO, page: Page) -> bytearray:
    """The page without its content."""
    file.seek(_offset(page))
    return bytearray(file.read(PAGE_HEADER + len(page.lacing)))


def header_splices(file: BinaryIO, found: HeaderPages, packets: tuple[bytes, ...]) -> list[Splice]:
    """Write other packets into the pages. Raises CannotHold where the pages behind them cannot be numbered anew."""
    lacing = b"".join(b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255]) for packet in packets)
    data = b"".join(packets)
    before = len(found.pages)
    needed = -(-len(lacing) // MAX_SEGMENTS)
    count = before if needed <= before <= len(lacing) else needed
    first = _head(file, found.pages[0])
    numbers = [int.from_bytes(_head(file, page)[18:22], "little") for page in found.pages]
    if count != before:
        numbers = [(numbers[0] + index) & 0xFFFF_FFFF for index in range(count)]
    ends_stream = found.pages[-1].is_last
    written = []
    continued = False
    for index, number in enumerate(numbers):
        taken = min(MAX_SEGMENTS, len(lacing) - (count - index - 1))
        page_lacing, lacing = lacing[:taken], lacing[taken:]
        size = sum(page_lacing)
        flags = (CONTINUED if continued else 0) | (LAST_PAGE if ends_stream and index == count - 1 else 0)
        granule = 0 if any(segment < MAX_SEGMENTS for segment in page_lacing) else NO_POSITION
        written.append(_page(first[4], flags, granule, found.serial, number, page_lacing, data[:size]))
        data = data[size:]
        continued = page_lacing[-1] == MAX_SEGMENTS
    splices = []
    for index, page in enumerate(found.pages):
        is_last = index == before - 1
        own = b"".join(written[index:]) if is_last else b"".join(written[index : index + 1])
        splices.append(Splice(_offset(page), page.end, own))
    if count != before and not ends_stream:
        splices += _numbered_anew(file, found, count - before)
    return splices


def _page(version: int, flags: int, granule: int, serial: int, number: int, lacing: bytes, data: bytes) -> bytes:
    head = MAGIC + struct.pack("<BBQII4xB", version, flags, granule, serial, number, len(lacing))
    page = bytearray(head + lacing + data)
    page[CHECKSUM] = checksum(page)
    return bytes(page)


def _numbered_anew(file: BinaryIO, found: HeaderPages, shift: int) -> Iterator[Splice]:
    """The number and the checksum of every later page of the stream."""
    position = found.pages[-1].end
    for page in pages(file, position):
        position = page.end
        if page.serial != found.serial:
            continue
        head = _head(file, page)
        old = int.from_bytes(head[18:22], "little")
        new = (old + shift) & 0xFFFF_FFFF
        change = bytearray(len(head) + page.end - page.start)
        change[18:22] = (old ^ new).to_bytes(4, "little")
        noted = int.from_bytes(head[CHECKSUM], "little") ^ int.from_bytes(checksum(change), "little")
        offset = _offset(page)
        content = new.to_bytes(4, "little") + noted.to_bytes(4, "little")
        yield Splice(offset + NUMBER_AND_CHECKSUM.start, offset + NUMBER_AND_CHECKSUM.stop, content)
        if page.is_last:
            return
    if position < file_length(file):
        raise CannotHold("Ogg pages damaged")
