"""The write itself, as splices of the file, carried out and proven on a copy that is only looked at."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, cast

from pemr_desktop.tagfiles.code_pages import CodePage
from pemr_desktop.tagfiles.containers.audio_spans import audio_spans
from pemr_desktop.tagfiles.containers.side_chunks import light_content
from pemr_desktop.tagfiles.errors import CannotHold, TagReadError, WriteRefused
from pemr_desktop.tagfiles.formats.tag_format import SaveOptions, Unit
from pemr_desktop.tagfiles.opening import Opened, open_tags
from pemr_desktop.tagfiles.plan import FieldChange
from pemr_desktop.tagfiles.recoding import recoded_block, seen_changes
from pemr_desktop.tagfiles.splices import Splice, SplicedFile

log = logging.getLogger(__name__)

EDGE_BYTES = 4096


def rewrite(
    opened: Opened,
    stream: BinaryIO,
    path: Path,
    changes: Sequence[FieldChange],
    options: SaveOptions,
    page: CodePage | None = None,
) -> list[Splice]:
    """What must be replaced in the file, proven to do what the changes say and nothing else. Raises WriteRefused.

    `page`: the changes are of texts in this code page, and only those units of the tags are written anew.
    """
    assert opened.kind is not None
    block = opened.prepared(options)
    if page is not None:
        block = recoded_block(opened, block, changes, page)
    if damage := opened.kind.damage(block):
        raise WriteRefused(path, "left untouched", reason=damage)
    try:
        for change in changes if page is None else ():
            block = opened.kind.edited(block, change.field, change.after)
        taken_out = _taken_out(opened, stream, path, changes)
        splices = opened.kind.splices(stream, block) + taken_out
        view = cast("BinaryIO", SplicedFile(stream, splices))
        prove(opened, view, path, changes, None if page is None else opened.kind.units(block))
        if sound_edges(view, opened.container) != sound_edges(stream, opened.container):
            raise WriteRefused(path, "sound would change")
        before, after = (light_content(file, opened.container, but_texts=bool(taken_out)) for file in (stream, view))
        if before != after:
            raise WriteRefused(path, "other data would change")
    except CannotHold as error:
        raise WriteRefused(path, "left untouched", reason=error.why) from error
    except TagReadError as error:
        log.debug("After the write it could not be read: %s", error)
        raise WriteRefused(path, "not readable after writing") from error
    except (OSError, WriteRefused):
        raise
    except Exception as error:  # whatever damaged data leads to
        log.debug("%s cannot be written", path, exc_info=True)
        raise WriteRefused(path, "tags not written") from error
    return splices


def _taken_out(opened: Opened, stream: BinaryIO, path: Path, changes: Sequence[FieldChange]) -> list[Splice]:
    """A field that is removed must not be seen again in another block."""
    removed = {change.field for change in changes if not any(change.after)}
    found: list[Splice] = []
    for block in opened.beside:
        names = sorted(name for name in removed if any(block.fields.get(name, ())))
        if not names:
            continue
        if block.take_out is None:
            raise WriteRefused(path, "field in other block", block=block.name, field=names[0])
        found += block.take_out(stream, names)
    return found


def sound_edges(stream: BinaryIO, container: str) -> list[tuple[int, bytes, bytes]]:
    """Length, start and end of each span of sound: no write may change them, and they are read at once."""
    if container.startswith("ogg/"):  # its packets are compared when the headers are
        return []
    found = []
    for start, end in audio_spans(stream, container).spans:
        edges = []
        for position in (start, max(start, end - EDGE_BYTES)):
            stream.seek(position)
            edges.append(stream.read(min(EDGE_BYTES, end - position)))
        found.append((end - start, edges[0], edges[1]))
    return found


def takes_out(opened: Opened, changes: Sequence[FieldChange]) -> bool:
    """Whether a removed field also stands in another block, which changes then."""
    removed = {change.field for change in changes if not any(change.after)}
    return any(removed & block.fields.keys() for block in opened.beside)


def prove(
    before: Opened,
    stream: BinaryIO,
    path: Path,
    changes: Sequence[FieldChange],
    wanted_units: Sequence[Unit] | None = None,
) -> None:
    """That the open file says what it said, but for the changes, and that all other units of its tags are the same.

    `wanted_units`: where the units to come are known to the byte, they and no others must be there. Raises WriteRefused
    and TagReadError.
    """
    changes = changes if wanted_units is None else seen_changes(before, changes)
    kind = before.kind
    assert kind is not None
    after = open_tags(stream, path)
    if after.kind is not kind or after.container != before.container:
        raise WriteRefused(path, "other format after writing")
    wanted = before.fields | {change.field: change.after for change in changes}
    for field in wanted.keys() | after.fields.keys():
        if after.fields.get(field, ()) != wanted.get(field, ()):
            raise WriteRefused(path, "field not as planned", field=field)
    if wanted_units is not None:
        is_proven = kind.units(after.block) == wanted_units
    else:
        named: set[str] = set()
        for change in changes:
            named |= kind.keys(before.block, change.field) | kind.keys(after.block, change.field)
        is_proven = _others(kind.units(before.block), named) == _others(kind.units(after.block), named)
    if not is_proven:
        raise WriteRefused(path, "other tag would change")
    removed = {change.field for change in changes if not any(change.after)}
    if _beside(before, removed) != _beside(after, removed):
        raise WriteRefused(path, "tag beside would change")


def _others(units: list[Unit], named: set[str]) -> list[Unit]:
    return [unit for unit in units if unit.key not in named]


def _beside(opened: Opened, removed: set[str]) -> list[dict[str, tuple[str, ...]]]:
    every = ({name: values for name, values in block.fields.items() if name not in removed} for block in opened.beside)
    return [fields for fields in every if fields]
