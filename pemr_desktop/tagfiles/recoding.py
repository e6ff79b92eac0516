"""Texts of a file that are in some code page: which they are, what they would say, and the block that says it.

What is in Unicode already stays to the byte. Blocks beside the one that is written (ID3v1, the INFO list, a second tag)
stay as they are, too: they have no way to say which code page they are in, an ID3v1 block has room for thirty bytes
only, and old players expect what is there. What they alone say goes, decoded, into the block that is written, which all
programs prefer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from pemr_desktop.tagfiles.code_pages import CodePage, LegacyText, decoded
from pemr_desktop.tagfiles.errors import CannotHold
from pemr_desktop.tagfiles.formats.beside import Beside, filled
from pemr_desktop.tagfiles.formats.mapping import BY_NAME
from pemr_desktop.tagfiles.formats.tag_format import Decode, SaveOptions, TagKind, Unit
from pemr_desktop.tagfiles.opening import Opened
from pemr_desktop.tagfiles.plan import FieldChange

UNSEEN = {"USLT": "lyrics", "©lyr": "lyrics"}
"""Units that are no fields, by the name that a person knows."""


class Recoding(NamedTuple):
    """`changes`: what a file would say in a code page; `left`: fields with a text that cannot be in that page."""

    changes: tuple[FieldChange, ...]
    left: tuple[str, ...]


def legacy_texts(opened: Opened) -> tuple[LegacyText, ...]:
    """The texts that a code page has to be chosen for, as far as anybody sees them."""
    found: list[LegacyText] = []
    if opened.kind is not None:
        names = _names(opened.kind, opened.block, opened.own_fields)
        opened.kind.recoded(opened.block, _noting(found, lambda key: names.get(key, _unseen(key))))
    for block in opened.beside:
        hidden: list[LegacyText] = []
        block.recoded(_noting(hidden, str))
        found += [text for text in hidden if not any(opened.own_fields.get(text.field, ()))]
    return tuple(dict.fromkeys(found))


def _noting(found: list[LegacyText], name: Callable[[str], str]) -> Decode:
    def note(key: str, raw: bytes) -> None:
        found.append(LegacyText(name(key), raw))

    return note


def recoding(opened: Opened, page: CodePage, options: SaveOptions) -> Recoding:
    """What would change if the texts that are in no Unicode encoding are in this page."""
    assert opened.kind is not None
    block = opened.prepared(options)
    own = opened.kind.read_fields(opened.kind.recoded(block, lambda key, raw: decoded(raw, page)))
    after = filled(own, [_said_by(other, page) for other in opened.beside])
    changes: list[FieldChange] = []
    left: list[str] = []
    for field in dict.fromkeys([*opened.fields, *after]):
        before, values = opened.fields.get(field, ()), after.get(field, ())
        if values == before:
            continue
        try:
            held = values if any(own.get(field, ())) or not values else opened.kind.hold(block, field, values, options)
            changes.append(FieldChange(field, before, held))
        except CannotHold:
            left.append(field)
    names = _names(opened.kind, block, [*opened.own_fields, *own])
    texts = legacy_texts(opened)
    left += [text.field for text in texts if decoded(text.raw, page) is None]
    unseen = [text.field for text in texts if text.field not in names.values() and text.field not in after]
    for field in dict.fromkeys(unseen):
        raws = [text.raw for text in texts if text.field == field]
        said = [text for raw in raws if (text := decoded(raw, page)) is not None]
        if len(said) == len(raws):
            changes.append(FieldChange(field, tuple(raw.decode("cp1252", "replace") for raw in raws), tuple(said)))
    return Recoding(tuple(changes), tuple(dict.fromkeys(left)))


def _said_by(other: Beside, page: CodePage) -> Beside:
    return replace(other, fields=other.recoded(lambda field, raw: decoded(raw, page)))


def recoded_block(opened: Opened, block: Any, changes: Sequence[FieldChange], page: CodePage) -> Any:
    """The block with the units in Unicode that belong to these changes, and what only other blocks said before."""
    assert opened.kind is not None
    kind = opened.kind
    chosen = {change.field for change in changes}
    keys = {key for change in changes for key in kind.keys(block, change.field)}

    def decode(key: str, raw: bytes) -> str | None:
        return decoded(raw, page) if key in keys or _unseen(key) in chosen else None

    made = kind.recoded(block, decode)
    own = kind.read_fields(made)
    for change in seen_changes(opened, changes):
        if change.after and not any(own.get(change.field, ())):
            made = kind.edited(made, change.field, change.after)
    return made


def recoded_units(opened: Opened, changes: Sequence[FieldChange], page: CodePage, options: SaveOptions) -> list[Unit]:
    """All units of the block that is to come, to the byte."""
    assert opened.kind is not None
    return opened.kind.units(recoded_block(opened, opened.prepared(options), changes, page))


def seen_changes(opened: Opened, changes: Sequence[FieldChange]) -> list[FieldChange]:
    """The changes of fields; others are of texts that are converted along with them, such as lyrics."""
    return [change for change in changes if change.field in opened.fields or not change.before]


def _names(kind: TagKind, block: Any, fields: Iterable[str]) -> dict[str, str]:
    """The field of each key of a unit, of these fields and of those that every kind of tags has."""
    names: dict[str, str] = {}
    for field in [*fields, *BY_NAME]:
        for key in kind.keys(block, field):
            names.setdefault(key, field)
    return names


def _unseen(key: str) -> str:
    return UNSEEN.get(key, key.lower())
