"""What else a container carries beside sound and tags, and must still carry after a write."""

from __future__ import annotations

import hashlib
from typing import BinaryIO

from pemr_desktop.tagfiles.containers.chunks import Chunk, dsf_chunks, file_length, mp4_atoms
from pemr_desktop.tagfiles.containers.forms import FORMS, chunks_of

ID3_NAME = b"id3 "
LIGHT = 4096
TEXTS = (b"LIST", b"NAME", b"AUTH", b"ANNO", b"(c) ")
MP4_MOVES = (b"moov", b"mdat", b"free", b"skip")


def side_content(file: BinaryIO, container: str, *, but_texts: bool = False) -> list[tuple[bytes, bytes]]:
    """(name, digest) of every chunk that is neither ID3 nor an index: cue points, broadcast data, sound and such.

    `but_texts`: those in which old programs keep texts are left out, as one of them is to change.
    """
    return [(chunk.name, _digest(file, chunk)) for chunk in _side_chunks(file, container, but_texts)]


def _side_chunks(file: BinaryIO, container: str, but_texts: bool) -> list[Chunk]:
    if container == "mp4":
        chunks = [atom for atom in mp4_atoms(file) if atom.name not in MP4_MOVES]
    elif container in FORMS:
        chunks = [chunk for chunk in chunks_of(file, container) if not (but_texts and chunk.name in TEXTS)]
    elif container == "dsf":
        chunks = list(dsf_chunks(file))
    else:
        return []
    length = file_length(file)
    return [chunk for chunk in chunks if chunk.name.lower() != ID3_NAME and chunk.start <= length]


def light_content(file: BinaryIO, container: str, *, but_texts: bool = False) -> list[tuple[bytes, int, bytes]]:
    """(name, size, start) of the same chunks: what tells a missing or moved one without reading all sound."""
    found = []
    for chunk in _side_chunks(file, container, but_texts):
        file.seek(chunk.start)
        found.append((chunk.name, chunk.end - chunk.start, file.read(min(LIGHT, chunk.end - chunk.start))))
    return found


def _digest(file: BinaryIO, chunk: Chunk) -> bytes:
    file.seek(chunk.start)
    made = hashlib.blake2b(digest_size=16)
    left = chunk.end - chunk.start
    while left > 0 and (block := file.read(min(left, 1 << 20))):
        made.update(block)
        left -= len(block)
    return made.digest()
