"""What else a container carries beside sound and tags, and must still carry after a write."""

from __future__ import annotations

import hashlib
from typing import BinaryIO

from pemr_desktop.tagfiles.containers.chunks import Chunk, dsdiff_chunks, dsf_chunks, file_length, iff_chunks, mp4_atoms

ID3_NAME = b"id3 "
MP4_MOVES = (b"moov", b"mdat", b"free", b"skip")


def side_content(file: BinaryIO, container: str) -> list[tuple[bytes, bytes]]:
    """(name, digest) of every chunk that is neither sound nor tags: cue points, broadcast data, chapters and such."""
    if container == "mp4":
        chunks = [atom for atom in mp4_atoms(file) if atom.name not in MP4_MOVES]
    elif container in ("riff", "aiff"):
        chunks = list(iff_chunks(file, big_endian=container == "aiff"))
    elif container == "dsdiff":
        chunks = list(dsdiff_chunks(file))
    elif container == "dsf":
        chunks = list(dsf_chunks(file))
    else:
        return []
    return [
        (chunk.name, _digest(file, chunk))
        for chunk in chunks
        if chunk.name.lower() != ID3_NAME and chunk.start <= file_length(file)
    ]


def _digest(file: BinaryIO, chunk: Chunk) -> bytes:
    file.seek(chunk.start)
    made = hashlib.blake2b(digest_size=16)
    left = chunk.end - chunk.start
    while left > 0 and (block := file.read(min(left, 1 << 20))):
        made.update(block)
        left -= len(block)
    return made.digest()
