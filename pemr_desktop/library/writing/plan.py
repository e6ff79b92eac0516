"""From accepted tags to plans: what would change in which file, and nothing written yet."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from pemr_desktop.library.database.store import Cancelled, Store
from pemr_desktop.library.paths import show, track_path
from pemr_desktop.library.suggestions import in_batches
from pemr_desktop.library.text_folding import fold
from pemr_desktop.library.writing.note import PROVENANCE, new_note, noted_names
from pemr_desktop.library.writing.vetting import Vetting
from pemr_desktop.refusals import Refusal
from pemr_desktop.steps import Progress, Step
from pemr_desktop.tagfiles.diff import make_plan
from pemr_desktop.tagfiles.errors import TagFileError
from pemr_desktop.tagfiles.formats.tag_format import SaveOptions
from pemr_desktop.tagfiles.plan import FilePlan, HardLinks
from pemr_desktop.tagfiles.write import Milestones, WriteOutcome, apply_plan

# Groups with a field of their own that players know. All other groups go into PEMR_TAGS only.
FIELD_OF_GROUP = {"genre": "genre", "mood": "mood"}
Writer = Callable[[Milestones], WriteOutcome | None]
"""Writes one file, and tells how far it is; None: there was nothing to write."""


class WriteOptions(msgspec.Struct, frozen=True):
    """How tags are written. `provenance`: note model, date and probabilities in one field, PEMR_TAGS."""

    mode: Literal["append", "replace"] = "append"
    provenance: bool = True
    keep_times: bool = False
    id3_version: Literal[3, 4] = 4
    hard_links: HardLinks = "refuse"

    def save_options(self) -> SaveOptions:
        """The part that concerns the format."""
        return SaveOptions(id3_version=self.id3_version)


class Plans(msgspec.Struct, frozen=True):
    """Plans for the files that would change. `refused`: readable location -> reason. The rest needs no writing.

    `without_field`: readable location -> accepted tags for which there is no field, and, as no notes are wanted, no
    other place.
    """

    plans: tuple[FilePlan, ...]
    refused: dict[str, Refusal]
    without_field: dict[str, tuple[str, ...]] = {}


class _Accepted(msgspec.Struct, frozen=True):
    tag_id: int
    name: str
    group: str
    model_id: str | None
    probability: float | None
    settled: bool


def plan_writes(
    store: Store,
    track_ids: Sequence[int],
    options: WriteOptions,
    progress: Progress,
    cancelled: Cancelled,
) -> Plans:
    """Plans for the accepted tags that are not in files yet. No ids: all tracks that have some.

    Tags that turn out to need no writing (the file has them, or they go nowhere) are settled on the spot.
    """
    ids = store.read(_tracks_to_write, list(track_ids))
    plans: list[FilePlan] = []
    refused: dict[str, Refusal] = {}
    without_field: dict[str, tuple[str, ...]] = {}
    nothing_to_do: list[tuple[float, int, int]] = []
    with Vetting() as vetting:
        for done, track_id in enumerate(ids):
            if cancelled():
                break
            progress(done, len(ids), Step("comparing tags"))
            accepted = store.read(_accepted, track_id)
            wanted = store.read(_wanted, accepted, options)
            try:
                plan = _plan(store, track_id, wanted, accepted, options, vetting)
            except TagFileError as error:
                refused[show(str(error.path).encode("utf-8", "surrogateescape"))] = error.why
                continue
            if (homeless := _homeless(accepted)) and not options.provenance:
                without_field[show(plan.path)] = homeless
            if plan.changes:
                plans.append(plan)
            else:
                nothing_to_do += [(time.time(), track_id, tag.tag_id) for tag in accepted if not tag.settled]
    with store.writing() as connection:
        connection.executemany("UPDATE decisions SET settled_at = ? WHERE track_id = ? AND tag_id = ?", nothing_to_do)
    return Plans(tuple(plans), refused, without_field)


def plan_edits(
    store: Store,
    edits: Mapping[int, Mapping[str, Sequence[str]]],
    options: WriteOptions,
    progress: Progress,
    cancelled: Cancelled,
    *,
    add: Mapping[str, Sequence[str]],
    remove: Mapping[str, Sequence[str]],
) -> Plans:
    """Plans for the user's own edits: track id -> field -> exactly these values.

    In all of these tracks values are taken out (`remove`; none named: all of the field) and put in (`add`), too.
    """
    plans: list[FilePlan] = []
    refused: dict[str, Refusal] = {}
    with Vetting() as vetting:
        for done, (track_id, wanted) in enumerate(edits.items()):
            if cancelled():
                break
            progress(done, len(edits), Step("comparing tags"))
            path = store.read(track_path, track_id)
            try:
                vetting.check_track(store, track_id, path)
                plan = make_plan(
                    track_id,
                    path,
                    wanted,
                    mode="replace",
                    add=add,
                    remove=remove,
                    hard_links=options.hard_links,
                    options=options.save_options(),
                )
            except TagFileError as error:
                refused[show(str(error.path).encode("utf-8", "surrogateescape"))] = error.why
                continue
            if plan.changes:
                plans.append(plan)
    return Plans(tuple(plans), refused)


def _plan(
    store: Store,
    track_id: int,
    wanted: Mapping[str, Sequence[str]],
    accepted: Sequence[_Accepted],
    options: WriteOptions,
    vetting: Vetting,
) -> FilePlan:
    path = store.read(track_path, track_id)
    vetting.check_track(store, track_id, path)
    plan = make_plan(
        track_id, path, wanted, mode=options.mode, hard_links=options.hard_links, options=options.save_options()
    )
    only_provenance = all(change.field == PROVENANCE for change in plan.changes)
    if only_provenance and all(tag.group in FIELD_OF_GROUP for tag in accepted if not tag.settled):
        return msgspec.structs.replace(plan, changes=())  # the file says all of it already, in its own words
    return msgspec.structs.replace(plan, only_noted=_homeless(accepted)) if options.provenance else plan


def _homeless(accepted: Sequence[_Accepted]) -> tuple[str, ...]:
    """Tags not written yet that have no field of their own: instruments, voices and the like."""
    return tuple(tag.name for tag in accepted if not tag.settled and tag.group not in FIELD_OF_GROUP)


def _tracks_to_write(connection: sqlite3.Connection, track_ids: list[int]) -> list[int]:
    query = "SELECT DISTINCT d.track_id FROM decisions d WHERE d.decision = 'accepted' AND d.settled_at IS NULL"
    if not track_ids:
        return [row[0] for row in connection.execute(f"{query} ORDER BY d.track_id")]
    found: set[int] = set()
    for marks, some in in_batches(track_ids):
        found.update(row[0] for row in connection.execute(f"{query} AND d.track_id IN ({marks})", some))
    return [track_id for track_id in dict.fromkeys(track_ids) if track_id in found]


def _accepted(connection: sqlite3.Connection, track_id: int) -> list[_Accepted]:
    rows = connection.execute(
        "SELECT d.tag_id, t.name, t.group_name, d.model_id, d.probability, d.settled_at IS NOT NULL "
        "FROM decisions d JOIN tags t ON t.id = d.tag_id WHERE d.track_id = ? AND d.decision = 'accepted' "
        "ORDER BY d.probability DESC, t.name",
        (track_id,),
    )
    return [_Accepted(row[0], row[1], row[2], row[3], row[4], bool(row[5])) for row in rows]


def _wanted(
    connection: sqlite3.Connection, accepted: Sequence[_Accepted], options: WriteOptions
) -> dict[str, list[str]]:
    wanted: dict[str, list[str]] = {}
    for tag in accepted:
        field = FIELD_OF_GROUP.get(tag.group)
        if field and (options.mode == "replace" or not tag.settled):
            wanted.setdefault(field, []).append(_spelling(connection, field, tag.name))
    if options.provenance:
        wanted[PROVENANCE] = [provenance(accepted)]
    return wanted


def _spelling(connection: sqlite3.Connection, field: str, name: str) -> str:
    """The word as this library writes it most often, so that “rock” joins “Rock”."""
    row = connection.execute(
        "SELECT value FROM track_tags WHERE field = ? AND folded = ? GROUP BY value ORDER BY count(*) DESC LIMIT 1",
        (field, fold(name)),
    ).fetchone()
    return str(row[0]) if row else name


def provenance(accepted: Sequence[_Accepted]) -> str:
    """Who said what, for the PEMR_TAGS field."""
    models = [tag.model_id for tag in accepted if tag.model_id]
    return new_note(models[0] if models else "", {tag.name: tag.probability for tag in accepted})


def settled_by(connection: sqlite3.Connection, plan: FilePlan) -> tuple[int, ...]:
    """Ids of the accepted tags that a plan carries out."""
    said: dict[str, set[str]] = {change.field: {fold(value) for value in change.after} for change in plan.changes}
    noted: set[str] = set()
    for change in plan.changes:
        if change.field == PROVENANCE and change.after:
            noted = {fold(name) for name in noted_names(change.after[0])}
    rows = connection.execute(
        "SELECT d.tag_id, t.folded, t.group_name FROM decisions d JOIN tags t ON t.id = d.tag_id "
        "WHERE d.track_id = ? AND d.decision = 'accepted' AND d.settled_at IS NULL",
        (plan.track_id,),
    )
    return tuple(
        tag_id
        for tag_id, folded, group in rows
        if folded in said.get(FIELD_OF_GROUP.get(group, ""), set()) or folded in noted
    )


def plan_writer(plan: FilePlan, clone: Path, options: WriteOptions) -> Writer:
    """Writes a plan with its clone at this place."""

    def write(milestones: Milestones) -> WriteOutcome | None:
        return apply_plan(
            plan,
            clone=clone,
            keep_times=options.keep_times,
            hard_links=options.hard_links,
            options=options.save_options(),
            milestones=milestones,
        )

    return write
