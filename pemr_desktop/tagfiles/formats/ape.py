"""APEv2 tags: WavPack, Monkey's Audio, Musepack, OptimFROG, TAK, and MP3 files that have nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import BinaryIO

from pemr_desktop.refusals import Refusal
from pemr_desktop.tagfiles.code_pages import is_unicode
from pemr_desktop.tagfiles.containers import musepack, tak, wavpack
from pemr_desktop.tagfiles.containers.audio_spans import audio_spans
from pemr_desktop.tagfiles.containers.sniffing import sniff
from pemr_desktop.tagfiles.errors import CannotHold
from pemr_desktop.tagfiles.formats.ape_block import (
    BINARY,
    FIRST_VERSION,
    FORBIDDEN_KEYS,
    KIND_BITS,
    LONGEST_KEY,
    SHORTEST_KEY,
    TEXT,
    ApeBlock,
    Item,
    block_bytes,
    make_item,
    with_values,
)
from pemr_desktop.tagfiles.formats.mapping import FIELDS, NOT_LOADED, find_field
from pemr_desktop.tagfiles.formats.tag_format import Decode, Fields, SaveOptions, TagKind, Unit
from pemr_desktop.tagfiles.splices import Splice


def _key(item: Item) -> str:
    return item.key.decode("latin-1").lower()


def _texts(item: Item) -> tuple[str, ...]:
    """The values of a text item: what is not UTF-8 is shown as Western European, and stays as it is."""
    if item.flags & KIND_BITS != TEXT:
        return ()
    try:
        text = item.value.decode()
    except UnicodeDecodeError:
        text = item.value.decode("cp1252", "replace")
    return tuple(text.split("\0"))


def read_fields(block: ApeBlock) -> Fields:
    """Every text item, case of keys ignored; of two items of one name the first counts."""
    by_key: dict[str, tuple[str, ...]] = {}
    for item in block.items:
        if texts := _texts(item):
            by_key.setdefault(_key(item), texts)
    fields: Fields = {}
    for field in FIELDS:
        for key in field.ape:
            values = by_key.pop(key.lower(), None)
            if values and not any(fields.get(field.name, ())):
                fields[field.name] = values
    for key, values in by_key.items():
        if key not in NOT_LOADED:
            fields.setdefault(key, values)
    return fields


def _keys(field: str) -> tuple[str, ...]:
    known = find_field(field)
    return known.ape if known else (field.upper(),)


def keys(block: ApeBlock, field: str) -> frozenset[str]:
    """The keys of the items that an edit of the field replaces."""
    return frozenset(key.lower() for key in _keys(field))


def hold(block: ApeBlock, field: str, values: tuple[str, ...], options: SaveOptions) -> tuple[str, ...]:
    """APEv2 holds any number of values; only NUL cannot be part of one."""
    if any("\0" in value for value in values):
        raise CannotHold("NUL in value", field=field)
    key = _keys(field)[0]
    if not (key.isascii() and key.isprintable() and SHORTEST_KEY <= len(key) <= LONGEST_KEY):
        raise CannotHold("APE field name", field=field)
    if key.lower().encode() in FORBIDDEN_KEYS:
        raise CannotHold("APE field name", field=field)
    return values


def edited(block: ApeBlock, field: str, values: tuple[str, ...]) -> ApeBlock:
    """The new item stands where the first of the old ones stood, or behind all others."""
    named = keys(block, field)
    kept = [item for item in block.items if _key(item) not in named]
    first = next((number for number, item in enumerate(block.items) if _key(item) in named), None)
    at = len(kept) if first is None else first
    made = [make_item(_keys(field)[0], values)] if values else []
    return replace(block, items=(*kept[:at], *made, *kept[at:]))


def units(block: ApeBlock) -> list[Unit]:
    """The items with their heads, to the byte."""
    return [Unit(_key(item), item.raw) for item in block.items]


def artwork(block: ApeBlock) -> list[tuple[bool, bytes]]:
    """Binary items named “Cover Art (…)”: a file name, NUL, the picture."""
    pictures = []
    for item in block.items:
        if item.flags & KIND_BITS == BINARY and _key(item).startswith("cover art"):
            _, _, picture = item.value.partition(b"\0")
            pictures.append(("front" in _key(item), picture))
    return pictures


def splices(stream: BinaryIO, block: ApeBlock) -> list[Splice]:
    """The block in its place; what other programs put behind it (ID3v1, Lyrics3) stays behind it."""
    if _ends_early(stream):
        raise CannotHold("APE no room for tag")
    return [Splice(block.start, block.end, block_bytes(block))]


def damage(block: ApeBlock) -> Refusal | None:
    """Why the block cannot be taken apart safely."""
    return block.damage


def _ends_early(stream: BinaryIO) -> bool:
    """Whether players would take a tag at the end for the rest of something that was cut off."""
    container = sniff(stream)
    tests = {"musepack": musepack.ends_early, "tak": tak.ends_early, "wavpack": wavpack.ends_early}
    if container not in tests:
        return False
    return tests[container](stream, *audio_spans(stream, container).spans[0])


def recoded(block: ApeBlock, decode: Decode) -> ApeBlock:
    """The block with its texts in UTF-8, as version 2 wants them. One of version 1 becomes 2 where all of them are."""
    items = tuple(_recoded(item, decode) for item in block.items)
    made = replace(block, items=items)
    is_sound = block.damage == FIRST_VERSION and all(is_unicode(item.value) for item in items)
    return replace(made, damage=None) if is_sound else made


def _recoded(item: Item, decode: Decode) -> Item:
    if item.flags & KIND_BITS != TEXT or is_unicode(item.value):
        return item
    raws = item.value.split(b"\0")
    found = [raw.decode() if is_unicode(raw) else decode(_key(item), raw) for raw in raws]
    values = tuple(text for text in found if text is not None)
    return with_values(item, values) if len(values) == len(raws) else item


APE = TagKind("APEv2", read_fields, hold, edited, units, keys, artwork, splices, damage, recoded)
