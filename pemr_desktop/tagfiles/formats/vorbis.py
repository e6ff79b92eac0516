"""Vorbis comments: FLAC, Ogg Vorbis, Opus, Speex, Ogg FLAC."""

from __future__ import annotations

import base64
from typing import Any, BinaryIO

from mutagen import MutagenError
from mutagen.flac import FLAC, Padding, Picture, VCFLACDict

from pemr_desktop.tagfiles.containers.ogg import is_damaged
from pemr_desktop.tagfiles.containers.sniffing import sniff
from pemr_desktop.tagfiles.formats.mapping import FIELDS, NOT_LOADED, find_field
from pemr_desktop.tagfiles.formats.tag_format import FRONT_COVER, VENDOR, Fields, SaveOptions, TagKind
from pemr_desktop.tagfiles.formats.vorbis_block import ODD, is_complete, is_faithful

UNFAITHFUL = "Its comments end early or hold something that rewriting would lose."
DAMAGED_PAGE = "One of its pages is damaged, by its checksum, and rewriting it would hide which."


def _comments(file: Any) -> list[tuple[str, str]]:
    return [] if file.tags is None else [(key, value) for key, value in file.tags]


def read_fields(file: Any) -> Fields:
    """Every comment, case of keys ignored; alias keys fill a field only when its own key is absent."""
    by_key: dict[str, list[str]] = {}
    for key, value in _comments(file):
        by_key.setdefault(key.upper(), []).append(value)
    fields: Fields = {}
    for field in FIELDS:
        for key in field.vorbis:
            values = by_key.pop(key, None)
            if values and field.name not in fields:
                fields[field.name] = tuple(values)
    for key, values in by_key.items():
        if key.lower() not in NOT_LOADED and key not in ("COVERART", ODD.upper()):
            fields.setdefault(key.lower(), tuple(values))
    return fields


def _keys(field: str) -> tuple[str, ...]:
    known = find_field(field)
    return known.vorbis if known else (field.upper(),)


def hold(file: Any, field: str, values: tuple[str, ...], options: SaveOptions) -> tuple[str, ...]:
    """Vorbis comments hold any number of any text."""
    return values


def write_field(file: Any, field: str, values: tuple[str, ...], options: SaveOptions) -> set[str]:
    """Put all values under the field's own key, and take them from its aliases."""
    keys = _keys(field)
    for key in keys:
        if key in file.tags:
            del file.tags[key]
    for value in values:
        file.tags.append((keys[0], value))
    return set(keys)


def raw(file: Any) -> dict[str, object]:
    """Comments by key, the vendor, and in FLAC every other metadata block to the byte."""
    content: dict[str, object] = {}
    if file.tags is not None:
        content[VENDOR] = file.tags.vendor.encode()
    for key, value in _comments(file):
        values = content.setdefault(key.upper(), [])
        assert isinstance(values, list)
        values.append(value.encode())
    if isinstance(file, FLAC):
        others = [block for block in file.metadata_blocks if not isinstance(block, VCFLACDict | Padding)]
        for number, block in enumerate(others):
            content[f"\0block {number}"] = (block.code, block.write())
    return content


def artwork(file: Any) -> list[tuple[bool, bytes]]:
    """Picture blocks of FLAC and pictures in comments."""
    pictures = list(file.pictures) if isinstance(file, FLAC) else []
    for key, value in _comments(file):
        if key.upper() == "METADATA_BLOCK_PICTURE":
            try:
                pictures.append(Picture(base64.b64decode(value)))
            except (ValueError, MutagenError):  # not base64, or no picture in it
                continue
    return [(picture.type == FRONT_COVER, picture.data) for picture in pictures]


def save(file: Any, stream: BinaryIO, options: SaveOptions) -> None:
    """Write the comments; an ID3 block that somebody put before a FLAC stays."""
    stream.seek(0)
    file.save(stream)


def lossy(file: Any, stream: BinaryIO) -> str:
    """Comments that mutagen left out or would write in another way than they are, and damaged Ogg pages.

    Longer comments give all pages of an Ogg file new numbers and with them new checksums. Where one is wrong now the
    page is damaged and players pass over it; with a new checksum they would play it. Reads all of an Ogg file.
    """
    container = sniff(stream)
    if not (is_faithful(file.tags, stream, container) and is_complete(stream, container)):
        return UNFAITHFUL
    return DAMAGED_PAGE if container.startswith("ogg/") and is_damaged(stream) else ""


VORBIS = TagKind("Vorbis comments", read_fields, hold, write_field, raw, artwork, save, lossy)
