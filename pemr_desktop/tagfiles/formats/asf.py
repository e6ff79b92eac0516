"""ASF attributes: Windows Media Audio."""

from __future__ import annotations

import struct
from typing import Any, BinaryIO

from mutagen.asf import ASFByteArrayAttribute, ASFGUIDAttribute, ASFUnicodeAttribute

from pemr_desktop.tagfiles.containers.chunks import file_length
from pemr_desktop.tagfiles.errors import CannotHold
from pemr_desktop.tagfiles.formats.asf_block import is_complete, note_length
from pemr_desktop.tagfiles.formats.mapping import FIELDS, NOT_LOADED, find_field
from pemr_desktop.tagfiles.formats.tag_format import DAMAGED_TEXT, FRONT_COVER, Fields, SaveOptions, TagKind

PICTURE = "WM/Picture"
SINGLE = {"Title", "Author", "Copyright", "Description", "Rating"}


def _items(file: Any) -> list[tuple[str, Any]]:
    return [] if file.tags is None else list(file.tags)


def read_fields(file: Any) -> Fields:
    """Every attribute that is text or a number, case of names ignored."""
    by_key: dict[str, list[str]] = {}
    for key, value in _items(file):
        if not isinstance(value, ASFByteArrayAttribute | ASFGUIDAttribute) and str(value):
            by_key.setdefault(key.lower(), []).append(str(value))
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


def _keys(file: Any, field: str) -> tuple[str, ...]:
    known = find_field(field)
    if known:
        return known.asf
    own = [key for key, _ in _items(file) if key.lower() in (field.lower(), f"wm/{field.lower()}")]
    return tuple(dict.fromkeys(own)) or (field.upper(),)


def hold(file: Any, field: str, values: tuple[str, ...], options: SaveOptions) -> tuple[str, ...]:
    """The five oldest attributes hold one value; all others any number. Empty text is no value."""
    kept = tuple(value for value in values if value)
    if _keys(file, field)[0] in SINGLE and any(len(value.encode("utf-16-le")) > 65_000 for value in kept):
        raise CannotHold(f"A value of “{field}” is too long for a Windows Media file.")
    return kept


def write_field(file: Any, field: str, values: tuple[str, ...], options: SaveOptions) -> set[str]:
    """Put all values under the field's own name, and take them from its aliases."""
    keys = _keys(file, field)
    folded = {key.lower() for key in keys}
    touched = {key for key, _ in _items(file) if key.lower() in folded} | {keys[0]}
    for key in touched:
        if key in file.tags:
            del file.tags[key]
    if values:
        file.tags[keys[0]] = [ASFUnicodeAttribute(value) for value in values]
    return touched


def raw(file: Any) -> dict[str, object]:
    """Attributes by name: type, value, language and stream."""
    content: dict[str, object] = {}
    for key, value in _items(file):
        values = content.setdefault(key, [])
        assert isinstance(values, list)
        plain = bytes(value.value) if isinstance(value, ASFByteArrayAttribute) else str(value)
        values.append((type(value).__name__, plain, value.language or 0, value.stream or 0))
    return content


def artwork(file: Any) -> list[tuple[bool, bytes]]:
    """Picture attributes: type, length, MIME type and description as UTF-16, then the picture."""
    pictures = []
    for key, value in _items(file):
        if key == PICTURE and isinstance(value, ASFByteArrayAttribute):
            data = bytes(value.value)
            if len(data) < 9:
                continue
            kind, size = struct.unpack_from("<BI", data)
            if size <= len(data) - 9:
                pictures.append((kind == FRONT_COVER, data[len(data) - size :]))
    return pictures


def save(file: Any, stream: BinaryIO, options: SaveOptions) -> None:
    """Write the header objects, and the new length of the file where the old one was noted, which mutagen forgets."""
    before = file_length(stream)
    stream.seek(0)
    file.save(stream)
    note_length(stream, before)


def lossy(file: Any, stream: BinaryIO) -> str:
    """What lies behind a wrong count is hidden; attributes that are not valid UTF-16 have replacement characters."""
    if not is_complete(stream):
        return "Its header or a list of attributes is damaged: it holds more than it says."
    return DAMAGED_TEXT if any("�" in str(value) for _, value in _items(file)) else ""


ASF = TagKind("ASF", read_fields, hold, write_field, raw, artwork, save, lossy)
