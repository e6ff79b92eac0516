"""What every kind of tag (ID3, Vorbis comments, MP4, APEv2, ASF) can do. One value of `TagKind` for each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO, NamedTuple

from pemr_desktop.refusals import Refusal
from pemr_desktop.tagfiles.splices import Splice

Fields = dict[str, tuple[str, ...]]
Decode = Callable[[str, bytes], str | None]
"""The key of a unit and a text in it that is in no Unicode encoding -> what it says; None leaves the unit alone."""


@dataclass(frozen=True)
class SaveOptions:
    """`id3_version` is for files without an ID3v2 block; a block that exists keeps its version."""

    id3_version: int = 4


class Unit(NamedTuple):
    """One frame, comment, item, atom or attribute: its name as edits know it, and the bytes it has in the file."""

    key: str
    content: bytes


@dataclass(frozen=True)
class TagKind:
    """Functions on the block of a file, which is a value: what was read of it, to the byte.

    read_fields(block) -> canonical and own field names with their values.
    hold(block, field, values, options) -> the values as they would be read back; raises CannotHold.
    edited(block, field, values) -> the block with these values in the field; empty values remove it.
    units(block) -> all that is in the block, in order, for proving that nothing else changed.
    keys(block, field) -> the keys of the units that an edit of the field replaces.
    artwork(block) -> pictures as (is_front_cover, bytes).
    splices(stream, block): what must be written where so that the file holds the block.
    damage(block) -> why the block cannot be taken apart safely, or None.
    recoded(block, decode) -> the block with the texts that were in some code page in Unicode; other units stay.
    """

    name: str
    read_fields: Callable[[Any], Fields]
    hold: Callable[[Any, str, tuple[str, ...], SaveOptions], tuple[str, ...]]
    edited: Callable[[Any, str, tuple[str, ...]], Any]
    units: Callable[[Any], list[Unit]]
    keys: Callable[[Any, str], frozenset[str]]
    artwork: Callable[[Any], list[tuple[bool, bytes]]]
    splices: Callable[[BinaryIO, Any], list[Splice]]
    damage: Callable[[Any], Refusal | None]
    recoded: Callable[[Any, Decode], Any] = lambda block, decode: block


def whole_number(values: tuple[str, ...]) -> tuple[str, ...]:
    """Numbers such as "127.6" as the whole numbers that a field can hold. Raises ValueError."""
    return tuple(str(round(float(value.replace(",", ".")))) for value in values)


FRONT_COVER = 3
