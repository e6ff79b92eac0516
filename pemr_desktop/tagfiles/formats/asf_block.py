"""The header of an ASF file, taken apart into objects and attributes and put together again to the byte."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO, NamedTuple

from pemr_desktop.refusals import Refusal, refusal
from pemr_desktop.tagfiles.containers.chunks import file_length
from pemr_desktop.tagfiles.errors import CannotHold
from pemr_desktop.tagfiles.splices import Splice

FILE_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
CONTENT = bytes.fromhex("3326b2758e66cf11a6d900aa0062ce6c")
EXTENDED_CONTENT = bytes.fromhex("40a4d0d207e3d21197f000a0c95ea850")
HEADER_EXTENSION = bytes.fromhex("b503bf5f2ea9cf118ee300c00c205365")
METADATA = bytes.fromhex("eacbf8c5af5b77488467aa8c44fa4cca")
METADATA_LIBRARY = bytes.fromhex("941c23449894d149a1411d134e457054")
PADDING = bytes.fromhex("74d40618dfca0945a4ba9aabcb96aae8")
EXTENSION_START = bytes.fromhex("11d2d3abbaa9cf118ee600c00c205365") + b"\x06\0"
ATTRIBUTE_LISTS = (CONTENT, EXTENDED_CONTENT, METADATA, METADATA_LIBRARY)
"""In the order in which the values of an attribute are read."""
FIXED_NAMES = ("Title", "Author", "Copyright", "Description", "Rating")
HEADER_HEAD = 30
OBJECT_HEAD = 24
EXTENSION_HEAD = 22
LARGEST_HEADER = 1 << 28
NEW_PADDING = 1024
TEXT, BYTES, TRUTH, DWORD, QWORD, WORD, GUID = range(7)


class Incomplete(Exception):
    """A count or a length is damaged."""


class Attribute(NamedTuple):
    """One attribute. `raw`: all of it as it lies in its list."""

    name: str
    kind: int
    value: bytes
    raw: bytes


@dataclass(frozen=True)
class AsfObject:
    """One object of the header: its attributes, the objects in it, or its bytes."""

    guid: bytes
    content: bytes = b""
    attributes: tuple[Attribute, ...] | None = None
    children: tuple[AsfObject, ...] | None = None


@dataclass(frozen=True)
class AsfBlock:
    """The header, which takes the first `size` bytes of a file of `length`."""

    head: bytes
    size: int
    length: int
    objects: tuple[AsfObject, ...]
    damage: Refusal | None = None


def read_header(stream: BinaryIO) -> AsfBlock:
    """The header of the file, as far as it can be told apart."""
    length = file_length(stream)
    stream.seek(0)
    head = stream.read(HEADER_HEAD)
    try:
        size, count = struct.unpack_from("<QI", head, 16)
        if not HEADER_HEAD <= size <= min(LARGEST_HEADER, length):
            raise Incomplete("its size is impossible")
        objects = tuple(_objects(stream.read(size - HEADER_HEAD)))
    except (Incomplete, struct.error):
        return AsfBlock(head, 0, length, (), refusal("ASF damaged"))
    return AsfBlock(head, size, length, objects, refusal("ASF damaged") if len(objects) != count else None)


def _objects(data: bytes) -> Iterator[AsfObject]:
    """Objects that fill the data without a gap. Raises Incomplete and struct.error."""
    position = 0
    while position < len(data):
        (size,) = struct.unpack_from("<Q", data, position + 16)
        if not OBJECT_HEAD <= size <= len(data) - position:
            raise Incomplete("the size of an object is wrong")
        guid, content = data[position : position + 16], data[position + OBJECT_HEAD : position + size]
        position += size
        if guid == HEADER_EXTENSION:
            (inner,) = struct.unpack_from("<I", content, EXTENSION_HEAD - 4)
            if inner != len(content) - EXTENSION_HEAD:
                raise Incomplete("the size of its extension is wrong")
            start = content[: EXTENSION_HEAD - 4]
            yield AsfObject(guid, start, children=tuple(_objects(content[EXTENSION_HEAD:])))
        elif guid in ATTRIBUTE_LISTS:
            yield AsfObject(guid, attributes=tuple(_attributes(guid, content)))
        elif guid == PADDING and content.strip(b"\0"):
            raise Incomplete("something lies in padding")
        else:
            yield AsfObject(guid, content)


def _attributes(guid: bytes, content: bytes) -> Iterator[Attribute]:
    """Those of a list. Raises Incomplete where something other than padding follows the last."""
    position = 10 if guid == CONTENT else 2
    if guid == CONTENT:
        for name, size in zip(FIXED_NAMES, struct.unpack_from("<5H", content), strict=True):
            value = content[position : position + size]
            yield Attribute(name, TEXT, value, value)
            position += size
    else:
        for _ in range(struct.unpack_from("<H", content)[0]):
            found = _extended(content, position) if guid == EXTENDED_CONTENT else _library(content, position)
            yield found
            position += len(found.raw)
    if position > len(content) or content[position:].strip(b"\0"):
        raise Incomplete("an attribute is longer than its list, or something follows the last")


def _extended(content: bytes, position: int) -> Attribute:
    (name_size,) = struct.unpack_from("<H", content, position)
    kind, size = struct.unpack_from("<HH", content, position + 2 + name_size)
    start = position + 6 + name_size
    return _attribute(content, position, position + 2, name_size, kind, start, size)


def _library(content: bytes, position: int) -> Attribute:
    name_size, kind, size = struct.unpack_from("<HHI", content, position + 4)
    return _attribute(content, position, position + 12, name_size, kind, position + 12 + name_size, size)


def _attribute(content: bytes, start: int, name_at: int, name_size: int, kind: int, at: int, size: int) -> Attribute:
    if at + size > len(content):
        raise Incomplete("an attribute is longer than its list")
    name = content[name_at : name_at + name_size].decode("utf-16-le", "replace").strip("\0")
    return Attribute(name, kind, content[at : at + size], content[start : at + size])


def lists(objects: tuple[AsfObject, ...]) -> Iterator[tuple[bytes, Attribute]]:
    """All attributes with the list that each is in, in the order in which they are read."""
    flat = [*objects, *(child for entry in objects for child in entry.children or ())]
    for guid in ATTRIBUTE_LISTS:
        for entry in flat:
            if entry.guid == guid:
                yield from ((guid, attribute) for attribute in entry.attributes or ())


def without(objects: tuple[AsfObject, ...], names: frozenset[str]) -> tuple[AsfObject, ...]:
    """The objects without the attributes of these names, in lower case."""
    made = []
    for entry in objects:
        if entry.children is not None:
            made.append(replace(entry, children=without(entry.children, names)))
        elif entry.guid == CONTENT:
            made.append(replace(entry, attributes=tuple(_emptied(found, names) for found in entry.attributes or ())))
        elif entry.attributes is not None:
            kept = tuple(attribute for attribute in entry.attributes if attribute.name.lower() not in names)
            made.append(replace(entry, attributes=kept))
        else:
            made.append(entry)
    return tuple(made)


def _emptied(attribute: Attribute, names: frozenset[str]) -> Attribute:
    return attribute._replace(value=b"", raw=b"") if attribute.name.lower() in names else attribute


def with_text(objects: tuple[AsfObject, ...], name: str, text: str, *, is_first: bool) -> tuple[AsfObject, ...]:
    """The objects with one more value; only the first of a name may stand outside of the metadata library."""
    value = text.encode("utf-16-le") + b"\0\0"
    if is_first and name in FIXED_NAMES and len(value) < 1 << 16:
        every = [Attribute(fixed, TEXT, b"", b"") for fixed in FIXED_NAMES]
        return _put(objects, CONTENT, tuple(every), Attribute(name, TEXT, value, value))
    coded = name.encode("utf-16-le") + b"\0\0"
    if is_first and name not in FIXED_NAMES and len(value) < 1 << 16:
        raw = struct.pack("<H", len(coded)) + coded + struct.pack("<HH", TEXT, len(value)) + value
        return _put(objects, EXTENDED_CONTENT, (), Attribute(name, TEXT, value, raw))
    raw = struct.pack("<HHHHI", 0, 0, len(coded), TEXT, len(value)) + coded + value
    extended = next((number for number, entry in enumerate(objects) if entry.guid == HEADER_EXTENSION), None)
    if extended is None:
        objects = (*objects, AsfObject(HEADER_EXTENSION, EXTENSION_START, children=()))
        extended = len(objects) - 1
    children = _put(objects[extended].children or (), METADATA_LIBRARY, (), Attribute(name, TEXT, value, raw))
    return (*objects[:extended], replace(objects[extended], children=children), *objects[extended + 1 :])


def _put(
    objects: tuple[AsfObject, ...], guid: bytes, empty: tuple[Attribute, ...], new: Attribute
) -> tuple[AsfObject, ...]:
    """Put an attribute into the first list of a kind; where there is none, into a new one."""
    number = next((number for number, entry in enumerate(objects) if entry.guid == guid), None)
    if number is None:
        objects, number = (*objects, AsfObject(guid, attributes=empty)), len(objects)
    present = objects[number].attributes or ()
    if guid == CONTENT:
        made = tuple(new if attribute.name == new.name else attribute for attribute in present)
    else:
        made = (*present, new)
    return (*objects[:number], replace(objects[number], attributes=made), *objects[number + 1 :])


def header_splices(block: AsfBlock) -> list[Splice]:
    """The whole header, as long as it was where that is possible; the length of the file in it stays true."""
    kept = tuple(entry for entry in block.objects if entry.guid != PADDING)
    used = HEADER_HEAD + sum(len(_bytes(entry)) for entry in kept)
    room = block.size - used - OBJECT_HEAD
    if block.size != used:
        kept = (*kept, AsfObject(PADDING, bytes(room if room >= 0 else NEW_PADDING)))
    size = HEADER_HEAD + sum(len(_bytes(entry)) for entry in kept)
    kept = tuple(_with_length(entry, block.length, block.length + size - block.size) for entry in kept)
    head = block.head[:16] + struct.pack("<QI", size, len(kept)) + block.head[28:]
    return [Splice(0, block.size, head + b"".join(_bytes(entry) for entry in kept))]


def _with_length(entry: AsfObject, before: int, after: int) -> AsfObject:
    if entry.guid != FILE_PROPERTIES or entry.content[16:24] != struct.pack("<Q", before):
        return entry
    return replace(entry, content=entry.content[:16] + struct.pack("<Q", after) + entry.content[24:])


def _bytes(entry: AsfObject) -> bytes:
    content = entry.content
    if entry.children is not None:
        inner = b"".join(_bytes(child) for child in entry.children)
        content += struct.pack("<I", len(inner)) + inner
    elif entry.attributes is not None:
        raw = b"".join(attribute.raw for attribute in entry.attributes)
        try:
            sizes = [len(attribute.raw) for attribute in entry.attributes]
            counted = struct.pack("<5H", *sizes) if entry.guid == CONTENT else struct.pack("<H", len(sizes))
        except struct.error as error:
            raise CannotHold("ASF list full") from error
        content = counted + raw
    return entry.guid + struct.pack("<Q", OBJECT_HEAD + len(content)) + content
