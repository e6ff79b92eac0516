"""What a new block must say, too, because programs that read it look at no other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pemr_desktop.tagfiles.errors import CannotHold, WriteRefused
from pemr_desktop.tagfiles.formats.beside import Beside
from pemr_desktop.tagfiles.formats.tag_format import SaveOptions
from pemr_desktop.tagfiles.opening import Opened
from pemr_desktop.tagfiles.plan import FieldChange


def carried(
    opened: Opened, path: Path, changes: Sequence[FieldChange], options: SaveOptions, said: list[str]
) -> tuple[FieldChange, ...]:
    """The values of all other blocks, where the one that is written says nothing yet; `said` gets a sentence on them.

    Raises WriteRefused where a value is in a code page that is not known: nobody would read in the new block what
    stands in the old one.
    """
    if opened.kind is None or opened.own_fields:
        return ()
    block = opened.prepared(options)
    done = {change.field for change in changes}
    made = []
    for other in opened.beside:
        fields = [field for field in other.fields if field not in done and any(other.fields[field])]
        if not fields:
            continue
        done.update(fields)
        _check_sure(other, fields, opened.kind.name, path)
        for field in fields:
            values = opened.fields[field]
            try:
                held = opened.kind.hold(block, field, values, options)
            except CannotHold as error:
                raise WriteRefused(path, f"{error} It was left untouched.") from error
            made.append(FieldChange(field, values, held))
        said += _sentences(other, fields, opened.kind.name)
    return tuple(made)


def _check_sure(other: Beside, fields: Sequence[str], kind: str, path: Path) -> None:
    unsure = [field for field in fields if field in other.unsure]
    if unsure:
        raise WriteRefused(
            path,
            f"Its {other.name} is in a code page that is not known ({', '.join(unsure)}), and other programs would no "
            f"longer look at it beside a new {kind} tag. Say first what {'it says' if unsure[1:] else 'that is'}: give "
            "these fields their values. It was left untouched.",
        )


def _sentences(other: Beside, fields: Sequence[str], kind: str) -> list[str]:
    said = [
        f"It gets its first {kind} tag, which says what its {other.name} says, too ({', '.join(fields)}): "
        "many programs look at no other."
    ]
    cut = [field for field in fields if field in other.cut]
    if cut:
        said.append(f"Its {other.name} has room for 30 letters, so that {', '.join(cut)} may be cut off in it.")
    return said
