"""A digest of a few samples of the coded sound: quick to make, and the same whatever happens to tags and container.

It tells a moved file again, and whether a file that changed has still the sound that was heard. It is made of bytes of
the stream itself, never of pages, chunks or atoms, which programs lay out anew when they write tags.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import BinaryIO

from pemr_desktop.tagfiles.containers.coded_sound import CodedSound, coded_sound
from pemr_desktop.tagfiles.containers.ogg_sound import ogg_ends
from pemr_desktop.tagfiles.containers.read_only import READ_ONLY
from pemr_desktop.tagfiles.containers.sniffing import sniff
from pemr_desktop.tagfiles.digest import DIGEST_SIZE
from pemr_desktop.tagfiles.errors import TagReadError
from pemr_desktop.tagfiles.foreign import packet_ends
from pemr_desktop.tagfiles.read import open_ordinary

QUICK_VERSION = 2
"""Rises when it is made in another way. It is stored beside each, and those of two versions are never compared."""
SAMPLE_BYTES = 16_384
LENGTH_UNIT = 16_384
"""Samples, so many of which are as none: programs that write pages anew move the last position by a few."""
END_BYTES = 65_536
"""Of either end, where the middle of the stream cannot be found without reading all of it."""


def quick_digest(path: Path) -> bytes:
    """The digest (16 bytes) of a file. Raises TagReadError."""
    with open_ordinary(path) as (stream, _):
        return quick_digest_of(stream, sniff(stream), path)


def quick_digest_of(stream: BinaryIO, container: str, path: Path) -> bytes:
    """The same of an open file whose container is known."""
    made = hashlib.blake2b(f"quick {QUICK_VERSION} {container}".encode(), digest_size=DIGEST_SIZE)
    if container.startswith("ogg/") and container not in READ_ONLY:
        ends = ogg_ends(stream, END_BYTES)
        made.update((ends.granule // LENGTH_UNIT).to_bytes(8, "little") + ends.head + ends.tail)
        return made.digest()
    if container in READ_ONLY or container == "asf":
        try:
            made.update(b"".join(packet_ends(stream, path, container, END_BYTES)))
        except TagReadError:  # locked with a key, or damaged: the bytes themselves have to do
            pass
        else:
            return made.digest()
    sound = coded_sound(stream, container)
    made.update(sound.form + sound.length.to_bytes(8, "little"))
    for start in sorted({0, sound.length // 2, max(0, sound.length - SAMPLE_BYTES)}):
        made.update(_bytes_at(stream, sound, start, SAMPLE_BYTES))
    return made.digest()


def _bytes_at(stream: BinaryIO, sound: CodedSound, offset: int, size: int) -> bytes:
    """Bytes of the stream from a place in it on, from whichever spans hold them."""
    found = bytearray()
    for span in sound.spans:
        length = span.end - span.start
        if offset < length:
            stream.seek(span.start + offset)
            found += stream.read(min(size - len(found), length - offset))
            if len(found) >= size:
                break
        offset = max(0, offset - length)
    return bytes(found)
