"""After a crash: look at every file that was planned to be written, and let the journal say what really happened.

What happened is told by what the journal recorded before it happened, and proven by digests; nothing is guessed. A
file is only finished when it is proven to be our own pour that stopped half way. Whatever another program made of a
file stays as it is, and so does the copy beside it, which is named.
"""

from __future__ import annotations

import logging
import sqlite3
import stat
from enum import Enum, auto
from pathlib import Path

from pemr_desktop.library.database.store import Store
from pemr_desktop.library.errors import LibraryError, UnknownTrack
from pemr_desktop.library.paths import decode, encode, show, track_path
from pemr_desktop.library.problems import record_problem
from pemr_desktop.library.rows import Recovery
from pemr_desktop.library.writing import journal
from pemr_desktop.refusal_texts.tag_files import TagFileCode
from pemr_desktop.refusals import Refusal, refusal
from pemr_desktop.system_reasons import system_reason
from pemr_desktop.tagfiles.clone import is_clone, pour_into
from pemr_desktop.tagfiles.digest import whole_digest
from pemr_desktop.tagfiles.errors import readable
from pemr_desktop.tagfiles.identity import identity_of
from pemr_desktop.tagfiles.torn_pour import is_torn_pour

log = logging.getLogger(__name__)


class _Found(Enum):
    """What became of a file."""

    WRITTEN = auto()
    UNTOUCHED = auto()
    TORN = auto()
    FOREIGN = auto()
    """Another program changed, replaced or removed it, while our copy waits beside it."""
    UNKNOWN = auto()
    """Its disk is not there."""


def reconcile(store: Store) -> Recovery | None:
    """Settle planned rows and remove stray copies -> what was found, None when all was in order.

    A row that cannot be settled now, because its disk is gone, read-only, full or damaged, stays planned and is named.
    """
    try:
        entries = store.read(journal.planned_entries)
        found: list[_Found] = []
        later: dict[str, Refusal] = {}
        for entry in entries:
            try:
                found.append(_settle(store, entry))
                if found[-1] is _Found.UNKNOWN:
                    later[show(entry.path)] = refusal("disk may be missing")
            except OSError as error:
                log.warning("Entry %d of the journal cannot be settled: %s", entry.id, error)
                later[show(entry.path)] = system_reason(error)
        _close_batches(store, {entry.batch_id for entry in entries})
    except LibraryError as error:
        log.warning("The journal cannot be settled: %s", error)
        return Recovery(0, 0, later={readable(store.path): error.refusal})
    if not entries:
        return None
    return Recovery(found.count(_Found.WRITTEN), len(entries), found.count(_Found.FOREIGN), later)


def _settle(store: Store, entry: journal.Entry) -> _Found:
    """Find out what became of a file, finish it if it is ours to finish, and note it. Raises OSError."""
    clone, path = decode(entry.clone), decode(entry.path)
    found = _look(store, entry, path, clone)
    if found is _Found.UNKNOWN:
        return found
    if found is _Found.TORN:
        pour_into(clone, path, keep_times=False)
        found = _Found.WRITTEN
    if found is not _Found.FOREIGN:
        _remove(clone)
    with store.writing(durable=True) as connection:
        if found is _Found.WRITTEN:
            journal.note_done(connection, entry.id)
            _note_what_it_undid(connection, entry)
        elif found is _Found.UNTOUCHED:
            journal.note_failed(connection, entry.id, refusal("interrupted before writing"))
        else:
            why = refusal(_code(entry), copy=show(encode(clone)))
            journal.note_failed(connection, entry.id, why, keep_restore=True)
            record_problem(connection, path, "write", why, track_id=entry.track_id)
    return found


def _code(entry: journal.Entry) -> TagFileCode:
    if entry.method is None:
        return "interrupted, then changed"
    return "interrupted half way, then changed" if entry.pouring else "interrupted before writing, then changed"


def _close_batches(store: Store, interrupted: set[int]) -> None:
    """Say what became of batches that a crash ended, also of those whose last line alone could not be written."""
    interrupted |= set(store.read(journal.unclosed_batches))
    if interrupted:
        with store.writing(durable=True) as connection:
            for batch_id in sorted(interrupted):
                journal.close_batch(connection, batch_id, interrupted=True)


def _look(store: Store, entry: journal.Entry, path: Path, clone: Path) -> _Found:
    """What became of a file. Raises OSError when it or its copy cannot be read.

    The copy has its own name until it is the file: so while it is there, a file that was to be replaced was not. Once
    the copy was proven, nothing but the exchange takes its name away.
    """
    if entry.after_digest is None:
        return _Found.UNTOUCHED if path.parent.exists() else _Found.UNKNOWN
    digest = _digest(path)
    if digest == entry.after_digest:
        return _Found.WRITTEN
    if digest == entry.before_digest:
        return _Found.UNTOUCHED
    if not clone.exists():
        return _Found.WRITTEN if digest is not None or _went_elsewhere(store, entry, path) else _Found.UNKNOWN
    return _Found.TORN if digest is not None and _is_our_torn_pour(entry, path, clone) else _Found.FOREIGN


def _is_our_torn_pour(entry: journal.Entry, path: Path, clone: Path) -> bool:
    """Recorded as begun, and nothing in the file but the two contents: then the copy, which is whole, may finish it."""
    recorded = entry.method == "in place" and entry.pouring
    if not recorded or entry.restore is None or entry.before_digest is None:
        return False
    if not _is_file(path) or not _is_file(clone) or _digest(clone) != entry.after_digest:
        return False
    with path.open("rb") as torn, clone.open("rb") as new:
        before = path.stat()
        proven = is_torn_pour(torn, new, entry.restore, entry.before_digest)
    return proven and identity_of(path.stat()) == identity_of(before)


def _went_elsewhere(store: Store, entry: journal.Entry, path: Path) -> bool:
    """Whether a file that is gone was moved or deleted, and not only its disk unplugged: its folder holds others."""
    if entry.track_id is not None:
        try:
            if store.read(track_path, entry.track_id) != path:
                return True
        except UnknownTrack:
            log.debug("The track of journal entry %d is gone", entry.id)
    return path.parent.is_dir() and any(path.parent.iterdir())


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


def _is_file(path: Path) -> bool:
    """An ordinary file and no link to one: a plan holds the real place."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except FileNotFoundError:
        return False


def _digest(path: Path) -> bytes | None:
    """Of the whole file; None where there is none, and b"" where something else lies in its place."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return b""
        with path.open("rb") as stream:
            return whole_digest(stream)
    except (FileNotFoundError, NotADirectoryError):
        return None


def _remove(clone: Path) -> None:
    """Raises OSError when the copy is there and stays."""
    if is_clone(clone) and clone.exists():
        clone.unlink(missing_ok=True)
