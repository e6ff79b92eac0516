"""Digests of the sound of a file, which stay the same whatever happens to its tags."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from pemr_desktop.refusals import Refusal, refusal
from pemr_desktop.tagfiles.containers.audio_spans import audio_spans
from pemr_desktop.tagfiles.containers.chunks import file_length
from pemr_desktop.tagfiles.containers.ogg import audio_pieces, lacking_bytes
from pemr_desktop.tagfiles.containers.sniffing import sniff
from pemr_desktop.tagfiles.read import open_ordinary

DIGEST_SIZE = 16
BLOCK_BYTES = 1 << 20
MAX_LACKING = 1 << 40
"""Bytes; no file that anybody made lacks more."""


def audio_digest(path: Path) -> bytes:
    """BLAKE2b (16 bytes) of all sound in the file, without tags and pictures. Raises TagReadError."""
    with open_ordinary(path) as (stream, _):
        return audio_digest_of(stream)


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


def cut_off_warning(stream: BinaryIO, container: str) -> Refusal | None:
    """That the container announces more bytes than the file has; None where nothing is known to lack."""
    if container.startswith("ogg/"):
        lacking = lacking_bytes(stream, file_length(stream))
    else:
        lacking = audio_spans(stream, container).lacking
    if lacking > MAX_LACKING:
        return refusal("cut off, or size damaged")
    return refusal("cut off", count=f"{lacking:,}") if lacking else None


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
