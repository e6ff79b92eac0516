"""The quick digest as version 0.1.0 made it, to know whether a file has still the sound that was heard then.

It took the first 200 pieces of Ogg pages, and so depended on where pages end. No new one is made; a stored one is
looked for among all that this sound can have given, whatever pages carried it.
"""

from __future__ import annotations

import hashlib
from typing import BinaryIO

from pemr_desktop.tagfiles.containers.audio_spans import audio_spans
from pemr_desktop.tagfiles.containers.chunks import file_length
from pemr_desktop.tagfiles.containers.ogg import COMMENT_PACKET, pages
from pemr_desktop.tagfiles.digest import DIGEST_SIZE

FIRST_VERSION = 1
SAMPLE_BYTES = 16_384
PIECES = 200
MOST_SEGMENTS = PIECES * 255


def first_quick_digests(stream: BinaryIO, container: str) -> frozenset[bytes]:
    """All digests that 0.1.0 can have made of this sound: one, or for Ogg one for each place where a page can end."""
    made = hashlib.blake2b(b"quick " + container.encode(), digest_size=DIGEST_SIZE)
    if container.startswith("ogg/"):
        return _of_pages(stream, made)
    for start, end in audio_spans(stream, container).spans:
        made.update((end - start).to_bytes(8, "little"))
        for position in sorted({start, max(start, (start + end) // 2), max(start, end - SAMPLE_BYTES)}):
            stream.seek(position)
            made.update(stream.read(min(SAMPLE_BYTES, end - position)))
    return frozenset((made.digest(),))


def _of_pages(stream: BinaryIO, made: hashlib.blake2b) -> frozenset[bytes]:
    length = file_length(stream)
    last_granule = _last_granule(stream, length)
    packet_of: dict[int, int] = {}
    found: set[bytes] = set()
    segments = 0
    for page in pages(stream):
        stream.seek(page.start)
        content = stream.read(max(0, min(page.end, length) - page.start))
        packet, position = packet_of.get(page.serial, 0), 0
        for size in page.lacing:
            if packet != COMMENT_PACKET:
                made.update(content[position : position + size])
                ended = made.copy()
                ended.update(last_granule)
                found.add(ended.digest())
                segments += 1
            position += size
            packet += size < 255
        packet_of[page.serial] = packet
        if segments >= MOST_SEGMENTS:
            break
    return frozenset(found)


def _last_granule(stream: BinaryIO, length: int) -> bytes:
    stream.seek(max(0, length - 131_072))
    tail = stream.read()
    last = tail.rfind(b"OggS")
    return tail[last + 6 : last + 14] if last >= 0 else b""
