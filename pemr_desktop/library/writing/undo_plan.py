"""What taking back a batch would do to each of its files: nothing is written here."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import msgspec

from pemr_desktop.library.errors import LibraryError, UnknownTrack
from pemr_desktop.library.paths import decode, encode, show, track_path
from pemr_desktop.library.writing import journal
from pemr_desktop.library.writing.plan import WriteOptions, Writer, plan_writer
from pemr_desktop.library.writing.vetting import Vetting
from pemr_desktop.refusals import Refusal, refusal
from pemr_desktop.tagfiles.clone import clone_path
from pemr_desktop.tagfiles.diff import make_plan, resolve
from pemr_desktop.tagfiles.digest import whole_digest
from pemr_desktop.tagfiles.errors import TagFileError
from pemr_desktop.tagfiles.plan import FieldChange
from pemr_desktop.tagfiles.read import open_ordinary, read_tags
from pemr_desktop.tagfiles.write import Milestones, WriteOutcome, restore_bytes

log = logging.getLogger(__name__)


class Undoing(msgspec.Struct, frozen=True):
    """How one file is brought back, and in `left_alone` why some of its fields are not."""

    path: Path
    clone: Path
    changes: tuple[FieldChange, ...]
    write: Writer
    left_alone: Refusal | None = None


def files_to_undo(
    connection: sqlite3.Connection, batch_id: int, entry_ids: Sequence[int]
) -> list[tuple[journal.Entry, Path]]:
    """What can be taken back of a batch, or of some of its entries, and where the files are now.

    Raises LibraryError when there is no such batch.
    """
    entries = journal.entries_to_undo(connection, batch_id, entry_ids)
    if not entries and not journal.has_batch(connection, batch_id):
        raise LibraryError("batch not known", batch=str(batch_id))
    return [(entry, _path_now(connection, entry)) for entry in entries]


def plan_undo(
    files: Sequence[tuple[journal.Entry, Path]], options: WriteOptions
) -> tuple[list[tuple[journal.Entry, Undoing]], dict[str, Refusal]]:
    """What would happen to each file, and readable location -> why nothing would."""
    ready: list[tuple[journal.Entry, Undoing]] = []
    refused: dict[str, Refusal] = {}
    with Vetting() as vetting:
        for entry, path in files:
            try:
                undoing = _plan_one(entry, path, options, vetting)
            except TagFileError as error:
                refused[show(encode(path))] = error.why
                continue
            if undoing.changes:
                ready.append((entry, undoing))
            else:
                refused[show(encode(path))] = undoing.left_alone or Refusal("")
    return ready, refused


def _path_now(connection: sqlite3.Connection, entry: journal.Entry) -> Path:
    """Where the file is now: with its track, if that moved; else where it was."""
    if entry.track_id is not None:
        try:
            return track_path(connection, entry.track_id)
        except UnknownTrack:
            log.debug("The track of journal entry %d is gone; its path is used", entry.id)
    return decode(entry.path)


def _plan_one(entry: journal.Entry, path: Path, options: WriteOptions, vetting: Vetting) -> Undoing:
    real = resolve(path)
    clone = clone_path(real)
    back = tuple(FieldChange(change.field, change.after, change.before) for change in entry.changes)
    if entry.restore is not None and entry.before_digest is not None and _digest(real) == entry.after_digest:
        recipe, wanted = entry.restore, entry.before_digest

        def bring_back(milestones: Milestones) -> WriteOutcome:
            return restore_bytes(
                real,
                recipe,
                wanted,
                clone=clone,
                keep_times=options.keep_times,
                hard_links=options.hard_links,
                milestones=milestones,
            )

        return Undoing(real, clone, back, bring_back)
    vetting.check(real)
    present = read_tags(real).fields
    ours = [change for change in back if present.get(change.field, ()) == change.before]
    others = [change.field for change in back if present.get(change.field, ()) != change.before]
    plan = make_plan(
        entry.track_id or 0,
        real,
        {change.field: change.after for change in ours},
        mode="exact",
        hard_links=options.hard_links,
        options=options.save_options(),
    )
    return Undoing(real, clone, plan.changes, plan_writer(plan, clone, options), _left_alone(others))


def _left_alone(fields: Sequence[str]) -> Refusal | None:
    """Why these fields are not brought back; None without any."""
    if not fields:
        return None
    names = ", ".join(f"“{name}”" for name in fields)
    return refusal("field left alone" if len(fields) == 1 else "fields left alone", fields=names)


def _digest(path: Path) -> bytes:
    with open_ordinary(path) as (stream, _):
        return whole_digest(stream)
