"""Carrying out plans under the journal, taking them back, and settling what a crash left in the middle."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import msgspec

from pemr_desktop.library.database.store import Cancelled, Store
from pemr_desktop.library.paths import decode, encode, relative, show, track_path
from pemr_desktop.library.problems import clear_problem, record_problem
from pemr_desktop.library.scanning.file_reading import ToRead, read_file
from pemr_desktop.library.tracks.storing import row_identity, update_track
from pemr_desktop.library.writing import journal
from pemr_desktop.library.writing.plan import WriteOptions, Writer, plan_writer, settled_by
from pemr_desktop.library.writing.resume import Begun, begun_undo, begun_write
from pemr_desktop.library.writing.undo_plan import files_to_undo, plan_undo
from pemr_desktop.refusals import Refusal
from pemr_desktop.steps import Progress, Step, StepCode
from pemr_desktop.tagfiles.clone import clone_path
from pemr_desktop.tagfiles.errors import TagFileError
from pemr_desktop.tagfiles.first_quick_digest import FIRST_VERSION
from pemr_desktop.tagfiles.plan import FilePlan
from pemr_desktop.tagfiles.write import Milestones, SoundProof, WriteOutcome

log = logging.getLogger(__name__)


class Written(msgspec.Struct, frozen=True):
    """What a batch did. `refused`: readable location -> reason; after an undo also fields that were left alone."""

    batch_id: int | None
    written: int
    refused: dict[str, Refusal]
    changed_ids: tuple[int, ...] = ()


def apply_writes(
    store: Store, plans: Sequence[FilePlan], options: WriteOptions, progress: Progress, cancelled: Cancelled
) -> Written:
    """Write each plan as one journalled batch. A file that cannot be written is left untouched and named.

    The very order that a crash ended goes on with its batch; what it wrote before counts.
    """
    plans = [plan for plan in plans if plan.changes]
    begun = begun_write(store, plans)
    plans = begun.left(plans)
    if not plans:
        return _with_begun(store, Written(begun.batch_id, 0, {}), begun)
    with store.writing(durable=True) as connection:
        planned = [
            journal.Planned(
                track_id=plan.track_id if _is_track(connection, plan.track_id) else None,
                path=plan.path,
                clone=encode(clone_path(decode(plan.path))),
                changes=plan.changes,
                settles=settled_by(connection, plan),
            )
            for plan in plans
        ]
        batch_id, entry_ids = journal.open_batch(connection, "write", planned, goes_on=begun.goes_on)
    jobs = [
        _Job(entry_id, file.track_id, decode(file.path), plan_writer(plan, decode(file.clone), options))
        for entry_id, file, plan in zip(entry_ids, planned, plans, strict=True)
    ]
    return _with_begun(store, _carry_out(store, batch_id, jobs, "writing tags", progress, cancelled), begun)


def _with_begun(store: Store, written: Written, begun: Begun) -> Written:
    """Count what was done before a crash, and read those files again, which nobody did since."""
    tracks = [entry.track_id for entry in begun.written if entry.track_id is not None]
    for track_id in tracks:
        refresh_track(store, track_id)
    return msgspec.structs.replace(
        written,
        written=len(begun.written) + written.written,
        refused=begun.refusals() | written.refused,
        changed_ids=(*tracks, *written.changed_ids),
    )


class _Job(msgspec.Struct, frozen=True):
    """One journalled file. `left_alone`: why an undo does not touch some of its fields."""

    entry_id: int
    track_id: int | None
    path: Path
    write: Writer
    left_alone: Refusal | None = None
    undoes: int | None = None


def _carry_out(
    store: Store, batch_id: int, jobs: Sequence[_Job], step: StepCode, progress: Progress, cancelled: Cancelled
) -> Written:
    written = 0
    refused: dict[str, Refusal] = {}
    changed: list[int] = []
    for done, job in enumerate(jobs):
        if cancelled():
            with store.writing() as connection:
                journal.drop_planned(connection, [left.entry_id for left in jobs[done:]])
            break
        progress(done, len(jobs), Step(step, job.path.name))
        location = show(encode(job.path))
        try:
            outcome = job.write(_milestones(store, job.entry_id))
        except TagFileError as error:
            refused[location] = error.why
            with store.writing(durable=True) as connection:
                if not _has_left_copy(connection, job):
                    journal.note_failed(connection, job.entry_id, error.why)
                record_problem(connection, job.path, "write", error.why, track_id=job.track_id)
            continue
        with store.writing(durable=True) as connection:
            journal.note_done(connection, job.entry_id)
            if job.undoes is not None:
                journal.note_undone(connection, job.undoes, job.entry_id)
            clear_problem(connection, job.path, "write")
        written += 1
        if job.left_alone is not None:
            refused[location] = job.left_alone
        if job.track_id is not None:
            refresh_track(store, job.track_id, outcome.sound if outcome is not None else None)
            changed.append(job.track_id)
    with store.writing(durable=True) as connection:
        journal.close_batch(connection, batch_id)
    return Written(batch_id, written, refused, tuple(changed))


def _milestones(store: Store, entry_id: int) -> Milestones:
    """What recovery goes by is on disk before the file is touched."""

    def proven(outcome: WriteOutcome) -> None:
        with store.writing(durable=True) as connection:
            journal.note_clone(connection, entry_id, outcome)

    def pouring() -> None:
        with store.writing(durable=True) as connection:
            journal.note_pouring(connection, entry_id)

    return Milestones(proven, pouring)


def _has_left_copy(connection: sqlite3.Connection, job: _Job) -> bool:
    """Whether a copy is left, of a pour that was interrupted or that cannot be removed: the next start settles it."""
    return decode(journal.find_entry(connection, job.entry_id).clone).exists()


def _is_track(connection: sqlite3.Connection, track_id: int) -> bool:
    return connection.execute("SELECT 1 FROM tracks WHERE id = ?", (track_id,)).fetchone() is not None


def refresh_track(store: Store, track_id: int, proof: SoundProof | None = None) -> None:
    """Read a track's file again after we changed it ourselves, so that no scan is needed to see it.

    Nothing that was heard is forgotten where `proof` leads from the file as the track has it to the file as it is.
    """
    with store.reading() as connection:
        row = connection.execute(
            "SELECT r.id, r.path, t.size, t.mtime_ns, t.inode, t.quick_digest, t.quick_version "
            "FROM tracks t JOIN roots r ON r.id = t.root_id WHERE t.id = ?",
            (track_id,),
        ).fetchone()
        if row is None:
            return
        path = track_path(connection, track_id)
    root_id, root, size, mtime_ns, inode, quick_digest, version = row
    first_digest = quick_digest if version == FIRST_VERSION else None
    reading = read_file(
        ToRead(root_id, relative(decode(root), path), path, known_id=track_id, first_digest=first_digest)
    )
    if reading.track is None:
        log.warning(
            "After writing, %s cannot be read: %s",
            show(encode(path)),
            reading.why.message if reading.why else "it is no music",
        )
        return
    proved = proof is not None and (proof.before, proof.after) == (
        row_identity(size, mtime_ns, inode),
        reading.track.identity,
    )
    with store.writing() as connection:
        update_track(connection, track_id, reading.track, sound_proved=proved)


# --- taking back


def undo(
    store: Store,
    batch_id: int,
    entry_ids: Sequence[int],
    options: WriteOptions,
    progress: Progress,
    cancelled: Cancelled,
) -> Written:
    """Take back a batch, or some of its files, as a new journalled batch, which can be taken back in turn.

    A file that nobody touched since becomes what it was to the byte. In any other file each field that still holds
    what we wrote gets its earlier values back; a field that holds something else is left alone and named.
    """
    with store.reading() as connection:
        files = files_to_undo(connection, batch_id, entry_ids)
    begun = begun_undo(store, batch_id)
    ready, refused = plan_undo([(entry, path) for entry, path in files if encode(path) not in begun.refused], options)
    if not ready:
        return _with_begun(store, Written(begun.batch_id, 0, refused), begun)
    operation: journal.Operation = "undo" if ready[0][0].operation == "write" else "write"
    planned = [
        journal.Planned(entry.track_id, encode(undoing.path), encode(undoing.clone), undoing.changes, entry.settles)
        for entry, undoing in ready
    ]
    with store.writing(durable=True) as connection:
        new_batch, new_ids = journal.open_batch(connection, operation, planned, undoes=batch_id, goes_on=begun.goes_on)
    jobs = [
        _Job(entry_id, entry.track_id, undoing.path, undoing.write, undoing.left_alone, undoes=entry.id)
        for entry_id, (entry, undoing) in zip(new_ids, ready, strict=True)
    ]
    result = _carry_out(store, new_batch, jobs, "taking back", progress, cancelled)
    return _with_begun(store, msgspec.structs.replace(result, refused=refused | result.refused), begun)
