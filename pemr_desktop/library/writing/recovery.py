"""After a crash: look at every file that was planned to be written, and let the journal say what really happened."""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path

from pemr_desktop.library.database.store import Store
from pemr_desktop.library.paths import decode, encode, show
from pemr_desktop.library.rows import Recovery
from pemr_desktop.library.writing import journal
from pemr_desktop.tagfiles.clone import is_clone, pour_into
from pemr_desktop.tagfiles.digest import whole_digest
from pemr_desktop.tagfiles.errors import TagFileError
from pemr_desktop.tagfiles.read import open_ordinary, read_tags

log = logging.getLogger(__name__)

INTERRUPTED = "Writing was interrupted before the file was touched; it is as it was."


def reconcile(store: Store) -> Recovery | None:
    """Settle planned rows and remove stray copies -> what was found, None when all was in order."""
    entries = store.read(journal.planned_entries)
    if not entries:
        _close_batches(store)
        return None
    done = 0
    for entry in entries:
        clone, path = decode(entry.clone), decode(entry.path)
        written = _was_written(entry, path, clone)
        if written is None:  # its disk is not there: look again at the next start
            continue
        _remove(clone)
        with store.writing(durable=True) as connection:
            if written:
                journal.note_done(connection, entry.id)
                _note_what_it_undid(connection, entry)
                done += 1
            else:
                journal.note_failed(connection, entry.id, INTERRUPTED)
            journal.close_batch(connection, entry.batch_id)
    _close_batches(store)
    return Recovery(done, len(entries))


def _close_batches(store: Store) -> None:
    """Say what became of batches whose last line could not be written, because the disk was full or the power went."""
    batches = store.read(journal.unclosed_batches)
    if batches:
        with store.writing(durable=True) as connection:
            for batch_id in batches:
                journal.close_batch(connection, batch_id)


def _was_written(entry: journal.Entry, path: Path, clone: Path) -> bool | None:
    """True: the file is the new one. False: it is not. None: nobody can tell now."""
    if not path.parent.exists():
        return None
    digest = _digest(path)
    if digest is None:
        return None if not path.exists() and not clone.exists() and entry.after_digest is not None else False
    if entry.after_digest is None or digest == entry.before_digest:
        return False
    if digest == entry.after_digest:
        return True
    if _digest(clone) == entry.after_digest:  # an in-place write stopped half way: the clone is whole
        pour_into(clone, path, keep_times=False)
        return True
    return _holds(entry, path)


def _holds(entry: journal.Entry, path: Path) -> bool:
    """Somebody changed the file since: it was written if it says what was planned."""
    try:
        fields = read_tags(path).fields
    except TagFileError as error:
        log.warning("%s cannot be read to settle the journal: %s", show(encode(path)), error)
        return False
    return all(fields.get(change.field, ()) == change.after for change in entry.changes)


def _note_what_it_undid(connection: sqlite3.Connection, entry: journal.Entry) -> None:
    """An interrupted undo that came to pass marks the entry it took back."""
    row = connection.execute("SELECT undoes FROM journal_batches WHERE id = ?", (entry.batch_id,)).fetchone()
    if row is None or row[0] is None:
        return
    connection.execute(
        "UPDATE journal SET undone_by = ? WHERE batch_id = ? AND state = 'done' AND undone_by IS NULL "
        "AND (path = ? OR (track_id IS NOT NULL AND track_id = ?))",
        (entry.id, row[0], entry.path, entry.track_id),
    )


def _digest(path: Path) -> bytes | None:
    try:
        with open_ordinary(path) as (stream, _):
            return whole_digest(stream)
    except TagFileError:
        return None


def _remove(clone: Path) -> None:
    if not is_clone(clone):
        return
    try:
        clone.unlink(missing_ok=True)
    except OSError as error:
        log.warning("The working copy %s could not be removed: %s", show(encode(clone)), error)
