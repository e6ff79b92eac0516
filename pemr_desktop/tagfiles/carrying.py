"""What a new block must say, too, because programs that read it look at no other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pemr_desktop.refusal_texts.tag_files import TagFileCode
from pemr_desktop.refusals import Refusal, refusal
from pemr_desktop.tagfiles.errors import CannotHold, WriteRefused
from pemr_desktop.tagfiles.formats.beside import Beside
from pemr_desktop.tagfiles.formats.tag_format import SaveOptions
from pemr_desktop.tagfiles.opening import Opened
from pemr_desktop.tagfiles.plan import FieldChange


def carried(
    opened: Opened, path: Path, changes: Sequence[FieldChange], options: SaveOptions, said: list[Refusal]
) -> tuple[FieldChange, ...]:
    """The values of all other blocks, where the one that is written says nothing yet; `said` is told of them.

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
                raise WriteRefused(path, "left untouched", reason=error.why) from error
            made.append(FieldChange(field, values, held))
        said += _remarks(other, fields, opened.kind.name)
    return tuple(made)


def _check_sure(other: Beside, fields: Sequence[str], kind: str, path: Path) -> None:
    unsure = [field for field in fields if field in other.unsure]
    if unsure:
        code: TagFileCode = "code page of fields not known" if unsure[1:] else "code page of field not known"
        raise WriteRefused(path, code, block=other.name, fields=", ".join(unsure), kind=kind)


def _remarks(other: Beside, fields: Sequence[str], kind: str) -> list[Refusal]:
    said = [refusal("carried into first tag", kind=kind, block=other.name, fields=", ".join(fields))]
    cut = [field for field in fields if field in other.cut]
    if cut:
        said.append(refusal("carried values may be cut", block=other.name, fields=", ".join(cut)))
    return said
