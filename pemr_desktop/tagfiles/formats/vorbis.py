"""Vorbis comments: FLAC, Ogg Vorbis, Opus, Speex, Ogg FLAC."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import BinaryIO

from mutagen import MutagenError
from mutagen.flac import Picture

from pemr_desktop.refusals import Refusal
from pemr_desktop.tagfiles.code_pages import is_unicode
from pemr_desktop.tagfiles.errors import CannotHold
from pemr_desktop.tagfiles.formats.mapping import FIELDS, NOT_LOADED, find_field
from pemr_desktop.tagfiles.formats.tag_format import FRONT_COVER, Decode, Fields, SaveOptions, TagKind, Unit
from pemr_desktop.tagfiles.formats.vorbis_block import Comments, comment_splices
from pemr_desktop.tagfiles.splices import Splice

PICTURE = "METADATA_BLOCK_PICTURE"
VENDOR, REST = "\0vendor", "\0rest"
NO_NAME = "\0"
"""The place of comments that have no name, or an impossible one."""


def _parts(comment: bytes) -> tuple[str, bytes]:
    """The place and the value of a comment."""
    key, equals, value = comment.partition(b"=")
    if equals and key and all(0x20 <= byte <= 0x7D for byte in key):
        return key.decode("ascii").upper(), value
    return NO_NAME, comment


def _text(value: bytes) -> str:
    """Text of an old file that is not UTF-8 is shown as Western European, and stays as it is."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("cp1252", "replace")


def read_fields(block: Comments) -> Fields:
    """Every comment, case of keys ignored; alias keys fill a field only when its own key is absent."""
    by_key: dict[str, list[str]] = {}
    for comment in block.comments:
        key, value = _parts(comment)
        by_key.setdefault(key, []).append(_text(value))
    fields: Fields = {}
    for field in FIELDS:
        for key in field.vorbis:
            values = by_key.pop(key, None)
            if values and not any(fields.get(field.name, ())):
                fields[field.name] = tuple(values)
    for key, values in by_key.items():
        if key.lower() not in NOT_LOADED and key not in ("COVERART", NO_NAME):
            fields.setdefault(key.lower(), tuple(values))
    return fields


def _keys(field: str) -> tuple[str, ...]:
    known = find_field(field)
    return known.vorbis if known else (field.upper(),)


def keys(block: Comments, field: str) -> frozenset[str]:
    """The keys of the comments that an edit of the field replaces."""
    return frozenset(_keys(field)) | (frozenset({VENDOR, REST}) if block.is_new else frozenset())


def hold(block: Comments, field: str, values: tuple[str, ...], options: SaveOptions) -> tuple[str, ...]:
    """Vorbis comments hold any number of any text."""
    if not all(0x20 <= ord(letter) <= 0x7D and letter != "=" for letter in _keys(field)[0]):
        raise CannotHold("Vorbis field name", field=field)
    return values


def edited(block: Comments, field: str, values: tuple[str, ...]) -> Comments:
    """The new comments stand where the first of the old ones stood, or behind all others."""
    named = keys(block, field)
    kept = [comment for comment in block.comments if _parts(comment)[0] not in named]
    first = next((number for number, comment in enumerate(block.comments) if _parts(comment)[0] in named), None)
    at = len(kept) if first is None else first
    made = [_keys(field)[0].encode("ascii") + b"=" + value.encode() for value in values]
    return replace(block, comments=(*kept[:at], *made, *kept[at:]))


def units(block: Comments) -> list[Unit]:
    """The comments to the byte, the name of the encoder, what follows the comments, and all other blocks of a FLAC."""
    vendor = [] if block.is_new else [Unit(VENDOR, block.vendor), Unit(REST, block.rest)]
    others = [Unit(f"\0block {other.kind}", other.content) for other in block.others]
    return [*vendor, *others, *(Unit(_parts(comment)[0], comment) for comment in block.comments)]


def artwork(block: Comments) -> list[tuple[bool, bytes]]:
    """Picture blocks of FLAC and pictures in comments."""
    coded = [other.content for other in block.others if other.kind == "6"]
    for comment in block.comments:
        key, value = _parts(comment)
        if key == PICTURE:
            try:
                coded.append(base64.b64decode(value))
            except ValueError:
                continue
    pictures = []
    for data in coded:
        try:
            picture = Picture(data)
        except (MutagenError, ValueError):
            continue
        pictures.append((picture.type == FRONT_COVER, picture.data))
    return pictures


def splices(stream: BinaryIO, block: Comments) -> list[Splice]:
    """The comments in their place; an ID3 block that somebody put before a FLAC stays."""
    return comment_splices(stream, block)


def damage(block: Comments) -> Refusal | None:
    """Why the comments cannot be taken apart safely."""
    return block.damage


def recoded(block: Comments, decode: Decode) -> Comments:
    """The comments in UTF-8, as they should have been."""
    return replace(block, comments=tuple(_recoded(comment, decode) for comment in block.comments))


def _recoded(comment: bytes, decode: Decode) -> bytes:
    key, value = _parts(comment)
    if key == NO_NAME or is_unicode(value):
        return comment
    text = decode(key, value)
    return comment if text is None else comment[: len(comment) - len(value)] + text.encode()


VORBIS = TagKind("Vorbis comments", read_fields, hold, edited, units, keys, artwork, splices, damage, recoded)
