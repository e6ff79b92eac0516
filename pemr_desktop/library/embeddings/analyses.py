"""What the analysis made of tracks: embeddings, predictions, peaks and cover features."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from pemr_desktop.library.embeddings.not_analysed import NO_EMBEDDING, NOT_GIVEN_UP, PRESENT
from pemr_desktop.library.paths import absolute
from pemr_desktop.library.suggestions import count_open_suggestions
from pemr_desktop.library.text_folding import fold
from pemr_desktop.library.tracks.storing import row_identity
from pemr_desktop.tagfiles.identity import FileIdentity

MIN_STORED_PROBABILITY = 0.05
SHARE_OF_THRESHOLD = 0.5
IDS_AT_A_TIME = 500

Vectors = npt.NDArray[np.float32]


class ToAnalyse(msgspec.Struct, frozen=True):
    """A track that is waiting to be analysed, with its file's state and a digest of samples of its sound now."""

    track_id: int
    path: Path
    identity: FileIdentity
    duration_s: float | None
    quick_digest: bytes | None = None


class TrackAnalysis(NamedTuple):
    """All that one analysis of a track gives. importance: (m,) 0..1; peaks: uint8 levels.

    `duration_is_counted`: it was listened to up to its end; else a length that is known already is the better one.
    `quick_digest`: what the library knew of the sound before; if it knows another by now, a scan found another sound.
    """

    track_id: int
    model_id: str
    vector: Vectors
    segments: Vectors
    starts_s: Vectors
    importance: Vectors
    importance_step_s: float
    predictions: Sequence[tuple[str, float]]
    peaks: bytes = b""
    duration_s: float | None = None
    duration_is_counted: bool = True
    cover_features: bytes = b""
    cover_version: int = 0
    audio_digest: bytes = b""
    quick_digest: bytes | None = None


class Segments(NamedTuple):
    """The moments of a track: segments (n, d), starts_s (n,), importance (m,) 0..1."""

    segments: Vectors
    starts_s: Vectors
    importance: Vectors
    importance_step_s: float


# --- what is to be analysed


def tracks_to_analyse(
    connection: sqlite3.Connection,
    model_id: str,
    ids: Sequence[int] = (),
    *,
    again: bool = False,
    cover_version: int | None = None,
) -> list[ToAnalyse]:
    """Present tracks on roots that are there, without an embedding of this model (all, with `again`).

    `cover_version`: also those whose cover features are of another version. A file that could not be analysed before
    comes again when it changed, or with `again`.
    """
    query = f"SELECT t.id, r.path, t.rel_path, t.size, t.mtime_ns, t.inode, t.duration_s, t.quick_digest {PRESENT}"
    values: list[Any] = []
    if not again:
        query += (
            f" AND ({NO_EMBEDDING}"
            " OR EXISTS (SELECT 1 FROM cover_features c WHERE c.track_id = t.id AND c.version <> ?))"
            f" AND {NOT_GIVEN_UP}"
        )
        values += [model_id, cover_version]  # nothing differs from NULL
    rows: list[tuple[Any, ...]] = []
    if ids:
        for start in range(0, len(ids), IDS_AT_A_TIME):
            some = ids[start : start + IDS_AT_A_TIME]
            rows += connection.execute(f"{query} AND t.id IN ({', '.join('?' * len(some))})", (*values, *some))
    else:
        rows += connection.execute(f"{query} ORDER BY t.id", values)
    return [
        ToAnalyse(track_id, absolute(root, rel_path), row_identity(size, mtime_ns, inode), duration_s, quick_digest)
        for track_id, root, rel_path, size, mtime_ns, inode, duration_s, quick_digest in rows
    ]


def not_analysed(connection: sqlite3.Connection, model_id: str, ids: Sequence[int] = ()) -> int:
    """How many present tracks, of these or of all, this model has not analysed because something is wrong with them."""
    query = (
        "SELECT count(*) FROM tracks t JOIN problems p ON p.track_id = t.id AND p.stage = 'analyse' "
        "WHERE t.missing = 0 AND NOT EXISTS (SELECT 1 FROM embeddings e WHERE e.model_id = ? AND e.track_id = t.id)"
    )
    if not ids:
        return int(connection.execute(query, (model_id,)).fetchone()[0])
    found = 0
    for start in range(0, len(ids), IDS_AT_A_TIME):
        some = ids[start : start + IDS_AT_A_TIME]
        marks = ", ".join("?" * len(some))
        found += connection.execute(f"{query} AND t.id IN ({marks})", (model_id, *some)).fetchone()[0]
    return found


