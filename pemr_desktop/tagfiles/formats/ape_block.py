"""The raw APEv2 block of a file: what is in it and what lies behind it, where mutagen would pass over both."""

from __future__ import annotations

import os
import struct
from typing import BinaryIO

from mutagen import MutagenError
from mutagen.apev2 import _APEv2Data

ID3V1_LENGTH = 128
ITEM_HEAD = 8
NO_ITEM = b""


def item_keys(stream: BinaryIO) -> list[bytes]:
    """The keys of all items, and one empty key when the block ends with something that is none."""
    try:
        found = _APEv2Data(stream)
    except (OSError, MutagenError):
        return []
    block = found.tag or b""
    keys: list[bytes] = []
    position = 0
    while position + ITEM_HEAD < len(block) and block[position:].strip(b"\0"):
        (size,) = struct.unpack_from("<I", block, position)
        end_of_key = block.find(b"\0", position + ITEM_HEAD)
        if end_of_key < 0:
            break
        keys.append(block[position + ITEM_HEAD : end_of_key])
        position = end_of_key + 1 + size
    return [*keys, NO_ITEM] if block[position:].strip(b"\0") else keys


def behind_block(stream: BinaryIO) -> bytes:
    """What lies between the end of the block and the end of the file; an ID3v1 tag where there is no block."""
    length = stream.seek(0, os.SEEK_END)
    try:
        found = _APEv2Data(stream)
    except (OSError, MutagenError):
        return b""
    if found.end is not None and not found.is_at_start:
        stream.seek(found.end)
        return stream.read()
    if length < ID3V1_LENGTH:
        return b""
    stream.seek(-ID3V1_LENGTH, os.SEEK_END)
    last = stream.read()
    return last if last.startswith(b"TAG") else b""
