"""The APEv2 block of a file, taken apart into its items and put together again to the byte."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from typing import BinaryIO, NamedTuple

from pemr_desktop.refusals import Refusal, refusal
from pemr_desktop.tagfiles.containers.end_blocks import APE_HEAD, HAS_HEADER, end_blocks

PREAMBLE = b"APETAGEX"
IS_HEADER = 0x2000_0000
VERSION_2 = 2000
ITEM_HEAD = 8
KIND_BITS = 0b110
TEXT, BINARY, EXTERNAL = 0, 2, 4
SHORTEST_KEY, LONGEST_KEY = 2, 255
FORBIDDEN_KEYS = (b"id3", b"tag", b"oggs", b"mp+")
FIRST_VERSION = refusal("APE first version")


class Item(NamedTuple):
    """One item; `raw`: all of it as in the file."""

    key: bytes
    flags: int
    value: bytes
    raw: bytes


@dataclass(frozen=True)
class ApeBlock:
    """Bytes [start, end) of the file. `is_new`: not in it yet, and goes there."""

    start: int
    end: int
    is_new: bool
    version: int = VERSION_2
    flags: int = HAS_HEADER
    has_header: bool = True
    items: tuple[Item, ...] = ()
    reserved: bytes = bytes(8)
    damage: Refusal | None = None


def find_block(file: BinaryIO) -> ApeBlock:
    """The block at the end of the file, or, where there is none, before its first byte; else a new one.

    A new one stands before what is at the end already, such as an ID3v1 block, which must stay the last.
    """
    blocks = end_blocks(file)
    found = next((block for block in blocks if block.kind == "ape"), None)
    if found is not None:
        file.seek(found.start)
        return _read(file.read(found.end - found.start), found.start, found.end)
    at = min((block.start for block in blocks if block.kind == "id3v1"), default=file.seek(0, 2))
    return ApeBlock(at, at, True)


def _read(content: bytes, start: int, end: int) -> ApeBlock:
    footer = content[-APE_HEAD:]
    version, size, count, flags = struct.unpack_from("<IIII", footer, 8)
    has_header = bool(flags & HAS_HEADER)
    body = content[APE_HEAD if has_header else 0 : -APE_HEAD]
    block = ApeBlock(start, end, False, version, flags, has_header, (), footer[24:])
    if (has_header and content[:8] != PREAMBLE) or len(body) != size - APE_HEAD:
        return replace(block, damage=refusal("APE misplaced start"))
    items, rest = _items(body)
    block = replace(block, items=items)
    if rest or len(items) != count:
        return replace(block, damage=refusal("APE miscounted"))
    if version < VERSION_2 and any(not item.raw.isascii() for item in items):
        return replace(block, damage=FIRST_VERSION)
    return block


def _items(body: bytes) -> tuple[tuple[Item, ...], bytes]:
    """The items, and what follows the last that can be told apart."""
    found: list[Item] = []
    position = 0
    while position + ITEM_HEAD < len(body):
        size, flags = struct.unpack_from("<II", body, position)
        end_of_key = body.find(b"\0", position + ITEM_HEAD)
        key = body[position + ITEM_HEAD : end_of_key]
        end = end_of_key + 1 + size
        if end_of_key < 0 or end > len(body) or not is_key(key):
            break
        found.append(Item(key, flags, body[end_of_key + 1 : end], body[position:end]))
        position = end
    return tuple(found), body[position:]


def is_key(key: bytes) -> bool:
    """Whether an item may have this name. One letter is too short by the book, and yet is written."""
    return 0 < len(key) <= LONGEST_KEY and all(0x20 <= byte <= 0x7E for byte in key)


def make_item(key: str, values: tuple[str, ...]) -> Item:
    """A new text item."""
    name, value = key.encode("ascii"), b"\0".join(text.encode() for text in values)
    return Item(name, TEXT, value, struct.pack("<II", len(value), TEXT) + name + b"\0" + value)


def with_values(item: Item, values: tuple[str, ...]) -> Item:
    """The item with other texts, and the name and the flags that it has."""
    value = b"\0".join(text.encode() for text in values)
    return Item(item.key, item.flags, value, struct.pack("<II", len(value), item.flags) + item.key + b"\0" + value)


def block_bytes(block: ApeBlock) -> bytes:
    """The block as it is written, with the header and footer that it had; nothing where it has no items left."""
    if not block.items and block.is_new:
        return b""
    items = b"".join(item.raw for item in block.items)
    version = max(block.version, VERSION_2)
    flags = block.flags & ~IS_HEADER

    def head(more: int) -> bytes:
        numbers = struct.pack("<IIII", version, len(items) + APE_HEAD, len(block.items), flags | more)
        return PREAMBLE + numbers + block.reserved

    return (head(IS_HEADER) if block.has_header else b"") + items + head(0)