# --- storing what was analysed


def store_analyses(connection: sqlite3.Connection, analyses: Sequence[TrackAnalysis]) -> None:
    """Store several analyses; an earlier one by the same model is replaced.

    Tracks that are gone are passed over, and those that a scan found to have another sound meanwhile.
    """
    stored = [analysis for analysis in analyses if _sounds_so(connection, analysis)]
    for analysis in stored:
        _store_embedding(connection, analysis)
        _store_predictions(connection, analysis.track_id, analysis.model_id, analysis.predictions)
        _store_sound(connection, analysis)
        connection.execute("DELETE FROM problems WHERE track_id = ? AND stage = 'analyse'", (analysis.track_id,))
    count_open_suggestions(connection, [analysis.track_id for analysis in stored])
    raise_generation(connection)


def _sounds_so(connection: sqlite3.Connection, analysis: TrackAnalysis) -> bool:
    row = connection.execute("SELECT quick_digest FROM tracks WHERE id = ?", (analysis.track_id,)).fetchone()
    return row is not None and analysis.quick_digest in (None, row[0])


def _store_embedding(connection: sqlite3.Connection, analysis: TrackAnalysis) -> None:
    connection.execute(
        "DELETE FROM embeddings WHERE model_id = ? AND track_id = ?", (analysis.model_id, analysis.track_id)
    )
    made = connection.execute(
        "INSERT INTO embeddings (track_id, model_id, vector, made_at) VALUES (?, ?, ?, ?)",
        (analysis.track_id, analysis.model_id, _half(analysis.vector), time.time()),
    )
    connection.execute(
        "INSERT INTO segments (embedding_id, segments, starts_s, importance, importance_step_s) VALUES (?, ?, ?, ?, ?)",
        (
            made.lastrowid,
            _half(analysis.segments),
            np.ascontiguousarray(analysis.starts_s, dtype="<f4").tobytes(),
            np.rint(np.clip(analysis.importance, 0.0, 1.0) * 255).astype(np.uint8).tobytes(),
            float(analysis.importance_step_s),
        ),
    )


def store_predictions(
    connection: sqlite3.Connection,
    model_id: str,
    track_ids: Sequence[int],
    tags: Sequence[str],
    probabilities: Vectors,
) -> None:
    """Replace what a model says of tracks it has analysed: probabilities (tracks, tags). Decisions stay."""
    for track_id, row in zip(track_ids, probabilities, strict=True):
        _store_predictions(connection, track_id, model_id, list(zip(tags, map(float, row), strict=True)))
    count_open_suggestions(connection, track_ids)


def _store_predictions(
    connection: sqlite3.Connection, track_id: int, model_id: str, predictions: Sequence[tuple[str, float]]
) -> None:
    connection.execute("DELETE FROM predictions WHERE track_id = ? AND model_id = ?", (track_id, model_id))
    known = {
        folded: (tag_id, threshold)
        for folded, tag_id, threshold in connection.execute(
            "SELECT t.folded, t.id, m.threshold FROM model_tags m JOIN tags t ON t.id = m.tag_id WHERE m.model_id = ?",
            (model_id,),
        )
    }
    rows = []
    for name, probability in predictions:
        tag = known.get(fold(name))
        if tag is not None and probability >= max(MIN_STORED_PROBABILITY, SHARE_OF_THRESHOLD * tag[1]):
            rows.append((track_id, model_id, tag[0], float(probability)))
    connection.executemany(
        "INSERT INTO predictions (track_id, model_id, tag_id, probability) VALUES (?, ?, ?, ?)", rows
    )


