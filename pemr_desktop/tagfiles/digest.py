"""Digests of the sound of a file, which stay the same whatever happens to its tags."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from pemr_desktop.tagfiles.containers.audio_spans import audio_spans
from pemr_desktop.tagfiles.containers.chunks import file_length
from pemr_desktop.tagfiles.containers.ogg import audio_pieces, lacking_bytes
from pemr_desktop.tagfiles.containers.sniffing import sniff
from pemr_desktop.tagfiles.read import open_ordinary

DIGEST_SIZE = 16
QUICK_VERSION = 1
"""Rises when `quick_digest` is made in another way. It is stored beside each, and those of two ways never compared."""
BLOCK_BYTES = 1 << 20
SAMPLE_BYTES = 16_384
OGG_PIECES = 200
MAX_LACKING = 1 << 40
"""Bytes; no file that anybody made lacks more."""


def audio_digest(path: Path) -> bytes:
    """BLAKE2b (16 bytes) of all sound in the file, without tags and pictures. Raises TagReadError."""
    with open_ordinary(path) as (stream, _):
        return audio_digest_of(stream)


def quick_digest(path: Path) -> bytes:
    """A digest of a few samples of the sound, enough to know a moved file again. Raises TagReadError."""
    with open_ordinary(path) as (stream, _):
        return quick_digest_of(stream, sniff(stream))


def audio_digest_of(stream: BinaryIO) -> bytes:
    """`audio_digest` of an open file."""
    container = sniff(stream)
    made = hashlib.blake2b(container.encode(), digest_size=DIGEST_SIZE)
    if container.startswith("ogg/"):
        for piece in audio_pieces(stream, file_length(stream)):
            made.update(piece)
        return made.digest()
    for start, end in audio_spans(stream, container).spans:
        stream.seek(start)
        for block in _blocks(stream, end - start):
            made.update(block)
    return made.digest()


def quick_digest_of(stream: BinaryIO, container: str) -> bytes:
    """`quick_digest` of an open file whose container is known."""
    made = hashlib.blake2b(b"quick " + container.encode(), digest_size=DIGEST_SIZE)
    if container.startswith("ogg/"):
        for piece in islice(audio_pieces(stream, file_length(stream)), OGG_PIECES):
            made.update(piece)
        made.update(_last_granule(stream))
        return made.digest()
    for start, end in audio_spans(stream, container).spans:
        made.update((end - start).to_bytes(8, "little"))
        for position in sorted({start, max(start, (start + end) // 2), max(start, end - SAMPLE_BYTES)}):
            stream.seek(position)
            made.update(stream.read(min(SAMPLE_BYTES, end - position)))
    return made.digest()


def cut_off_warning(stream: BinaryIO, container: str) -> str:
    """A sentence where the container announces more bytes than the file has; empty where nothing is known to lack."""
    if container.startswith("ogg/"):
        lacking = lacking_bytes(stream, file_length(stream))
    else:
        lacking = audio_spans(stream, container).lacking
    if lacking > MAX_LACKING:
        return "It is cut off, or a size in it is damaged: it says that it is far longer than it is."
    return f"It is cut off: at least {lacking:,} bytes are lacking at its end." if lacking else ""


def whole_digest(stream: BinaryIO) -> bytes:
    """BLAKE2b (16 bytes) of every byte of the file."""
    stream.seek(0)
    made = hashlib.blake2b(digest_size=DIGEST_SIZE)
    while block := stream.read(BLOCK_BYTES):
        made.update(block)
    return made.digest()


def _blocks(stream: BinaryIO, length: int) -> Iterator[bytes]:
    while length > 0:
        block = stream.read(min(BLOCK_BYTES, length))
        if not block:
            return
        length -= len(block)
        yield block


def _last_granule(stream: BinaryIO) -> bytes:
    """The position that the last page names: how long the sound is."""
    length = file_length(stream)
    stream.seek(max(0, length - 131_072))
    tail = stream.read()
    last = tail.rfind(b"OggS")
    return tail[last + 6 : last + 14] if last >= 0 else b""
