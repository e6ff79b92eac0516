"""How long the sound of a WAV file is, where its header does not say it in samples."""

from __future__ import annotations

import struct
from typing import BinaryIO

from pemr_desktop.tagfiles.containers.chunks import file_length, iff_chunks

PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE


def true_length_s(file: BinaryIO) -> float | None:
    """From the bytes that are there; of sound that is not PCM from the `fact` chunk or the bytes of a second.

    None where nothing of that is known.
    """
    length = file_length(file)
    kind = rate = bytes_per_second = samples = 0
    sound = None
    for chunk in iff_chunks(file, big_endian=False):
        file.seek(chunk.start)
        if chunk.name == b"fmt " and len(head := file.read(16)) == 16:
            kind, _, rate, bytes_per_second = struct.unpack_from("<HHII", head)
        elif chunk.name == b"fact" and len(head := file.read(4)) == 4:
            (samples,) = struct.unpack("<I", head)
        elif chunk.name == b"data" and sound is None:
            sound = min(chunk.end, length) - chunk.start
    if kind not in (PCM, FLOAT, EXTENSIBLE) and rate and 0 < samples < 0xFFFF_FFFF:
        return samples / rate
    return sound / bytes_per_second if sound and bytes_per_second else None
