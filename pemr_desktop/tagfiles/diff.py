"""What would change in a file: reads, compares, carries the write out on a copy that is not made, writes nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from pemr_desktop.refusals import Refusal, joined, refusal
from pemr_desktop.system_reasons import system_reason
from pemr_desktop.tagfiles.carrying import carried
from pemr_desktop.tagfiles.code_pages import CodePage
from pemr_desktop.tagfiles.digest import cut_off_warning
from pemr_desktop.tagfiles.errors import CannotHold, TagReadError, WriteRefused
from pemr_desktop.tagfiles.formats.mapping import find_field
from pemr_desktop.tagfiles.formats.tag_format import SaveOptions
from pemr_desktop.tagfiles.identity import identity_of, is_protected, told_when_changed
from pemr_desktop.tagfiles.opening import Opened, open_tags
from pemr_desktop.tagfiles.plan import FieldChange, FilePlan, HardLinks
from pemr_desktop.tagfiles.read import open_ordinary
from pemr_desktop.tagfiles.rewriting import rewrite

Mode = Literal["append", "replace", "exact"]

# Fields that mean one thing: in append mode a value that is there stays.
SINGLE = frozenset(
    {"title", "album", "tracknumber", "discnumber", "date", "bpm", "key", "compilation", "work", "isrc", "label"}
)
OURS = frozenset({"pemr_tags"})


def make_plan(
    track_id: int,
    path: Path,
    wanted: Mapping[str, Sequence[str]],
    *,
    mode: Mode = "append",
    remove: Mapping[str, Sequence[str]] | None = None,
    add: Mapping[str, Sequence[str]] | None = None,
    hard_links: HardLinks = "refuse",
    options: SaveOptions = SaveOptions(),  # noqa: B008 - frozen
) -> FilePlan:
    """The difference between the file and what is wanted, as the file would hold it.

    append: add values that are not there yet (case ignored); a single-valued field that has a value keeps it.
    replace: the fields of `wanted` get these values instead of theirs. exact: the same, but not even spaces at the
    ends or repeated values are tidied. `remove`: values to take out; none named: all. `add`: values to put behind
    those that are there, whatever the mode and the field.
    The write is carried out and proven without a copy of the file, so that what is planned is written unless the file
    changes. Symbolic links are followed. Raises TagReadError and WriteRefused; opens nothing for writing.
    """

    def changes_of(opened: Opened, real: Path, said: list[Refusal]) -> tuple[FieldChange, ...]:
        return _changes(opened, real, wanted, mode, remove or {}, add or {}, options, said)

    return dry_run(track_id, path, changes_of, hard_links, options)


def dry_run(
    track_id: int,
    path: Path,
    changes_of: Callable[[Opened, Path, list[Refusal]], tuple[FieldChange, ...]],
    hard_links: HardLinks,
    options: SaveOptions,
    page: CodePage | None = None,
) -> FilePlan:
    """The plan of these changes, carried out without a copy. `changes_of` puts into its list what the user should know.

    Raises TagReadError and WriteRefused.
    """
    real = resolve(path)
    with open_ordinary(real) as (stream, status), told_when_changed(real, identity_of(status)):
        opened = open_tags(stream, real)
        kind = opened.kind
        if is_protected(status):
            raise WriteRefused(real, "write protected")
        if kind is None:
            raise WriteRefused(real, "no place for tags", format=opened.format)
        if status.st_nlink > 1 and hard_links == "refuse":
            raise WriteRefused(real, "hard links, to choose", count=str(status.st_nlink))
        said: list[Refusal] = []
        changes = changes_of(opened, real, said)
        along: tuple[FieldChange, ...] = ()
        if changes:
            along = carried(opened, real, changes, options, said)
            changes += along
            rewrite(opened, stream, real, changes, options, page)
        if cut_off := cut_off_warning(stream, opened.container):
            said.append(refusal("cut off, yet writable", reason=cut_off))
    return FilePlan(
        track_id=track_id,
        path=os.fsencode(real),
        identity=identity_of(status),
        changes=changes,
        warnings=(*opened.warnings, *said),
        carried=tuple(change.field for change in along),
        code_page=page.name if page is not None else "",
    )


def resolve(path: Path) -> Path:
    """The real file behind symbolic links. Raises TagReadError for a dangling link or a loop."""
    try:
        return path.resolve(strict=True)
    except OSError as error:
        raise TagReadError(path, system_reason(error)) from error
    except RuntimeError as error:
        raise TagReadError(path, "link in a circle") from error


def _changes(
    opened: Opened,
    path: Path,
    wanted: Mapping[str, Sequence[str]],
    mode: Mode,
    remove: Mapping[str, Sequence[str]],
    add: Mapping[str, Sequence[str]],
    options: SaveOptions,
    said: list[Refusal],
) -> tuple[FieldChange, ...]:
    """The changes; `said` is told of every value that the file can hold only in another form, or not at all.

    Raises WriteRefused where nothing is left that it can hold; in mode exact for any single field.
    """
    assert opened.kind is not None
    present = opened.fields
    block = opened.prepared(options)
    changes = []
    refused: list[Refusal] = []
    for field in dict.fromkeys([*wanted, *remove, *add]):
        known = find_field(field)
        if known is not None and not known.writable:
            raise WriteRefused(path, "field never written", field=field)
        before = present.get(field, ())
        after = _without(before, remove[field]) if field in remove else before
        if field in wanted:
            after = tuple(wanted[field]) if mode == "exact" else _combine(field, after, _clean(wanted[field]), mode)
        if field in add:
            after = _joined(after, _clean(add[field]))
        if after == before:
            continue
        try:
            held = opened.kind.hold(block, field, after, options)
        except CannotHold as error:
            refused.append(error.why)
            continue
        if held != before:
            changes.append(FieldChange(field, before, held))
            if held != after:
                said.append(_another_form(field, after, held))
    if refused and (mode == "exact" or not changes):
        raise WriteRefused(path, "left untouched", reason=joined(*refused))
    said += [refusal("field stays", reason=reason) for reason in refused]
    return tuple(changes)


def _another_form(field: str, wanted: Sequence[str], held: Sequence[str]) -> Refusal:
    """That the file can hold these values only as those."""
    text = "; ".join(wanted)
    if not held:
        return refusal("value not held", wanted=text, field=field)
    return refusal("value held as another", wanted=text, held="; ".join(held), field=field)


def _clean(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value.strip() for value in values if value.strip()))


def _without(values: tuple[str, ...], unwanted: Sequence[str]) -> tuple[str, ...]:
    if not unwanted:
        return ()
    folded = {value.casefold() for value in unwanted}
    return tuple(value for value in values if value.casefold() not in folded)


def _combine(field: str, before: tuple[str, ...], wanted: tuple[str, ...], mode: Mode) -> tuple[str, ...]:
    if mode == "replace" or field in OURS:
        return wanted
    if field in SINGLE and before:
        return before
    return _joined(before, wanted)


def _joined(before: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    present = {value.casefold() for value in before}
    return before + tuple(value for value in more if value.casefold() not in present)
