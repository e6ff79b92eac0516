"""How the tuning of the tags stands, for the window. Loads no numpy."""

from __future__ import annotations

import sqlite3

import msgspec


class TagTuningStatus(msgspec.Struct, frozen=True):
    """How it stands, for the window. `report`: JSON of the heads in use, empty for the shipped ones.

    `user_labels`: suggestions accepted or rejected one by one, `user_labels_since`: those since the tags last learned;
    `analysed`: tracks the active model has heard.
    """

    analysed: int
    made_at: float | None
    report: bytes
    user_labels: int
    user_labels_since: int
    was_tuned: bool


def tag_tuning_status(connection: sqlite3.Connection) -> TagTuningStatus:
    """How the tuning of the active model stands."""
    heads = connection.execute(
        "SELECT h.made_at, h.report FROM tuned_heads h JOIN models m ON m.id = h.model_id "
        "WHERE m.active = 1 AND h.in_use = 1 ORDER BY h.id DESC LIMIT 1"
    ).fetchone()
    last = connection.execute("SELECT max(made_at) FROM tuned_heads").fetchone()[0]
    analysed, user_labels, labels_since = connection.execute(
        "SELECT (SELECT count(*) FROM embeddings e JOIN models m ON m.id = e.model_id "
        "JOIN tracks t ON t.id = e.track_id WHERE m.active = 1 AND t.missing = 0), "
        "(SELECT count(*) FROM decisions WHERE origin = 'single'), "
        "(SELECT count(*) FROM decisions WHERE origin = 'single' AND decided_at > ?)",
        (last or 0.0,),
    ).fetchone()
    return TagTuningStatus(
        analysed,
        heads[0] if heads else None,
        bytes(heads[1]) if heads else b"",
        user_labels,
        labels_since,
        last is not None,
    )
