"""What tuning the tags to this library needs and leaves: the teacher's predictions, people's labels, fitted heads."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from pemr_desktop.library.rows import TagRow
from pemr_desktop.library.text_folding import fold

Floats = npt.NDArray[np.float32]

HEADS_KEPT = 5
PENDING = "suggestions to be made anew"


class AnalysedTrack(msgspec.Struct, frozen=True):
    """A track that a model has analysed; `album` tells albums apart, and is the folder where a file names none."""

    track_id: int
    album: str
    is_present: bool


class TeacherPredictions(NamedTuple):
    """Of a track: predictions (n, tags) for these segments (n,) of its embedding; without segments for the whole."""

    segment_indices: npt.NDArray[np.uint16]
    predictions: Floats


class StoredHeads(NamedTuple):
    """Tag heads fitted to this library. tags and report: JSON; weight (k, d), bias (k,)."""

    id: int
    model_id: str
    shipped: str
    made_at: float
    tags: bytes
    weight: Floats
    bias: Floats
    report: bytes


# --- the teacher


def analysed_tracks(connection: sqlite3.Connection, model_id: str) -> list[AnalysedTrack]:
    """All tracks that a model has analysed, missing ones apart."""
    found = connection.execute(
        "SELECT t.id, t.album, coalesce(nullif(t.album_artist, ''), t.artist), t.root_id, t.folder, r.online "
        "FROM embeddings e JOIN tracks t ON t.id = e.track_id JOIN roots r ON r.id = t.root_id "
        "WHERE e.model_id = ? AND t.missing = 0 ORDER BY t.id",
        (model_id,),
    )
    return [
        AnalysedTrack(
            track_id,
            f"{fold(album)}\n{fold(artist)}" if album else f"{root}\n{bytes(folder).hex()}",
            bool(online),
        )
        for track_id, album, artist, root, folder, online in found
    ]


def store_teacher_predictions(
    connection: sqlite3.Connection, model_id: str, track_id: int, vocabulary: str, predictions: TeacherPredictions
) -> None:
    """Keep what the teacher said. A track that is gone meanwhile is passed over."""
    connection.execute(
        "INSERT OR REPLACE INTO teacher_opinions (embedding_id, vocabulary, places, opinions) "
        "SELECT id, ?, ?, ? FROM embeddings WHERE model_id = ? AND track_id = ?",
        (
            vocabulary,
            predictions.segment_indices.astype("<u2").tobytes(),
            predictions.predictions.astype("<f2").tobytes(),
            model_id,
            track_id,
        ),
    )


def teacher_predictions(
    connection: sqlite3.Connection, model_id: str, vocabulary: str
) -> dict[int, TeacherPredictions]:
    """Track -> what the teacher said of it, missing tracks apart."""
    found = connection.execute(
        "SELECT e.track_id, o.places, o.opinions FROM teacher_opinions o JOIN embeddings e ON e.id = o.embedding_id "
        "JOIN tracks t ON t.id = e.track_id WHERE e.model_id = ? AND o.vocabulary = ? AND t.missing = 0",
        (model_id, vocabulary),
    )
    of_tracks = {}
    for track_id, places, packed in found:
        indices = np.frombuffer(places, "<u2")
        rows = np.frombuffer(packed, "<f2").astype(np.float32).reshape(max(1, len(indices)), -1)
        of_tracks[track_id] = TeacherPredictions(indices, rows)
    return of_tracks


# --- what people say


def decisions(connection: sqlite3.Connection, model_id: str) -> dict[int, dict[str, bool]]:
    """Track that the model has analysed -> tag -> accepted or rejected, in answers given one by one.

    What was accepted in bulk is what a model guessed, and teaches nothing.
    """
    found = connection.execute(
        "SELECT d.track_id, t.name, d.decision = 'accepted' FROM decisions d JOIN tags t ON t.id = d.tag_id "
        "JOIN embeddings e ON e.track_id = d.track_id AND e.model_id = ? WHERE d.origin = 'single'",
        (model_id,),
    )
    said: dict[int, dict[str, bool]] = {}
    for track_id, tag, decision in found:
        said.setdefault(track_id, {})[tag] = bool(decision)
    return said


def file_words(connection: sqlite3.Connection, model_id: str) -> dict[int, list[tuple[str, str]]]:
    """Track that the model has analysed -> (field, value) of the genres and moods in its file.

    Those that came into the file by a bulk decision are left out, as the decision is.
    """
    found = connection.execute(
        "SELECT g.track_id, g.field, g.value FROM track_tags g JOIN embeddings e "
        "ON e.track_id = g.track_id AND e.model_id = ? WHERE g.field IN ('genre', 'mood') "
        "AND NOT EXISTS (SELECT 1 FROM decisions d JOIN tags t ON t.id = d.tag_id WHERE d.track_id = g.track_id "
        "AND d.origin = 'bulk' AND d.decision = 'accepted' AND d.settled_at IS NOT NULL AND t.folded = g.folded) "
        "ORDER BY g.track_id, g.field, g.position",
        (model_id,),
    )
    said: dict[int, list[tuple[str, str]]] = {}
    for track_id, field, value in found:
        said.setdefault(track_id, []).append((field, value))
    return said


def embeddings_of(
    connection: sqlite3.Connection, model_id: str, track_ids: Sequence[int]
) -> Iterator[tuple[int, Floats, Floats]]:
    """(track, vector (d,), segments (n, d)) of these tracks; n is 0 where segments are not kept."""
    for track_id in track_ids:
        row = connection.execute(
            "SELECT e.vector, s.segments FROM embeddings e LEFT JOIN segments s ON s.embedding_id = e.id "
            "WHERE e.model_id = ? AND e.track_id = ?",
            (model_id, track_id),
        ).fetchone()
        if row is not None:
            vector = np.frombuffer(row[0], "<f2").astype(np.float32)
            flat = np.frombuffer(row[1] or b"", "<f2").astype(np.float32)
            yield track_id, vector, flat.reshape(-1, len(vector))


# --- heads


def keep_heads(
    connection: sqlite3.Connection,
    model_id: str,
    shipped: str,
    tags: bytes,
    weight: Floats,
    bias: Floats,
    report: bytes,
) -> int:
    """Keep heads for this library -> their id. They are not used yet; the oldest ones make room."""
    made = connection.execute(
        "INSERT INTO tuned_heads (model_id, shipped, made_at, tags, weight, bias, report) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            model_id,
            shipped,
            time.time(),
            tags,
            weight.astype("<f4").tobytes(),
            bias.astype("<f4").tobytes(),
            report,
        ),
    )
    connection.execute(
        "DELETE FROM tuned_heads WHERE in_use = 0 AND id NOT IN (SELECT id FROM tuned_heads ORDER BY id DESC LIMIT ?)",
        (HEADS_KEPT,),
    )
    return int(made.lastrowid or 0)


def is_tuned(connection: sqlite3.Connection, model_id: str) -> bool:
    """Whether heads fitted to this library speak for any file of a model."""
    row = connection.execute("SELECT 1 FROM tuned_heads WHERE model_id = ? AND in_use = 1", (model_id,)).fetchone()
    return row is not None


def use_heads(connection: sqlite3.Connection, model_id: str, heads_id: int | None, tags: Sequence[TagRow]) -> None:
    """From now on these heads speak for a model, None: those of its file. `tags`: theirs, which the library learns.

    Suggestions are the old ones until `suggestions_made`.
    """
    connection.execute("UPDATE tuned_heads SET in_use = 0 WHERE model_id = ?", (model_id,))
    if heads_id is not None:
        connection.execute("UPDATE tuned_heads SET in_use = 1 WHERE id = ?", (heads_id,))
    connection.execute("UPDATE model_tags SET supported = 0 WHERE model_id = ?", (model_id,))
    for tag in tags:
        connection.execute(
            "INSERT INTO tags (name, folded, group_name) VALUES (?, ?, ?) ON CONFLICT (folded) DO NOTHING",
            (tag.name, fold(tag.name), tag.group),
        )
        connection.execute(
            "INSERT INTO model_tags (model_id, tag_id, threshold, supported) SELECT ?, id, ?, ? FROM tags "
            "WHERE folded = ? ON CONFLICT (model_id, tag_id) "
            "DO UPDATE SET threshold = excluded.threshold, supported = excluded.supported",
            (model_id, tag.threshold, int(tag.supported), fold(tag.name)),
        )
    connection.execute(
        "INSERT INTO facts (name, value) VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = 1", (PENDING,)
    )


def suggestions_made(connection: sqlite3.Connection) -> None:
    """All suggestions are those of the heads in use."""
    connection.execute("DELETE FROM facts WHERE name = ?", (PENDING,))


def suggestions_pending(connection: sqlite3.Connection) -> bool:
    """Whether other heads are in use than those that made the suggestions: a job was stopped in the middle."""
    return connection.execute("SELECT 1 FROM facts WHERE name = ?", (PENDING,)).fetchone() is not None


def heads_in_use(connection: sqlite3.Connection, model_id: str, shipped: str) -> StoredHeads | None:
    """The heads that speak for a model file in this library; None for its own ones."""
    row = connection.execute(
        "SELECT id, model_id, shipped, made_at, tags, weight, bias, report FROM tuned_heads "
        "WHERE model_id = ? AND shipped = ? AND in_use = 1",
        (model_id, shipped),
    ).fetchone()
    if row is None:
        return None
    bias = np.frombuffer(row[6], "<f4").astype(np.float32)
    weight = np.frombuffer(row[5], "<f4").astype(np.float32).reshape(len(bias), -1)
    heads_id, model, file, made_at, tags, _, _, report = row
    return StoredHeads(heads_id, model, file, made_at, tags, weight, bias, report)
