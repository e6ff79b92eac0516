"""The journal of all writes: what was planned, what came to pass, and how to take it back. It outlives tracks."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import msgspec

from pemr_desktop.tagfiles.plan import FieldChange

if TYPE_CHECKING:  # the window reads the journal; it need not load what writes tags
    from pemr_desktop.tagfiles.write import WriteOutcome

Operation = Literal["write", "undo"]
_changes = msgspec.json.Decoder(tuple[FieldChange, ...])
_tag_ids = msgspec.json.Decoder(list[int])


class Planned(msgspec.Struct, frozen=True):
    """A file about to be written, as the journal notes it before the file is touched."""

    track_id: int | None
    path: bytes
    clone: bytes
    changes: tuple[FieldChange, ...]
    settles: tuple[int, ...]


class Entry(msgspec.Struct, frozen=True):
    """A row of the journal."""

    id: int
    batch_id: int
    operation: Operation
    track_id: int | None
    path: bytes
    clone: bytes
    changes: tuple[FieldChange, ...]
    settles: tuple[int, ...]
    before_digest: bytes | None
    after_digest: bytes | None
    restore: bytes | None


ENTRY = (
    "SELECT j.id, j.batch_id, b.operation, j.track_id, j.path, j.clone, j.changes, j.settles, "
    "j.before_digest, j.after_digest, j.restore FROM journal j JOIN journal_batches b ON b.id = j.batch_id"
)


def open_batch(
    connection: sqlite3.Connection, operation: Operation, planned: Sequence[Planned], *, undoes: int | None = None
) -> tuple[int, list[int]]:
    """Note a batch and all its files as planned -> (batch id, entry ids in order)."""
    now = time.time()
    batch = connection.execute(
        "INSERT INTO journal_batches (operation, undoes, started_at, summary) VALUES (?, ?, ?, '')",
        (operation, undoes, now),
    ).lastrowid
    assert batch is not None
    ids = []
    for file in planned:
        made = connection.execute(
            "INSERT INTO journal (batch_id, track_id, path, clone, changes, settles, state, updated_at) "
            "VALUES (?, ?, ?, ?, ?, ?, 'planned', ?)",
            (
                batch,
                file.track_id,
                file.path,
                file.clone,
                msgspec.json.encode(file.changes),
                msgspec.json.encode(file.settles),
                now,
            ),
        )
        assert made.lastrowid is not None
        ids.append(made.lastrowid)
    return batch, ids


def note_clone(connection: sqlite3.Connection, entry_id: int, outcome: WriteOutcome) -> None:
    """The proven clone is about to take the file's place: note how to tell whether it did, and how to go back."""
    connection.execute(
        "UPDATE journal SET before_digest = ?, after_digest = ?, restore = ?, updated_at = ? WHERE id = ?",
        (outcome.before_digest, outcome.after_digest, outcome.restore, time.time(), entry_id),
    )


def note_done(connection: sqlite3.Connection, entry_id: int) -> None:
    """The file was written; the decisions that this carried out are settled, or open again after an undo."""
    connection.execute("UPDATE journal SET state = 'done', updated_at = ? WHERE id = ?", (time.time(), entry_id))
    entry = find_entry(connection, entry_id)
    settled_at = time.time() if entry.operation == "write" else None
    connection.executemany(
        "UPDATE decisions SET settled_at = ? WHERE track_id = ? AND tag_id = ? AND decision = 'accepted'",
        [(settled_at, entry.track_id, tag_id) for tag_id in entry.settles],
    )


def note_failed(connection: sqlite3.Connection, entry_id: int, reason: str) -> None:
    """The file was not written."""
    connection.execute(
        "UPDATE journal SET state = 'failed', reason = ?, restore = NULL, updated_at = ? WHERE id = ?",
        (reason, time.time(), entry_id),
    )


def drop_planned(connection: sqlite3.Connection, entry_ids: Sequence[int]) -> None:
    """Forget files that were never begun, because the user cancelled."""
    connection.executemany("DELETE FROM journal WHERE id = ? AND state = 'planned'", [(i,) for i in entry_ids])


def close_batch(connection: sqlite3.Connection, batch_id: int) -> None:
    """Say in a sentence what the batch did."""
    operation, done, failed = connection.execute(
        "SELECT b.operation, coalesce(sum(j.state = 'done'), 0), coalesce(sum(j.state = 'failed'), 0) "
        "FROM journal_batches b LEFT JOIN journal j ON j.batch_id = b.id WHERE b.id = ?",
        (batch_id,),
    ).fetchone()
    verb = "Wrote tags into" if operation == "write" else "Took back the changes of"
    summary = f"{verb} {done} {'file' if done == 1 else 'files'}."
    if failed:
        summary += f" {failed} {'was' if failed == 1 else 'were'} left untouched."
    connection.execute(
        "UPDATE journal_batches SET finished_at = ?, summary = ? WHERE id = ?", (time.time(), summary, batch_id)
    )


def unclosed_batches(connection: sqlite3.Connection) -> list[int]:
    """Batches that have nothing planned any more and were never closed."""
    found = connection.execute(
        "SELECT id FROM journal_batches b WHERE finished_at IS NULL "
        "AND NOT EXISTS (SELECT 1 FROM journal j WHERE j.batch_id = b.id AND j.state = 'planned')"
    )
    return [batch_id for (batch_id,) in found]


def note_undone(connection: sqlite3.Connection, entry_id: int, undone_by: int) -> None:
    """An entry was taken back by another one."""
    connection.execute("UPDATE journal SET undone_by = ? WHERE id = ?", (undone_by, entry_id))


def find_entry(connection: sqlite3.Connection, entry_id: int) -> Entry:
    """One row."""
    return unpack_entry(connection.execute(f"{ENTRY} WHERE j.id = ?", (entry_id,)).fetchone())


def planned_entries(connection: sqlite3.Connection) -> list[Entry]:
    """Rows that an earlier run left in the middle."""
    return [unpack_entry(row) for row in connection.execute(f"{ENTRY} WHERE j.state = 'planned' ORDER BY j.id")]


def entries_to_undo(connection: sqlite3.Connection, batch_id: int, entry_ids: Sequence[int] = ()) -> list[Entry]:
    """Done rows of a batch (only some of them, if ids are named) that nobody has taken back, newest first."""
    rows = connection.execute(
        f"{ENTRY} WHERE j.batch_id = ? AND j.state = 'done' AND j.undone_by IS NULL ORDER BY j.id DESC", (batch_id,)
    )
    return [entry for entry in map(unpack_entry, rows) if not entry_ids or entry.id in entry_ids]


def has_batch(connection: sqlite3.Connection, batch_id: int) -> bool:
    """Is there a batch of this number, whatever became of it?"""
    return connection.execute("SELECT 1 FROM journal_batches WHERE id = ?", (batch_id,)).fetchone() is not None


def unpack_entry(row: tuple[object, ...]) -> Entry:
    """A row of `ENTRY`."""
    values = list(row)
    values[6] = unpack_changes(values[6])  # type: ignore[arg-type]
    values[7] = tuple(_tag_ids.decode(values[7]))  # type: ignore[arg-type]
    return Entry(*values)  # type: ignore[arg-type]


def unpack_changes(packed: bytes) -> tuple[FieldChange, ...]:
    """The changes of a row."""
    return _changes.decode(packed)
