"""The raw header of an ASF file: whether it holds as much as it says, where mutagen would not look."""

from __future__ import annotations

import struct
from typing import BinaryIO

from pemr_desktop.tagfiles.containers.chunks import file_length

FILE_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
CONTENT = bytes.fromhex("3326b2758e66cf11a6d900aa0062ce6c")
EXTENDED_CONTENT = bytes.fromhex("40a4d0d207e3d21197f000a0c95ea850")
HEADER_EXTENSION = bytes.fromhex("b503bf5f2ea9cf118ee300c00c205365")
METADATA = bytes.fromhex("eacbf8c5af5b77488467aa8c44fa4cca")
METADATA_LIBRARY = bytes.fromhex("941c23449894d149a1411d134e457054")
PADDING = bytes.fromhex("74d40618dfca0945a4ba9aabcb96aae8")
HEADER_HEAD = 30
FILE_ID = 16
OBJECT_HEAD = 24
EXTENSION_HEAD = 22
LARGEST_HEADER = 1 << 28


class Incomplete(Exception):
    """A count or a length is damaged, so that rewriting would drop something."""


def is_complete(stream: BinaryIO) -> bool:
    """Whether the header has as many objects as it says, one behind the other, and nothing is hidden in them.

    Hidden is what follows the last attribute of a list, or lies in padding: another object, swallowed by a length
    that is too large.
    """
    try:
        _check_header(stream)
    except (Incomplete, struct.error):
        return False
    return True


def note_length(stream: BinaryIO, before: int) -> None:
    """Write how long the file is where the header says that it is `before` bytes long."""
    _, data = _header(stream)
    position = HEADER_HEAD
    for kind, content in _objects(data):
        offset = position + OBJECT_HEAD + FILE_ID
        if kind == FILE_PROPERTIES and struct.unpack_from("<Q", content, FILE_ID) == (before,):
            length = file_length(stream)
            stream.seek(offset)
            stream.write(struct.pack("<Q", length))
            return
        position += OBJECT_HEAD + len(content)


def _header(stream: BinaryIO) -> tuple[int, bytes]:
    stream.seek(0)
    size, count = struct.unpack_from("<QI", stream.read(HEADER_HEAD), 16)
    if not HEADER_HEAD <= size <= LARGEST_HEADER:
        raise Incomplete("its size is impossible")
    return count, stream.read(size - HEADER_HEAD)


def _check_header(stream: BinaryIO) -> None:
    count, data = _header(stream)
    objects = _objects(data)
    if len(objects) != count:
        raise Incomplete("the count of its objects is wrong")
    for kind, content in objects:
        if kind == HEADER_EXTENSION:
            (size,) = struct.unpack_from("<I", content, EXTENSION_HEAD - 4)
            if size != len(content) - EXTENSION_HEAD:
                raise Incomplete("the size of its extension is wrong")
            for inner in _objects(content[EXTENSION_HEAD:]):
                _check_object(*inner)
        else:
            _check_object(kind, content)


def _objects(data: bytes) -> list[tuple[bytes, bytes]]:
    """(GUID, content) of objects that fill the data without a gap. Raises Incomplete and struct.error."""
    found = []
    position = 0
    while position < len(data):
        (size,) = struct.unpack_from("<Q", data, position + 16)
        if not OBJECT_HEAD <= size <= len(data) - position:
            raise Incomplete("the size of an object is wrong")
        found.append((data[position : position + 16], data[position + OBJECT_HEAD : position + size]))
        position += size
    return found


def _check_object(kind: bytes, content: bytes) -> None:
    if kind == PADDING:
        rest = content
    elif kind == CONTENT:
        rest = content[10 + sum(struct.unpack_from("<5H", content)) :]
    elif kind in (EXTENDED_CONTENT, METADATA, METADATA_LIBRARY):
        rest = content[_end_of_attributes(content, kind) :]
    else:
        return
    if rest.strip(b"\0"):
        raise Incomplete("something follows the last attribute, or lies in padding")


def _end_of_attributes(content: bytes, kind: bytes) -> int:
    """Where the last attribute of a list ends. Raises Incomplete and struct.error when the list ends before it."""
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
    if position > len(content):
        raise Incomplete("an attribute is longer than its list")
    return position
