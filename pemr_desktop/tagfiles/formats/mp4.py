"""MP4 atoms (iTunes style): AAC and Apple Lossless."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import BinaryIO

from mutagen.mp4 import AtomDataType, MP4FreeForm

from pemr_desktop.refusals import Refusal
from pemr_desktop.tagfiles.errors import CannotHold
from pemr_desktop.tagfiles.formats.mapping import FIELDS, ITUNES, NOT_LOADED, find_field
from pemr_desktop.tagfiles.formats.mp4_block import Mp4Block, item_splices, make_item, recoded_item
from pemr_desktop.tagfiles.formats.tag_format import Decode, Fields, SaveOptions, TagKind, Unit, whole_number
from pemr_desktop.tagfiles.splices import Splice

PAIRS = {"trkn", "disk"}
NUMBERS = {"tmpo"}
FLAGS = {"cpil"}
LYRICS = "©lyr"
ATOM = "\0atom "


def _as_text(key: str, value: object) -> tuple[str, ...]:
    if key == "covr" or key == LYRICS:
        return ()
    if key in FLAGS or isinstance(value, bool):
        return ("1",) if value else ()
    items = value if isinstance(value, list) else [value]
    texts: list[str] = []
    for item in items:
        if isinstance(item, MP4FreeForm):
            text = bytes(item).decode("utf-8", "replace")
            if not any(ord(character) < 9 for character in text):  # else it is binary data, not text
                texts.append(text)
        elif isinstance(item, tuple):
            number, total = item
            if number or total:
                texts.append(f"{number}/{total}" if total else str(number))
        elif isinstance(item, str):
            texts.append(item)
        elif isinstance(item, int):
            texts.append(str(item))
    return tuple(texts)


def _values(block: Mp4Block) -> dict[str, tuple[str, ...]]:
    """The texts of all items by key; several items of one key are one."""
    found: dict[str, tuple[str, ...]] = {}
    for item in block.items:
        texts = _as_text(item.key, item.value) if item.value is not None else ()
        found[item.key] = found.get(item.key, ()) + texts
    return found


def read_fields(block: Mp4Block) -> Fields:
    """Every atom that holds text or numbers. Free-form names are compared without case."""
    tags = _values(block)
    by_folded = {_folded(key): key for key in tags}
    fields: Fields = {}
    used: set[str] = set()
    for field in FIELDS:
        for atom in field.mp4:
            key = by_folded.get(_folded(atom))
            if key is not None:
                used.add(key)
                if tags[key] and field.name not in fields:
                    fields[field.name] = tags[key]
    for key, values in tags.items():
        name = key.rsplit(":", 1)[-1].lower() if key.startswith("----:") else key.lower()
        if key not in used and values and name not in NOT_LOADED:
            fields.setdefault(name, values)
    return fields


def _folded(key: str) -> str:
    return key.lower() if key.startswith("----:") else key


def _atom_names(field: str) -> tuple[str, ...]:
    known = find_field(field)
    return known.mp4 if known else (f"{ITUNES}{field.upper()}",)


def hold(block: Mp4Block, field: str, values: tuple[str, ...], options: SaveOptions) -> tuple[str, ...]:
    """Numbers are whole here, and track and disc are at most one "number/total"."""
    atom = _atom_names(field)[0]
    if atom in PAIRS | NUMBERS | FLAGS and len(values) > 1:
        raise CannotHold("MP4 one value", field=field)
    try:
        if atom in NUMBERS:
            return whole_number(values[:1])
        if atom in PAIRS:
            return _as_text(atom, [_pair(value) for value in values[:1]])
        if atom in FLAGS:
            return ("1",) if values and values[0] not in ("", "0") else ()
    except (ValueError, OverflowError) as error:
        raise CannotHold("MP4 whole number", field=field) from error
    return values


def _pair(value: str) -> tuple[int, int]:
    number, _, total = value.partition("/")
    return int(number or 0), int(total or 0)


def keys(block: Mp4Block, field: str) -> frozenset[str]:
    """The folded keys of the items that an edit of the field replaces."""
    folded = frozenset(_folded(atom) for atom in _atom_names(field))
    return folded if block.has_tag else folded | {f"{ATOM}/udta/meta/hdlr"}


def edited(block: Mp4Block, field: str, values: tuple[str, ...]) -> Mp4Block:
    """The new item stands where the first of the old ones stood, or behind all others."""
    named = keys(block, field)
    kept = [item for item in block.items if _folded(item.key) not in named]
    first = next((number for number, item in enumerate(block.items) if _folded(item.key) in named), None)
    at = len(kept) if first is None else first
    made = [make_item(_atom_names(field)[0], _native(_atom_names(field)[0], values))] if values else []
    return replace(block, items=(*kept[:at], *made, *kept[at:]))


def _native(atom: str, values: tuple[str, ...]) -> object:
    """The values as mutagen takes them."""
    if atom in NUMBERS:
        return [int(value) for value in values]
    if atom in PAIRS:
        return [_pair(value) for value in values]
    if atom in FLAGS:
        return True
    if atom.startswith("----:"):
        return [MP4FreeForm(value.encode(), dataformat=AtomDataType.UTF8) for value in values]
    return list(values)


def units(block: Mp4Block) -> list[Unit]:
    """The items to the byte, and all other atoms of the index."""
    others = [Unit(ATOM + other.path, other.raw) for other in block.others]
    return [*others, *(Unit(_folded(item.key), item.raw) for item in block.items)]


def artwork(block: Mp4Block) -> list[tuple[bool, bytes]]:
    """The cover atoms; the first is the front."""
    covers = [bytes(cover) for item in block.items if item.key == "covr" for cover in item.value or ()]
    return [(number == 0, cover) for number, cover in enumerate(covers)]


def splices(stream: BinaryIO, block: Mp4Block) -> list[Splice]:
    """The tag in its atom; places of sound behind it are moved along."""
    return item_splices(stream, block.items)


def damage(block: Mp4Block) -> Refusal | None:
    """Why the tag cannot be taken apart safely."""
    return block.damage


def recoded(block: Mp4Block, decode: Decode) -> Mp4Block:
    """The items in UTF-8 that say that they are, or say nothing, and are not."""
    return replace(block, items=tuple(recoded_item(item, partial(decode, _folded(item.key))) for item in block.items))


MP4 = TagKind("MP4", read_fields, hold, edited, units, keys, artwork, splices, damage, recoded)
