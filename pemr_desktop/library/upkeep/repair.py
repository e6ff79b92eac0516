"""Making anew what follows from the rest of the database: indexes, counts, groups."""

from __future__ import annotations

import sqlite3
import time
from typing import Literal

import msgspec

from pemr_desktop.library.database.backups import back_up
from pemr_desktop.library.database.store import Store
from pemr_desktop.library.suggestions import count_open_suggestions
from pemr_desktop.library.versions.pairs import regroup
from pemr_desktop.tagfiles.errors import readable


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at. fault: something is wrong; note: worth knowing."""

    severity: Literal["ok", "note", "fault"]
    sentence: str


def repair(store: Store) -> list[Finding]:
    """Back up, then make anew what follows from the rest. Music files are not touched."""
    with store.reading() as connection:
        copy = back_up(connection, store.path, f"before-repair-{int(time.time())}")
    with store.writing() as connection:
        done = _mend(connection)
        count_open_suggestions(connection, None)
        connection.execute(
            "INSERT OR IGNORE INTO unsettled_albums SELECT DISTINCT album_group FROM tracks WHERE album_group > x''"
        )
        regroup(connection)
    return [Finding("ok", f"Kept a copy as it was: {readable(copy)}."), *done]


def _mend(connection: sqlite3.Connection) -> list[Finding]:
    done = []
    for table, row_id, _, _ in connection.execute("PRAGMA foreign_key_check").fetchall():
        if row_id is not None:
            connection.execute(f"DELETE FROM {table} WHERE rowid = ?", (row_id,))
    left = connection.execute("PRAGMA foreign_key_check").fetchall()
    done.append(
        Finding("fault", f"{len(left)} rows still point at nothing; restore a backup.")
        if left
        else Finding("ok", "Every row points at something.")
    )
    connection.execute("INSERT INTO track_search (track_search) VALUES ('rebuild')")
    done.append(Finding("ok", "Built the search index anew."))
    connection.execute("REINDEX")
    done.append(Finding("ok", "Built all other indexes anew."))
    connection.execute("UPDATE journal_batches SET finished_at = ? WHERE finished_at IS NULL", (time.time(),))
    return done
