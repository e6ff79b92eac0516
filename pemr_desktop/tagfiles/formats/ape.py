"""APEv2 tags: WavPack, Monkey's Audio, Musepack, OptimFROG, TAK, and MP3 files that have nothing else."""

from __future__ import annotations

import os
from typing import Any, BinaryIO

from mutagen.apev2 import BINARY, APETextValue

from pemr_desktop.tagfiles.containers import musepack, tak, wavpack
from pemr_desktop.tagfiles.containers.audio_spans import audio_spans
from pemr_desktop.tagfiles.containers.sniffing import sniff
from pemr_desktop.tagfiles.errors import CannotHold
from pemr_desktop.tagfiles.formats.ape_block import behind_block, item_keys
from pemr_desktop.tagfiles.formats.mapping import FIELDS, NOT_LOADED, find_field
from pemr_desktop.tagfiles.formats.tag_format import DAMAGED_TEXT, Fields, SaveOptions, TagKind

CUT_OFF = "Its sound is cut off, and its tags would have to stand where the rest of it belongs."


def _items(file: Any) -> list[tuple[str, Any]]:
    return [] if file.tags is None else list(file.tags.items())


def read_fields(file: Any) -> Fields:
    """Every text item, case of keys ignored."""
    by_key = {key.lower(): tuple(value) for key, value in _items(file) if isinstance(value, APETextValue)}
    fields: Fields = {}
    for field in FIELDS:
        for key in field.ape:
            values = by_key.pop(key.lower(), None)
            if values and field.name not in fields:
                fields[field.name] = values
    for key, values in by_key.items():
        if key not in NOT_LOADED:
            fields.setdefault(key, values)
    return fields


def _keys(field: str) -> tuple[str, ...]:
    known = find_field(field)
    return known.ape if known else (field.upper(),)


def hold(file: Any, field: str, values: tuple[str, ...], options: SaveOptions) -> tuple[str, ...]:
    """APEv2 holds any number of values; only NUL cannot be part of one."""
    if any("\0" in value for value in values):
        raise CannotHold(f"A value of “{field}” contains a NUL character.")
    return values


def write_field(file: Any, field: str, values: tuple[str, ...], options: SaveOptions) -> set[str]:
    """Put all values in the field's own item, and take them from its aliases."""
    keys = _keys(field)
    for key in keys:
        if key in file.tags:
            del file.tags[key]
    if values:
        file.tags[keys[0]] = list(values)
    return {key.lower() for key in keys}


def raw(file: Any) -> dict[str, object]:
    """Items by lower-case key: kind and bytes."""
    return {key.lower(): (value.kind, value._write()) for key, value in _items(file)}


def artwork(file: Any) -> list[tuple[bool, bytes]]:
    """Binary items named “Cover Art (…)”: a file name, NUL, the picture."""
    pictures = []
    for key, value in _items(file):
        if value.kind == BINARY and key.lower().startswith("cover art"):
            _, _, picture = bytes(value.value).partition(b"\0")
            pictures.append(("front" in key.lower(), picture))
    return pictures


def save(file: Any, stream: BinaryIO, options: SaveOptions) -> None:
    """Write the block at the end of the file; what other programs put behind it (ID3v1, Lyrics3) stays behind it."""
    behind = behind_block(stream)
    if behind:
        stream.seek(-len(behind), os.SEEK_END)
        stream.truncate()
    stream.seek(0)
    file.tags.save(stream)
    stream.seek(0, os.SEEK_END)
    stream.write(behind)


def lossy(file: Any, stream: BinaryIO) -> str:
    """Items behind a wrong count or of one name, and texts that are not UTF-8, would not be what they were."""
    if _ends_early(stream):
        return CUT_OFF
    if file.tags is None:
        return ""
    if len(item_keys(stream)) != len(_items(file)):
        return "Its APEv2 tag is damaged: it holds more than it says, or two items of one name."
    texts = (str(value) for _, value in _items(file) if isinstance(value, APETextValue))
    return DAMAGED_TEXT if any("�" in text for text in texts) else ""


def _ends_early(stream: BinaryIO) -> bool:
    """Whether players would take a tag at the end for the rest of something that was cut off. Reads the sound."""
    container = sniff(stream)
    tests = {"musepack": musepack.ends_early, "tak": tak.ends_early, "wavpack": wavpack.ends_early}
    if container not in tests:
        return False
    return tests[container](stream, *audio_spans(stream, container).spans[0])


APE = TagKind("APEv2", read_fields, hold, write_field, raw, artwork, save, lossy)