def _store_sound(connection: sqlite3.Connection, analysis: TrackAnalysis) -> None:
    if analysis.peaks:
        connection.execute(
            "INSERT OR REPLACE INTO peaks (track_id, levels) VALUES (?, ?)", (analysis.track_id, analysis.peaks)
        )
    if analysis.cover_features:
        connection.execute(
            "INSERT INTO cover_features (track_id, version, features) VALUES (?, ?, ?) ON CONFLICT (track_id) "
            "DO UPDATE SET version = excluded.version, compared = compared AND features = excluded.features, "
            "features = excluded.features",
            (analysis.track_id, analysis.cover_version, analysis.cover_features),
        )
    if analysis.audio_digest:
        connection.execute(
            "UPDATE tracks SET audio_digest = ? WHERE id = ?", (analysis.audio_digest, analysis.track_id)
        )
    if analysis.duration_s:
        duration = "?" if analysis.duration_is_counted else "coalesce(duration_s, ?)"
        connection.execute(
            f"UPDATE tracks SET duration_s = {duration} WHERE id = ?", (float(analysis.duration_s), analysis.track_id)
        )


def _half(vectors: Vectors) -> bytes:
    """float16, little-endian; values beyond its range are cut, never infinite."""
    return np.clip(vectors, -65504, 65504).astype("<f2").tobytes()


def raise_generation(connection: sqlite3.Connection) -> None:
    """Tell caches of vectors that they are out of date."""
    connection.execute(
        "INSERT INTO facts (name, value) VALUES ('generation', 1) ON CONFLICT (name) DO UPDATE SET value = value + 1"
    )


# --- reading it back


def generation(connection: sqlite3.Connection) -> int:
    """Rises whenever an embedding was stored."""
    row = connection.execute("SELECT value FROM facts WHERE name = 'generation'").fetchone()
    return int(row[0]) if row else 0


def vectors(connection: sqlite3.Connection, model_id: str) -> tuple[npt.NDArray[np.int64], Vectors]:
    """Track ids (n,) and vectors (n, d) of all tracks that the model has analysed, missing ones apart."""
    row = connection.execute("SELECT dimension FROM models WHERE id = ?", (model_id,)).fetchone()
    dimension = int(row[0]) if row else 0
    rows = connection.execute(
        "SELECT e.track_id, e.vector FROM embeddings e JOIN tracks t ON t.id = e.track_id "
        "WHERE e.model_id = ? AND t.missing = 0 ORDER BY e.track_id",
        (model_id,),
    ).fetchall()
    ids = np.array([track_id for track_id, _ in rows], dtype=np.int64)
    packed = b"".join(vector for _, vector in rows)
    return ids, np.frombuffer(packed, dtype="<f2").reshape(len(rows), dimension).astype(np.float32)


def segments(connection: sqlite3.Connection, track_id: int, model_id: str) -> Segments | None:
    """The moments of a track as the model embedded them, or None."""
    row = connection.execute(
        "SELECT s.segments, s.starts_s, s.importance, s.importance_step_s FROM embeddings e "
        "JOIN segments s ON s.embedding_id = e.id WHERE e.model_id = ? AND e.track_id = ?",
        (model_id, track_id),
    ).fetchone()
    if row is None:
        return None
    starts = np.frombuffer(row[1], dtype="<f4").astype(np.float32)
    flat = np.frombuffer(row[0], dtype="<f2").astype(np.float32)
    return Segments(
        flat.reshape(len(starts), -1) if len(starts) else flat.reshape(0, 0),
        starts,
        np.frombuffer(row[2], dtype=np.uint8).astype(np.float32) / np.float32(255),
        float(row[3]),
    )


def cover_features_of(connection: sqlite3.Connection, track_id: int, version: int) -> bytes | None:
    """The features of one track, None when it has none of this version."""
    row = connection.execute(
        "SELECT features FROM cover_features WHERE track_id = ? AND version = ?", (track_id, version)
    ).fetchone()
    return None if row is None else bytes(row[0])


def cover_features(connection: sqlite3.Connection, version: int) -> Iterator[tuple[int, bytes]]:
    """(track id, features) of every track whose features have this version, missing ones apart."""
    yield from connection.execute(
        "SELECT c.track_id, c.features FROM cover_features c JOIN tracks t ON t.id = c.track_id "
        "WHERE c.version = ? AND t.missing = 0",
        (version,),
    ).fetchall()


def cover_stamps(connection: sqlite3.Connection, version: int, length: int) -> dict[int, bytes]:
    """Track id -> the first `length` bytes of its features; nothing else of them is read from the disk."""
    rows = connection.execute(
        "SELECT c.track_id, substr(c.features, 1, ?) FROM cover_features c JOIN tracks t ON t.id = c.track_id "
        "WHERE c.version = ? AND t.missing = 0",
        (length, version),
    )
    return dict(rows.fetchall())
