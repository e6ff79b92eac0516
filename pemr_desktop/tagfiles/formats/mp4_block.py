"""The tag of an MP4 file: the bytes of every item, and where it lies among the other atoms."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO, NamedTuple

from mutagen import MutagenError
from mutagen.mp4 import MP4Tags
from mutagen.mp4._atom import Atoms

from pemr_desktop.refusals import Refusal, refusal
from pemr_desktop.tagfiles.code_pages import is_unicode
from pemr_desktop.tagfiles.containers.mp4_tree import Atom, atom_tree, resized
from pemr_desktop.tagfiles.errors import CannotHold
from pemr_desktop.tagfiles.splices import Splice

HANDLER = b"\0" * 8 + b"mdirappl" + b"\0" * 9
NEW_PADDING = 1024
FREE_HEAD = 8
MOVES = (b"free", b"skip", b"ilst")
"""Atoms of the index that a write may change, beside the sizes of those around them and the places in the file."""
PLACES = (b"stco", b"co64")
SAMPLE = 16
TEXT_KEYS = ("©", "aART", "cprt", "desc", "ldes", "soaa", "soal", "soar", "soco", "sonm", "----:")
TEXT_TYPES = (bytes(4), b"\0\0\0\1")
"""What an item says of its text: nothing, or that it is UTF-8."""
DATA_HEAD = 16
Spans = list[tuple[int, int]]


class Item(NamedTuple):
    """An item of the tag: mutagen's key for it, what mutagen reads of it, and all its bytes."""

    key: str
    value: Any
    raw: bytes


class Other(NamedTuple):
    """Another atom of the index, to the byte, with the names of those around it."""

    path: str
    raw: bytes


@dataclass(frozen=True)
class Mp4Block:
    """`items`: in order; `others`: all else in the index that a write may not change."""

    items: tuple[Item, ...] = ()
    others: tuple[Other, ...] = ()
    has_tag: bool = False
    damage: Refusal | None = None


def read_block(stream: BinaryIO) -> Mp4Block:
    """The tag of the file and what lies beside it."""
    atoms = atom_tree(stream)
    index = next((atom for atom in atoms if atom.name == b"moov"), None)
    if index is None:
        return Mp4Block(damage=refusal("MP4 no index"))
    path = _path(index)
    items = []
    for atom in path[-1].children or () if path[-1].name == b"ilst" else ():
        stream.seek(atom.offset)
        items.append(_item(stream.read(atom.end - atom.offset)))
    is_tiled = all(atom.is_tiled for atom in atoms if atom.children is not None)
    has_tag = path[-1].name == b"ilst"
    sound = [(atom.start, atom.end) for atom in atoms if atom.name == b"mdat"]
    return Mp4Block(
        tuple(items),
        tuple(_others(stream, index, "", sound)),
        has_tag,
        None if is_tiled else refusal("MP4 atoms broken"),
    )


def _path(index: Atom) -> list[Atom]:
    """moov, udta, meta, ilst, as far as they are there; of several the first that leads to a tag.

    Where names stand in a list of their own (`keys`), the items have numbers, and are no tag as iTunes writes it.
    """
    lists = index.child(b"udta")
    if lists is None:
        return [index]
    for meta in lists.children or ():
        if meta.name != b"meta" or meta.child(b"keys") is not None:
            continue
        if (tag := meta.child(b"ilst")) is not None:
            return [index, lists, meta, tag]
    return [index, lists]


def _others(stream: BinaryIO, atom: Atom, path: str, sound: Spans) -> list[Other]:
    """All atoms that a write may not change, and the first bytes at every place that the index names."""
    found = []
    for child in atom.children or ():
        name = f"{path}/{child.name.decode('latin-1')}"
        if child.name in MOVES:
            continue
        if child.name in PLACES:
            found.append(Other(name, _heard_at(stream, child, sound)))
        elif child.children is not None:
            found += _others(stream, child, name, sound)
        else:
            stream.seek(child.offset)
            found.append(Other(name, stream.read(child.end - child.offset)))
    return found


