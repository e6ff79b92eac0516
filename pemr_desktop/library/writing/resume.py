"""An order that a crash ended and that is given again goes on where it stopped, in the batch that it began.

So the files that it has written count, are not taken for changed by another program, and come back in one step.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import msgspec

from pemr_desktop.library.database.store import Store
from pemr_desktop.library.paths import decode, show
from pemr_desktop.library.writing import journal
from pemr_desktop.refusals import Refusal, refusal
from pemr_desktop.tagfiles.digest import whole_digest
from pemr_desktop.tagfiles.errors import TagFileError
from pemr_desktop.tagfiles.plan import FilePlan
from pemr_desktop.tagfiles.read import open_ordinary


class Begun(msgspec.Struct, frozen=True):
    """What an order has done already. `goes_on`: the batch to go on with, if it still is open to that.

    `written`: journal entries of files that hold what was planned. `refused`: path -> why it was left alone.
    """

    goes_on: int | None = None
    batch_id: int | None = None
    written: tuple[journal.Entry, ...] = ()
    refused: dict[bytes, Refusal] = msgspec.field(default_factory=dict)

    def left(self, plans: Sequence[FilePlan]) -> list[FilePlan]:
        """Plans that are still to be carried out."""
        settled = {entry.path for entry in self.written} | self.refused.keys()
        return [plan for plan in plans if plan.path not in settled]

    def refusals(self) -> dict[str, Refusal]:
        """Readable location -> why."""
        return {show(path): why for path, why in self.refused.items()}


def begun_write(store: Store, plans: Sequence[FilePlan]) -> Begun:
    """What the newest batch has done of exactly these plans; nothing, if it was another order."""
    newest, entries = store.read(_newest, None)
    wanted = {(plan.path, plan.changes) for plan in plans}
    if newest is None or not entries or not {(entry.path, entry.changes) for entry in entries} <= wanted:
        return Begun()
    batch_id, interrupted = newest
    written = tuple(entry for entry in entries if entry.state == "done" and _holds_what_was_written(entry))
    if not interrupted:
        return Begun(batch_id=batch_id, written=written)
    return Begun(batch_id, batch_id, written, _refused(entries, kept_copies=True))


def begun_undo(store: Store, batch_id: int) -> Begun:
    """What the newest batch has taken back of another one, if a crash ended it."""
    newest, entries = store.read(_newest, batch_id)
    if newest is None or not newest[1]:
        return Begun()
    written = tuple(entry for entry in entries if entry.state == "done")
    return Begun(newest[0], newest[0], written, _refused(entries, kept_copies=False))


def _refused(entries: Sequence[journal.Entry], *, kept_copies: bool) -> dict[bytes, Refusal]:
    """Files that must wait, and, if asked, those whose copies were kept: their reason names the copy."""
    return {
        entry.path: refusal("interrupted, not settled") if entry.state == "planned" else Refusal(entry.reason)
        for entry in entries
        if entry.state == "planned" or (kept_copies and entry.state == "failed" and entry.restore is not None)
    }


def _newest(connection: sqlite3.Connection, undoes: int | None) -> tuple[tuple[int, bool] | None, list[journal.Entry]]:
    newest = journal.newest_batch(connection, undoes)
    return newest, journal.entries_of(connection, newest[0]) if newest is not None else []


def _holds_what_was_written(entry: journal.Entry) -> bool:
    try:
        with open_ordinary(decode(entry.path)) as (stream, _):
            return whole_digest(stream) == entry.after_digest
    except TagFileError:
        return False
