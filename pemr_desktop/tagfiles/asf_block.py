"""The raw attribute lists of an ASF file: whether they hold as much as they say, where mutagen would not look."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

EXTENDED_CONTENT = bytes.fromhex("40a4d0d207e3d21197f000a0c95ea850")
HEADER_EXTENSION = bytes.fromhex("b503bf5f2ea9cf118ee300c00c205365")
METADATA = bytes.fromhex("eacbf8c5af5b77488467aa8c44fa4cca")
METADATA_LIBRARY = bytes.fromhex("941c23449894d149a1411d134e457054")
OBJECT_HEAD = 24
LARGEST_HEADER = 1 << 28


def is_complete(stream: BinaryIO) -> bool:
    """Whether the header has as many objects as it says, and nothing but padding follows the attributes of each list.

    Else a count or a length is damaged, and rewriting would drop the rest.
    """
    stream.seek(16)
    head = stream.read(14)
    if len(head) < 14:
        return False
    size, count = struct.unpack_from("<QI", head)
    objects = stream.read(max(0, min(size, LARGEST_HEADER) - OBJECT_HEAD - 6))
    found = list(_objects(objects))
    return len(found) == count and all(_object_is_complete(kind, content) for kind, content in found)


def _objects(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    position = 0
    while position + OBJECT_HEAD <= len(data):
        (size,) = struct.unpack_from("<Q", data, position + 16)
        yield data[position : position + 16], data[position + OBJECT_HEAD : position + size]
        position += max(size, OBJECT_HEAD)


def _object_is_complete(kind: bytes, content: bytes) -> bool:
    if kind == HEADER_EXTENSION:
        return all(_object_is_complete(*inner) for inner in _objects(content[22:]))
    return kind not in (EXTENDED_CONTENT, METADATA, METADATA_LIBRARY) or not _rest(content, kind).strip(b"\0")


def _rest(content: bytes, kind: bytes) -> bytes:
    """What follows the last attribute; the whole list when it ends early."""
    try:
        (count,) = struct.unpack_from("<H", content)
        position = 2
        for _ in range(count):
            if kind == EXTENDED_CONTENT:
                (name,) = struct.unpack_from("<H", content, position)
                (value,) = struct.unpack_from("<H", content, position + 2 + name + 2)
                position += 6 + name + value
            else:
                name, _, value = struct.unpack_from("<HHI", content, position + 4)
                position += 12 + name + value
    except struct.error:
        return content
    return content[position:] if position <= len(content) else content