def _heard_at(stream: BinaryIO, table: Atom, sound: Spans) -> bytes:
    """What sound lies at the first and the last place that a table of places names."""
    stream.seek(table.start)
    data = stream.read(table.end - table.start)
    size = 4 if table.name == b"stco" else 8
    positions = {int.from_bytes(data[start : start + size], "big") for start in (8, len(data) - size) if start >= 8}
    found = [len(data).to_bytes(4, "big")]
    for position in sorted(positions):
        end = next((end for start, end in sound if start <= position < end), position)
        stream.seek(position)
        found.append(stream.read(min(SAMPLE, end - position)))
    return b"".join(found)


def _item(raw: bytes) -> Item:
    """An item as mutagen reads it, alone; what it cannot read has no value."""
    ilst = struct.pack(">I4s", 8 + len(raw), b"ilst") + raw
    meta = struct.pack(">I4sI", 12 + len(ilst), b"meta", 0) + ilst
    udta = struct.pack(">I4s", 8 + len(meta), b"udta") + meta
    stream = io.BytesIO(struct.pack(">I4s", 8 + len(udta), b"moov") + udta)
    try:
        tags = MP4Tags(Atoms(stream), stream)
    except (MutagenError, ValueError, struct.error, IndexError, OverflowError):
        tags = {}
    for key, value in tags.items():
        return Item(key, value, raw)
    return Item(_key(raw), None, raw)


def _key(raw: bytes) -> str:
    name = raw[4:8].decode("latin-1")
    if name != "----":
        return name
    content = raw[8:]
    end_of_mean = int.from_bytes(content[:4], "big")
    end_of_name = end_of_mean + int.from_bytes(content[end_of_mean : end_of_mean + 4], "big")
    return b":".join((b"----", content[12:end_of_mean], content[end_of_mean + 12 : end_of_name])).decode("latin-1")


def make_item(key: str, value: Any) -> Item:
    """A new item. Raises CannotHold."""
    try:
        return Item(key, value, MP4Tags()._render(key, value))
    except (TypeError, ValueError, struct.error, MutagenError) as error:
        raise CannotHold("MP4 value", field=key) from error


def recoded_item(item: Item, decode: Callable[[bytes], str | None]) -> Item:
    """The item with its texts in UTF-8; itself where it has none, or one that cannot be decoded."""
    if not item.key.startswith(TEXT_KEYS):
        return item
    made, position = b"", 8
    while position + 8 <= len(item.raw):
        size = int.from_bytes(item.raw[position : position + 4], "big")
        part = item.raw[position : position + size]
        if size < 8 or len(part) != size:
            return item
        if part[4:8] == b"data" and size > DATA_HEAD and part[8:12] in TEXT_TYPES and not is_unicode(part[DATA_HEAD:]):
            text = decode(part[DATA_HEAD:])
            if text is None:
                return item
            part = _atom(b"data", part[8:DATA_HEAD] + text.encode())
        made, position = made + part, position + size
    if position != len(item.raw) or made == item.raw[8:]:
        return item
    return _item(_atom(item.raw[4:8], made))


def item_splices(stream: BinaryIO, items: tuple[Item, ...]) -> list[Splice]:
    """Put the items into the file. Raises CannotHold."""
    atoms = atom_tree(stream)
    index = next(atom for atom in atoms if atom.name == b"moov")
    path = _path(index)
    tag = _atom(b"ilst", b"".join(item.raw for item in items))
    if path[-1].name != b"ilst":
        made = _atom(b"meta", bytes(4) + _atom(b"hdlr", HANDLER) + tag + _atom(b"free", bytes(NEW_PADDING)))
        if path[-1].name == b"udta":
            return resized(stream, atoms, path, path[-1].start, path[-1].start, made)
        return resized(stream, atoms, path, index.end, index.end, _atom(b"udta", made))
    start, end = _with_padding(path[-2], path[-1])
    room = end - start - len(tag)
    if room and room < FREE_HEAD:
        room = FREE_HEAD + NEW_PADDING
    padding = _atom(b"free", bytes(room - FREE_HEAD)) if room else b""
    return resized(stream, atoms, path[:-1], start, end, tag + padding)


def _with_padding(meta: Atom, tag: Atom) -> tuple[int, int]:
    """The place of the tag with the padding on both sides of it."""
    children = list(meta.children or ())
    number = children.index(tag)
    before = children[number - 1] if number else None
    behind = children[number + 1] if number + 1 < len(children) else None
    start = before.offset if before is not None and before.name == b"free" else tag.offset
    return start, behind.end if behind is not None and behind.name == b"free" else tag.end


def _atom(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), name) + content
