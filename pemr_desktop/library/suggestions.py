"""What the user says of the ear's suggestions, and which of them are still open."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from pemr_desktop.library.errors import LibraryError
from pemr_desktop.library.text_folding import fold

Choice = Literal["accepted", "rejected", "undecided"]
Origin = Literal["single", "bulk"]
"""Whether a person answered one suggestion or many at once. Only single answers are answers that tags learn from."""

# Predictions of the active model that are shown: at or above the tag's threshold, for tags good enough to show.
SHOWN = (
    "predictions p JOIN models m ON m.id = p.model_id AND m.active = 1 "
    "JOIN model_tags k ON k.model_id = p.model_id AND k.tag_id = p.tag_id AND k.supported = 1 "
    "AND p.probability >= k.threshold"
)
UNDECIDED = "NOT EXISTS (SELECT 1 FROM decisions d WHERE d.track_id = p.track_id AND d.tag_id = p.tag_id)"


def in_batches(ids: Sequence[int], size: int = 500) -> Iterator[tuple[str, Sequence[int]]]:
    """(placeholders, ids) for `IN (…)`, a few hundred at a time."""
    for start in range(0, len(ids), size):
        some = ids[start : start + size]
        yield ", ".join("?" * len(some)), some


def count_open_suggestions(connection: sqlite3.Connection, track_ids: Sequence[int] | None) -> None:
    """Note how many shown suggestions are undecided; None: for all tracks."""
    count = f"(SELECT count(*) FROM {SHOWN} WHERE p.track_id = tracks.id AND {UNDECIDED})"
    if track_ids is None:
        connection.execute(f"UPDATE tracks SET open_suggestions = {count} WHERE open_suggestions <> {count}")
        return
    for marks, some in in_batches(list(track_ids)):
        connection.execute(f"UPDATE tracks SET open_suggestions = {count} WHERE id IN ({marks})", some)


def decide(
    connection: sqlite3.Connection, track_ids: Iterable[int], tags: Sequence[str], decision: Choice
) -> list[int]:
    """Accept, reject or clear tags of tracks -> ids of tracks that changed. LibraryError: an unknown tag.

    One tag of one track is a single answer; several at once are a bulk decision.
    """
    tag_ids = [_tag_id(connection, name) for name in tags]
    tracks = list(track_ids)
    origin: Origin = "single" if len(tracks) == len(tag_ids) == 1 else "bulk"
    changed: set[int] = set()
    for track_id in tracks:
        if connection.execute("SELECT 1 FROM tracks WHERE id = ?", (track_id,)).fetchone() is None:
            continue
        for tag_id in tag_ids:
            if _decide_one(connection, track_id, tag_id, decision, origin):
                changed.add(track_id)
    count_open_suggestions(connection, sorted(changed))
    return sorted(changed)


def _decide_one(connection: sqlite3.Connection, track_id: int, tag_id: int, decision: Choice, origin: Origin) -> bool:
    """-> whether anything changed; a single answer that confirms a bulk decision makes it an answer."""
    old = connection.execute(
        "SELECT decision, origin FROM decisions WHERE track_id = ? AND tag_id = ?", (track_id, tag_id)
    ).fetchone()
    if (old[0] if old else "undecided") == decision:
        confirms = old is not None and origin == "single" and old[1] == "bulk"
        if confirms:
            connection.execute(
                "UPDATE decisions SET origin = 'single', decided_at = ? WHERE track_id = ? AND tag_id = ?",
                (time.time(), track_id, tag_id),
            )
        return confirms
    if decision == "undecided":
        connection.execute("DELETE FROM decisions WHERE track_id = ? AND tag_id = ?", (track_id, tag_id))
        return True
    prediction = connection.execute(
        "SELECT p.model_id, p.probability FROM predictions p JOIN models m ON m.id = p.model_id AND m.active = 1 "
        "WHERE p.track_id = ? AND p.tag_id = ?",
        (track_id, tag_id),
    ).fetchone() or (None, None)
    connection.execute(
        "INSERT INTO decisions (track_id, tag_id, decision, model_id, probability, decided_at, origin) "
        "VALUES (?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (track_id, tag_id) DO UPDATE SET decision = excluded.decision, model_id = excluded.model_id, "
        "probability = excluded.probability, decided_at = excluded.decided_at, origin = excluded.origin, "
        "settled_at = NULL",
        (track_id, tag_id, decision, *prediction, time.time(), origin),
    )
    return True


def accept_above(connection: sqlite3.Connection, probability: float, track_ids: Sequence[int] = ()) -> list[int]:
    """Accept every shown, undecided suggestion at least this likely -> ids of the tracks that changed. No ids: all.

    This is a bulk decision whatever it finds: it takes the model's word, and must not teach the model.
    """
    query = (
        f"SELECT p.track_id, p.tag_id, p.model_id, p.probability FROM {SHOWN} WHERE p.probability >= ? AND {UNDECIDED}"
    )
    rows = []
    if track_ids:
        for marks, some in in_batches(list(track_ids)):
            rows += connection.execute(f"{query} AND p.track_id IN ({marks})", (probability, *some)).fetchall()
    else:
        rows = connection.execute(query, (probability,)).fetchall()
    now = time.time()
    connection.executemany(
        "INSERT INTO decisions (track_id, tag_id, decision, model_id, probability, decided_at, origin) "
        "VALUES (?, ?, 'accepted', ?, ?, ?, 'bulk')",
        [(*row, now) for row in rows],
    )
    changed = sorted({row[0] for row in rows})
    count_open_suggestions(connection, changed)
    return changed


def _tag_id(connection: sqlite3.Connection, name: str) -> int:
    row = connection.execute("SELECT id FROM tags WHERE folded = ?", (fold(name),)).fetchone()
    if row is None:
        raise LibraryError("tag not known", tag=name)
    return int(row[0])
