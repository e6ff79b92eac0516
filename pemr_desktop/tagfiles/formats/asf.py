"""ASF attributes: Windows Media Audio."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import BinaryIO

from pemr_desktop.refusals import Refusal
from pemr_desktop.tagfiles.errors import CannotHold
from pemr_desktop.tagfiles.formats.asf_block import (
    ATTRIBUTE_LISTS,
    BYTES,
    DWORD,
    FIXED_NAMES,
    PADDING,
    QWORD,
    TEXT,
    TRUTH,
    WORD,
    AsfBlock,
    AsfObject,
    Attribute,
    header_splices,
    lists,
    with_text,
    without,
)
from pemr_desktop.tagfiles.formats.mapping import FIELDS, NOT_LOADED, find_field
from pemr_desktop.tagfiles.formats.tag_format import FRONT_COVER, Fields, SaveOptions, TagKind, Unit
from pemr_desktop.tagfiles.splices import Splice

PICTURE = "WM/Picture"
FILE_PROPERTIES_LENGTH = slice(16, 24)


def _text(attribute: Attribute) -> str:
    """A value as text; "" for what is no text, number or truth. What is no valid UTF-16 stays as it is."""
    value = attribute.value
    if attribute.kind == TEXT:
        return value.decode("utf-16-le", "replace").strip("\0")
    if attribute.kind == TRUTH:
        return str(any(value))
    if attribute.kind in (DWORD, QWORD, WORD) and value:
        return str(int.from_bytes(value, "little"))
    return ""


def read_fields(block: AsfBlock) -> Fields:
    """Every attribute that is text or a number, case of names ignored."""
    by_key: dict[str, list[str]] = {}
    for _, attribute in lists(block.objects):
        if text := _text(attribute):
            by_key.setdefault(attribute.name.lower(), []).append(text)
    fields: Fields = {}
    for field in FIELDS:
        for key in field.asf:
            values = by_key.pop(key.lower(), None)
            if values and field.name not in fields:
                fields[field.name] = tuple(values)
    for key, values in by_key.items():
        name = key.removeprefix("wm/")
        if name not in NOT_LOADED:
            fields.setdefault(name if name not in fields else key, tuple(values))
    return fields


def _keys(block: AsfBlock, field: str) -> tuple[str, ...]:
    known = find_field(field)
    if known:
        return known.asf
    names = [attribute.name for _, attribute in lists(block.objects)]
    own = [name for name in names if name.lower() in (field.lower(), f"wm/{field.lower()}")]
    return tuple(dict.fromkeys(own)) or (field.upper(),)


def keys(block: AsfBlock, field: str) -> frozenset[str]:
    """The names of the attributes that an edit of the field replaces."""
    return frozenset(key.lower() for key in _keys(block, field))


def hold(block: AsfBlock, field: str, values: tuple[str, ...], options: SaveOptions) -> tuple[str, ...]:
    """The five oldest attributes hold one value; all others any number. Empty text is no value."""
    kept = tuple(value.strip("\0") for value in values if value.strip("\0"))
    if _keys(block, field)[0] in FIXED_NAMES and any(len(value.encode("utf-16-le")) > 65_000 for value in kept):
        raise CannotHold("ASF value too long", field=field)
    return kept


def edited(block: AsfBlock, field: str, values: tuple[str, ...]) -> AsfBlock:
    """All values under the field's own name, and none under its aliases."""
    objects = without(block.objects, keys(block, field))
    for number, value in enumerate(values):
        objects = with_text(objects, _keys(block, field)[0], value, is_first=number == 0)
    return replace(block, objects=objects)


def units(block: AsfBlock) -> list[Unit]:
    """The attributes to the byte with the lists they are in, and all other objects but padding."""
    found = [
        Unit(attribute.name.lower(), guid + attribute.raw) for guid, attribute in lists(block.objects) if attribute.raw
    ]
    every = [*block.objects, *(child for entry in block.objects for child in entry.children or ())]
    return found + [Unit("\0object", entry.guid + _other(entry)) for entry in every if _is_other(entry)]


def _is_other(entry: AsfObject) -> bool:
    return entry.guid not in (*ATTRIBUTE_LISTS, PADDING) and entry.children is None


def _other(entry: AsfObject) -> bytes:
    """An object without the length of the file, which may change."""
    if len(entry.content) >= FILE_PROPERTIES_LENGTH.stop and entry.guid.hex().startswith("a1dcab8c"):
        return entry.content[: FILE_PROPERTIES_LENGTH.start] + entry.content[FILE_PROPERTIES_LENGTH.stop :]
    return entry.content


def artwork(block: AsfBlock) -> list[tuple[bool, bytes]]:
    """Picture attributes: type, length, MIME type and description as UTF-16, then the picture."""
    pictures = []
    for _, attribute in lists(block.objects):
        data = attribute.value
        if attribute.name == PICTURE and attribute.kind == BYTES and len(data) >= 9:
            kind, size = struct.unpack_from("<BI", data)
            if size <= len(data) - 9:
                pictures.append((kind == FRONT_COVER, data[len(data) - size :]))
    return pictures


def splices(stream: BinaryIO, block: AsfBlock) -> list[Splice]:
    """The header, with the new length of the file where the old one was noted."""
    return header_splices(block)


def damage(block: AsfBlock) -> Refusal | None:
    """Why the header cannot be taken apart safely."""
    return block.damage


ASF = TagKind("ASF", read_fields, hold, edited, units, keys, artwork, splices, damage)
