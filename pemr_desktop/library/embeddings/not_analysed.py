"""What a model has not analysed yet, and could: the condition in SQL, and how many tracks that are."""

from __future__ import annotations

import sqlite3

PRESENT = "FROM tracks t JOIN roots r ON r.id = t.root_id WHERE t.missing = 0 AND r.online = 1"
"""Tracks whose files should be there now."""
NO_EMBEDDING = "NOT EXISTS (SELECT 1 FROM embeddings e WHERE e.model_id = ? AND e.track_id = t.id)"
NOT_GIVEN_UP = (
    "NOT EXISTS (SELECT 1 FROM problems p WHERE p.track_id = t.id AND p.stage = 'analyse'"
    " AND p.size = t.size AND p.mtime_ns = t.mtime_ns)"
)
"""A file that could not be analysed comes again when it has changed."""


def count_not_analysed(connection: sqlite3.Connection) -> int:
    """Tracks that are there and that the active model, if any, has still to analyse."""
    active = connection.execute("SELECT id FROM models WHERE active = 1").fetchone()
    query = f"SELECT count(*) {PRESENT} AND {NO_EMBEDDING} AND {NOT_GIVEN_UP}"
    return int(connection.execute(query, (active[0] if active else None,)).fetchone()[0])
