"""The rows of the table and the details of one track."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from pemr_desktop.library.errors import UnknownTrack
from pemr_desktop.library.paths import absolute, encode, show
from pemr_desktop.library.rows import TagSuggestion, TrackDetail, TrackRow, TrackState
from pemr_desktop.library.suggestions import SHOWN, in_batches
from pemr_desktop.library.text_folding import fold, split_values
from pemr_desktop.library.tracks.columns import unpack_fields

_COLUMNS = (
    "t.id, r.path, t.rel_path, t.title, t.artist, t.album, t.album_artist, t.track_number, t.disc_number, t.year, "
    "t.duration_s, t.format, t.genres, t.moods, t.missing, r.online, t.has_artwork, t.cover_group, t.added_at, "
    "EXISTS (SELECT 1 FROM models m JOIN embeddings e ON e.model_id = m.id WHERE m.active = 1 AND e.track_id = t.id)"
)


def rows(connection: sqlite3.Connection, ids: Sequence[int]) -> list[TrackRow]:
    """Rows in the order of `ids`; ids that are gone are passed over. Meant for the rows that are on screen."""
    found: dict[int, TrackRow] = {}
    for marks, some in in_batches(ids):
        shown = _shown_suggestions(connection, marks, some)
        for row in connection.execute(
            f"SELECT {_COLUMNS} FROM tracks t JOIN roots r ON r.id = t.root_id WHERE t.id IN ({marks})",
            some,
        ):
            found[row[0]] = _row(row, shown.get(row[0], []))
    return [found[track_id] for track_id in ids if track_id in found]


def _row(row: tuple[Any, ...], suggestions: Iterable[TagSuggestion]) -> TrackRow:
    path = encode(absolute(row[1], row[2]))
    genres, moods = split_values(row[12]), split_values(row[13])
    in_file = {fold(value) for value in (*genres, *moods)}
    state: TrackState = "missing" if row[14] else "present" if row[15] else "offline"
    return TrackRow(
        id=row[0],
        path=path,
        location=show(path),
        title=row[3],
        artist=row[4],
        album=row[5],
        album_artist=row[6],
        track_number=row[7],
        disc_number=row[8],
        year=row[9],
        duration_s=row[10],
        format=row[11],
        genres=genres,
        moods=moods,
        suggestions=tuple(suggestion for suggestion in suggestions if fold(suggestion.tag) not in in_file),
        state=state,
        analysed=bool(row[19]),
        has_artwork=bool(row[16]),
        cover_group=row[17],
        added_at=row[18],
    )


def _shown_suggestions(
    connection: sqlite3.Connection, marks: str, ids: Sequence[int]
) -> dict[int, list[TagSuggestion]]:
    """Shown and not rejected, most likely first; accepted ones that the model does not show are there too."""
    found: dict[int, list[TagSuggestion]] = {}
    for track_id, name, group, probability, threshold, decision in connection.execute(
        "SELECT p.track_id, t.name, t.group_name, p.probability, k.threshold, d.decision "
        f"FROM {SHOWN} JOIN tags t ON t.id = p.tag_id "
        "LEFT JOIN decisions d ON d.track_id = p.track_id AND d.tag_id = p.tag_id "
        f"WHERE p.track_id IN ({marks}) AND d.decision IS NOT 'rejected' ORDER BY p.probability DESC, t.name",
        ids,
    ):
        found.setdefault(track_id, []).append(TagSuggestion(name, group, probability, threshold, decision))
    return found


def detail(connection: sqlite3.Connection, track_id: int) -> TrackDetail:
    """All about one track. Raises UnknownTrack."""
    found = rows(connection, [track_id])
    if not found:
        raise UnknownTrack("track gone")
    size, sample_rate, channels, bit_rate, fields, peaks = connection.execute(
        "SELECT t.size, t.sample_rate, t.channels, t.bit_rate, f.fields, p.levels FROM tracks t "
        "LEFT JOIN track_fields f ON f.track_id = t.id LEFT JOIN peaks p ON p.track_id = t.id WHERE t.id = ?",
        (track_id,),
    ).fetchone()
    importance, step = connection.execute(
        "SELECT s.importance, s.importance_step_s FROM models m JOIN embeddings e ON e.model_id = m.id "
        "JOIN segments s ON s.embedding_id = e.id WHERE m.active = 1 AND e.track_id = ?",
        (track_id,),
    ).fetchone() or (b"", 0.0)
    return TrackDetail(
        row=found[0],
        fields=unpack_fields(fields) if fields else {},
        suggestions=tuple(all_suggestions(connection, track_id)),
        importance=importance,
        importance_step_s=step,
        peaks=peaks or b"",
        sample_rate=sample_rate,
        channels=channels,
        bit_rate=bit_rate,
        size=size,
    )


def all_suggestions(connection: sqlite3.Connection, track_id: int) -> list[TagSuggestion]:
    """Every stored prediction of the active model and every decision, most likely first."""
    predicted = connection.execute(
        "SELECT t.name, t.group_name, p.probability, k.threshold, d.decision FROM predictions p "
        "JOIN models m ON m.id = p.model_id AND m.active = 1 JOIN tags t ON t.id = p.tag_id "
        "JOIN model_tags k ON k.model_id = p.model_id AND k.tag_id = p.tag_id AND k.supported = 1 "
        "LEFT JOIN decisions d ON d.track_id = p.track_id AND d.tag_id = p.tag_id WHERE p.track_id = ?",
        (track_id,),
    ).fetchall()
    names = {row[0] for row in predicted}
    decided = connection.execute(
        "SELECT t.name, t.group_name, coalesce(d.probability, 0), 0.0, d.decision FROM decisions d "
        "JOIN tags t ON t.id = d.tag_id WHERE d.track_id = ?",
        (track_id,),
    ).fetchall()
    everything = [*predicted, *(row for row in decided if row[0] not in names)]
    return [TagSuggestion(*row) for row in sorted(everything, key=lambda row: (-row[2], row[0]))]
