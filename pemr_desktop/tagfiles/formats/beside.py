"""Blocks beside the one that is written: they fill its gaps, and a new block carries along what they say."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any, BinaryIO, NamedTuple

from pemr_desktop.tagfiles.formats.old_text import OldText
from pemr_desktop.tagfiles.formats.tag_format import Fields, TagKind
from pemr_desktop.tagfiles.splices import Splice

TakeOut = Callable[[BinaryIO, Collection[str]], list[Splice]]


class Found(NamedTuple):
    """One value in an old block, and the bytes [start, end) of the file that hold it; `empty` fills them without it."""

    field: str
    text: OldText
    start: int
    end: int
    empty: bytes = b"\0"


@dataclass(frozen=True)
class Beside:
    """`name`: for sentences; `unsure`: fields whose code page is not known; `cut`: fields that fill all their place.

    `take_out`: what empties some of its fields in the open file; None where that cannot be done safely.
    """

    name: str
    fields: Fields
    unsure: frozenset[str] = frozenset()
    cut: frozenset[str] = frozenset()
    pictures: tuple[tuple[bool, bytes], ...] = ()
    take_out: TakeOut | None = None


def old_block(name: str, found: Iterable[Found]) -> Beside:
    """A block of these values; of two values of a field the first counts."""
    fields: Fields = {}
    unsure, cut = set(), set()
    emptied: dict[str, list[Splice]] = {}
    for value in found:
        if not value.text.text:
            continue
        size = value.end - value.start
        emptied.setdefault(value.field, []).append(Splice(value.start, value.end, (value.empty * size)[:size]))
        if value.field in fields:
            continue
        fields[value.field] = (value.text.text,)
        unsure |= set() if value.text.is_sure else {value.field}
        cut |= {value.field} if value.text.is_cut else set()

    def take_out(stream: BinaryIO, names: Collection[str]) -> list[Splice]:
        return [splice for name in names for splice in emptied.get(name, ())]

    return Beside(name, fields, frozenset(unsure), frozenset(cut), take_out=take_out)


def other_block(name: str, kind: TagKind, block: Any) -> Beside:
    """A block of a kind that could be written, in a file that has its tags elsewhere."""

    def take_out(stream: BinaryIO, names: Collection[str]) -> list[Splice]:
        rest = block
        for field in names:
            rest = kind.edited(rest, field, ())
        return kind.splices(stream, rest)

    is_safe = not kind.damage(block)
    pictures = tuple(kind.artwork(block))
    return Beside(name, kind.read_fields(block), pictures=pictures, take_out=take_out if is_safe else None)


def filled(fields: Fields, blocks: Iterable[Beside]) -> Fields:
    """The fields, and those of the other blocks that they lack: an earlier block goes before a later value."""
    made = dict(fields)
    for block in blocks:
        for name, values in block.fields.items():
            if any(values) and not any(made.get(name, ())):
                made[name] = values
    return made
