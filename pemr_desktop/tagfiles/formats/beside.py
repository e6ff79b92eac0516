"""Blocks beside the one that is written: they fill its gaps, and a new block carries along what they say."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any, BinaryIO, NamedTuple

from pemr_desktop.tagfiles.formats.old_text import OldText
from pemr_desktop.tagfiles.formats.tag_format import Decode, Fields, TagKind
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
    `recoded`: its fields, where those in some code page say what is decoded, by their names; the block itself stays.
    """

    name: str
    fields: Fields
    unsure: frozenset[str] = frozenset()
    cut: frozenset[str] = frozenset()
    pictures: tuple[tuple[bool, bytes], ...] = ()
    take_out: TakeOut | None = None
    recoded: Callable[[Decode], Fields] = lambda decode: {}


def old_block(name: str, found: Iterable[Found]) -> Beside:
    """A block of these values; of two values of a field the first counts."""
    fields: Fields = {}
    raws: dict[str, bytes] = {}
    cut = set()
    emptied: dict[str, list[Splice]] = {}
    for value in found:
        if not value.text.text:
            continue
        size = value.end - value.start
        emptied.setdefault(value.field, []).append(Splice(value.start, value.end, (value.empty * size)[:size]))
        if value.field in fields:
            continue
        fields[value.field] = (value.text.text,)
        raws |= {} if value.text.is_sure else {value.field: value.text.raw}
        cut |= {value.field} if value.text.is_cut else set()

    def take_out(stream: BinaryIO, names: Collection[str]) -> list[Splice]:
        return [splice for name in names for splice in emptied.get(name, ())]

    def recoded(decode: Decode) -> Fields:
        texts = {field: decode(field, raw) for field, raw in raws.items()}
        return fields | {field: (text.strip(),) for field, text in texts.items() if text is not None}

    return Beside(name, fields, frozenset(raws), frozenset(cut), take_out=take_out, recoded=recoded)


def other_block(name: str, kind: TagKind, block: Any) -> Beside:
    """A block of a kind that could be written, in a file that has its tags elsewhere."""

    def take_out(stream: BinaryIO, names: Collection[str]) -> list[Splice]:
        rest = block
        for field in names:
            rest = kind.edited(rest, field, ())
        return kind.splices(stream, rest)

    def recoded(decode: Decode) -> Fields:
        names = {key: field for field in kind.read_fields(block) for key in kind.keys(block, field)}
        return kind.read_fields(kind.recoded(block, lambda key, raw: decode(names.get(key, key.lower()), raw)))

    is_safe = not kind.damage(block)
    pictures = tuple(kind.artwork(block))
    return Beside(
        name,
        kind.read_fields(block),
        pictures=pictures,
        take_out=take_out if is_safe else None,
        recoded=recoded,
    )


def filled(fields: Fields, blocks: Iterable[Beside]) -> Fields:
    """The fields, and those of the other blocks that they lack: an earlier block goes before a later value."""
    made = dict(fields)
    for block in blocks:
        for name, values in block.fields.items():
            if any(values) and not any(made.get(name, ())):
                made[name] = values
    return made
