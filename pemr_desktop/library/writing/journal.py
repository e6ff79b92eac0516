"""The journal of all writes: what was planned, what came to pass, and how to take it back. It outlives tracks."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import msgspec

from pemr_desktop.refusals import Refusal
from pemr_desktop.tagfiles.plan import ExchangeMethod, FieldChange

if TYPE_CHECKING:  # the window reads the journal; it need not load what writes tags
    from pemr_desktop.tagfiles.write import WriteOutcome

Operation = Literal["write", "undo"]
State = Literal["planned", "done", "failed"]
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
    """A row of the journal.

    `method` and `pouring`: how the proven copy was to take the file's place, and whether the file itself has begun to
    be overwritten. Both are on disk before that happens; rows of versions before 7 do not tell.
    """

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
    state: State
    reason: str
    method: ExchangeMethod | None
    pouring: bool


ENTRY = (
    "SELECT j.id, j.batch_id, b.operation, j.track_id, j.path, j.clone, j.changes, j.settles, "
    "j.before_digest, j.after_digest, j.restore, j.state, j.reason, j.method, j.pouring "
    "FROM journal j JOIN journal_batches b ON b.id = j.batch_id"
)


def open_batch(
    connection: sqlite3.Connection,
    operation: Operation,
    planned: Sequence[Planned],
    *,
    undoes: int | None = None,
    goes_on: int | None = None,
) -> tuple[int, list[int]]:
    """Note a batch and all its files as planned -> (batch id, entry ids in order).

    `goes_on`: the batch that a crash ended and that this goes on with; what it did not write is planned anew.
    """
    now = time.time()
    batch = goes_on
    if batch is None:
        batch = connection.execute(
            "INSERT INTO journal_batches (operation, undoes, started_at, summary) VALUES (?, ?, ?, '')",
            (operation, undoes, now),
        ).lastrowid
        assert batch is not None
    else:
        _open_again(connection, batch, planned)
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


def _open_again(connection: sqlite3.Connection, batch_id: int, planned: Sequence[Planned]) -> None:
    connection.execute("UPDATE journal_batches SET finished_at = NULL, interrupted = 0 WHERE id = ?", (batch_id,))
    connection.executemany(
        "DELETE FROM journal WHERE batch_id = ? AND path = ? AND state = 'failed'",
        [(batch_id, file.path) for file in planned],
    )


def note_clone(connection: sqlite3.Connection, entry_id: int, outcome: WriteOutcome) -> None:
    """The proven clone is about to take the file's place: note how to tell whether it did, and how to go back."""
    connection.execute(
        "UPDATE journal SET before_digest = ?, after_digest = ?, restore = ?, method = ?, updated_at = ? WHERE id = ?",
        (outcome.before_digest, outcome.after_digest, outcome.restore, outcome.method, time.time(), entry_id),
    )


def note_pouring(connection: sqlite3.Connection, entry_id: int) -> None:
    """The next byte that is written goes into the file itself."""
    connection.execute("UPDATE journal SET pouring = 1, updated_at = ? WHERE id = ?", (time.time(), entry_id))


def note_done(connection: sqlite3.Connection, entry_id: int) -> None:
    """The file was written; the decisions that this carried out are settled, or open again after an undo."""
    connection.execute("UPDATE journal SET state = 'done', updated_at = ? WHERE id = ?", (time.time(), entry_id))
    entry = find_entry(connection, entry_id)
    settled_at = time.time() if entry.operation == "write" else None
    connection.executemany(
        "UPDATE decisions SET settled_at = ? WHERE track_id = ? AND tag_id = ? AND decision = 'accepted'",
        [(settled_at, entry.track_id, tag_id) for tag_id in entry.settles],
    )


def note_failed(connection: sqlite3.Connection, entry_id: int, why: Refusal, *, keep_restore: bool = False) -> None:
    """The file was not written. `keep_restore`: its copy stays, and with it the way from there to what the file was."""
    connection.execute(
        "UPDATE journal SET state = 'failed', reason = ?, restore = CASE WHEN ? THEN restore END, updated_at = ? "
        "WHERE id = ?",
        (why.message, keep_restore, time.time(), entry_id),
    )


def drop_planned(connection: sqlite3.Connection, entry_ids: Sequence[int]) -> None:
    """Forget files that were never begun, because the user cancelled."""
    connection.executemany("DELETE FROM journal WHERE id = ? AND state = 'planned'", [(i,) for i in entry_ids])


def close_batch(connection: sqlite3.Connection, batch_id: int, *, interrupted: bool = False) -> None:
    """Say in a sentence what the batch did. `interrupted`: a crash ended it, so that it may go on."""
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
        "UPDATE journal_batches SET finished_at = ?, summary = ?, interrupted = ? WHERE id = ?",
        (time.time(), summary, interrupted, batch_id),
    )


def unclosed_batches(connection: sqlite3.Connection) -> list[int]:
    """Batches that have nothing planned any more and were never closed."""
    found = connection.execute(
        "SELECT id FROM journal_batches b WHERE finished_at IS NULL "
        "AND NOT EXISTS (SELECT 1 FROM journal j WHERE j.batch_id = b.id AND j.state = 'planned')"
    )
    return [batch_id for (batch_id,) in found]


def newest_batch(connection: sqlite3.Connection, undoes: int | None) -> tuple[int, bool] | None:
    """The newest batch of all, if it is a write (`undoes` None) or takes this one back -> (id, was interrupted)."""
    row = connection.execute("SELECT id, interrupted, undoes FROM journal_batches ORDER BY id DESC LIMIT 1").fetchone()
    return (row[0], bool(row[1])) if row is not None and row[2] == undoes else None


def entries_of(connection: sqlite3.Connection, batch_id: int) -> list[Entry]:
    """All rows of a batch."""
    return [unpack_entry(row) for row in connection.execute(f"{ENTRY} WHERE j.batch_id = ? ORDER BY j.id", (batch_id,))]


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
    values[-1] = bool(values[-1])
    return Entry(*values)  # type: ignore[arg-type]


def unpack_changes(packed: bytes) -> tuple[FieldChange, ...]:
    """The changes of a row."""
    return _changes.decode(packed)
