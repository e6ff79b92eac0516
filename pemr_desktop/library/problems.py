"""The list of files that something could not be done with."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Literal

from pemr_desktop.library.paths import decode, encode, find_track
from pemr_desktop.refusals import Refusal
from pemr_desktop.tagfiles.identity import FileIdentity

Stage = Literal["scan", "analyse", "write"]


def record_problem(
    connection: sqlite3.Connection,
    path: Path,
    stage: Stage,
    why: Refusal,
    *,
    track_id: int | None = None,
    root_id: int | None = None,
    identity: FileIdentity | None = None,
    ctime_ns: int | None = None,
) -> None:
    """Say why; a later problem of the same file and stage takes its place.

    With `identity` the file is not tried again until it changes; `ctime_ns` is when it last did, where that is known.
    """
    if track_id is None:
        track_id = find_track(connection, path)
    if root_id is None:
        root_id = _root_of(connection, path)
    connection.execute(
        "INSERT INTO problems (root_id, track_id, path, stage, reason, size, mtime_ns, ctime_ns, seen_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (path, stage) DO UPDATE SET root_id = excluded.root_id, "
        "track_id = excluded.track_id, reason = excluded.reason, size = excluded.size, "
        "mtime_ns = excluded.mtime_ns, ctime_ns = excluded.ctime_ns, seen_at = excluded.seen_at",
        (
            root_id,
            track_id,
            encode(path),
            stage,
            why.message,
            identity.size if identity else None,
            identity.mtime_ns if identity else None,
            ctime_ns if identity else None,
            time.time(),
        ),
    )


def clear_problem(connection: sqlite3.Connection, path: Path, stage: Stage) -> None:
    """The file is all right now."""
    connection.execute("DELETE FROM problems WHERE path = ? AND stage = ?", (encode(path), stage))


def _root_of(connection: sqlite3.Connection, path: Path) -> int | None:
    for root_id, root in connection.execute("SELECT id, path FROM roots"):
        if path.is_relative_to(decode(root)):
            return int(root_id)
    return None
