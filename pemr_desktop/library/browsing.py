"""What the sidebar and the pages around the table show."""

from __future__ import annotations

import math
import sqlite3
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path

from pemr_desktop.library.paths import encode, find_track, show
from pemr_desktop.library.rows import (
    CoverGroup,
    Facet,
    JournalBatch,
    JournalEntry,
    LibraryCounts,
    ModelRow,
    PlaylistRow,
    Problem,
    RootRow,
    TagRow,
    VersionPair,
)
from pemr_desktop.library.suggestions import SHOWN
from pemr_desktop.library.text_folding import sort_key
from pemr_desktop.library.versions.pairs import RELATION
from pemr_desktop.library.writing.journal import unpack_changes

NO_LIMIT = -1
FACET_FIELDS = ("genre", "mood", "artist", "albumartist", "album", "composer")
NAMES = ("artist", "albumartist", "album", "composer")


def facets(connection: sqlite3.Connection, field: str, limit: int = 1000) -> list[Facet]:
    """Values of a field with the number of tracks that have them: names by name, years newest first, others by number.

    Of names with an article the article does not count.
    """
    if field in ("year", "decade"):
        step = 10 if field == "decade" else 1
        return [
            Facet(f"{value}s" if step == 10 else str(value), count)
            for value, count in connection.execute(
                "SELECT year / ? * ? AS value, count(*) FROM tracks WHERE missing = 0 AND year IS NOT NULL "
                "GROUP BY value ORDER BY value DESC LIMIT ?",
                (step, step, limit),
            )
        ]
    if field == "format":
        found = connection.execute(
            "SELECT format, count(*) FROM tracks WHERE missing = 0 GROUP BY format ORDER BY 2 DESC, 1 LIMIT ?", (limit,)
        )
        return [Facet(*row) for row in found]
    if field == "suggestion":
        return _suggestion_facets(connection, limit)
    return _value_facets(connection, field, limit)


def _value_facets(connection: sqlite3.Connection, field: str, limit: int) -> list[Facet]:
    """Spellings that differ only in case or accents count as one value, shown as most tracks write it."""
    missing = dict(
        connection.execute(
            "SELECT g.folded, count(*) FROM tracks t JOIN track_tags g ON g.track_id = t.id "
            "WHERE t.missing = 1 AND g.field = ? GROUP BY g.folded",
            (field,),
        ).fetchall()
    )
    count: Counter[str] = Counter()
    spelling: dict[str, tuple[int, str]] = {}
    for folded, value, tracks in connection.execute(
        "SELECT folded, value, count(*) FROM track_tags WHERE field = ? GROUP BY folded, value", (field,)
    ):
        count[folded] += tracks
        spelling[folded] = max(spelling.get(folded, (0, "")), (tracks, value))
    count.subtract(missing)
    found = [Facet(spelling[folded][1], tracks) for folded, tracks in count.most_common() if tracks > 0]
    if field in NAMES:
        found.sort(key=lambda facet: (sort_key(facet.value), facet.value))
    return found[:limit]


def _suggestion_facets(connection: sqlite3.Connection, limit: int) -> list[Facet]:
    return [
        Facet(*row)
        for row in connection.execute(
            f"SELECT t.name, count(*) FROM {SHOWN} JOIN tags t ON t.id = p.tag_id "
            "LEFT JOIN decisions d ON d.track_id = p.track_id AND d.tag_id = p.tag_id "
            "WHERE d.decision IS NOT 'rejected' GROUP BY p.tag_id ORDER BY 2 DESC, 1 LIMIT ?",
            (limit,),
        )
    ]


def counts(connection: sqlite3.Connection) -> LibraryCounts:
    """Numbers for the sidebar and the status line. `tracks` leaves missing ones out; `offline` counts them in."""

    def count(sql: str) -> int:
        return int(connection.execute(sql).fetchone()[0])

    missing = count("SELECT count(*) FROM tracks WHERE missing = 1")
    offline = count(
        "SELECT count(*) FROM roots r JOIN tracks t ON t.root_id = r.id WHERE r.online = 0 AND t.missing = 0"
    )
    return LibraryCounts(
        tracks=count("SELECT count(*) FROM tracks WHERE missing = 0"),
        analysed=count("SELECT count(*) FROM models m JOIN embeddings e ON e.model_id = m.id WHERE m.active = 1"),
        offline=missing + offline,
        problems=count("SELECT count(*) FROM problems"),
        cover_groups=count("SELECT count(*) FROM cover_groups"),
        with_suggestions=count("SELECT count(*) FROM tracks WHERE open_suggestions > 0"),
        pending_writes=count(
            "SELECT count(DISTINCT track_id) FROM decisions WHERE decision = 'accepted' AND settled_at IS NULL"
        ),
    )


def problems(connection: sqlite3.Connection) -> list[Problem]:
    """Files that something could not be done with, newest first."""
    found = connection.execute(
        "SELECT id, track_id, path, stage, reason, seen_at FROM problems ORDER BY seen_at DESC, id DESC"
    )
    return [
        Problem(
            id=row[0],
            track_id=row[1],
            path=row[2],
            location=show(row[2]),
            stage=row[3],
            reason=row[4],
            seen_at=row[5],
        )
        for row in found
    ]


def roots(connection: sqlite3.Connection) -> list[RootRow]:
    """The folders of the library."""
    found = connection.execute(
        "SELECT r.id, r.path, r.online, (SELECT count(*) FROM tracks t WHERE t.root_id = r.id AND t.missing = 0) "
        "FROM roots r ORDER BY r.path"
    )
    return [RootRow(row[0], row[1], show(row[1]), bool(row[2]), row[3]) for row in found]


def history(
    connection: sqlite3.Connection, limit: int = 200, *, since: float = 0.0, until: float = math.inf
) -> list[JournalBatch]:
    """Batches of writes and undos, newest first; with `since` and `until` (seconds since 1970) those begun between."""
    found = connection.execute(
        "SELECT b.id, b.operation, b.started_at, count(j.id), coalesce(sum(j.state = 'done'), 0), "
        "coalesce(sum(j.state = 'failed'), 0), "
        "coalesce(sum(j.state = 'done' AND j.undone_by IS NOT NULL), 0), b.summary "
        "FROM journal_batches b LEFT JOIN journal j ON j.batch_id = b.id "
        "WHERE b.started_at >= ? AND b.started_at < ? GROUP BY b.id ORDER BY b.id DESC LIMIT ?",
        (since, until, limit),
    )
    return [
        JournalBatch(
            id=row[0],
            operation=row[1],
            started_at=row[2],
            file_count=row[3],
            done_count=row[4],
            failed_count=row[5],
            undone=row[4] > 0 and row[6] == row[4],
            summary=row[7],
        )
        for row in found
    ]


def history_of_day(connection: sqlite3.Connection, day: date) -> list[JournalBatch]:
    """All batches that were begun on a day, by the clock here, newest first."""
    midnights = [datetime.combine(day + timedelta(days=ahead), datetime.min.time()).timestamp() for ahead in (0, 1)]
    return history(connection, NO_LIMIT, since=midnights[0], until=midnights[1])


def open_writes_of_day(connection: sqlite3.Connection, day: date) -> list[JournalBatch]:
    """Those of a day that wrote something and can still be taken back, newest first, which is the order to do it in."""
    return [batch for batch in history_of_day(connection, day) if is_open_write(batch)]


def is_open_write(batch: JournalBatch) -> bool:
    """Whether a batch wrote something that was not wholly taken back."""
    return batch.operation == "write" and batch.done_count > 0 and not batch.undone


def batch_entries(connection: sqlite3.Connection, batch_id: int) -> list[JournalEntry]:
    """The files of a batch."""
    return _entries(connection, "WHERE batch_id = ? ORDER BY id", (batch_id,))


def file_entries(connection: sqlite3.Connection, path: Path) -> list[JournalEntry]:
    """All that was ever written to a file and taken back, newest first; also under the names it had before."""
    track_id = find_track(connection, path)
    return _entries(connection, "WHERE path = ? OR track_id = ? ORDER BY id DESC", (encode(path), track_id))


def _entries(connection: sqlite3.Connection, which: str, values: tuple[object, ...]) -> list[JournalEntry]:
    found = connection.execute(
        "SELECT id, batch_id, track_id, path, changes, state, reason, undone_by, updated_at FROM journal " + which,
        values,
    )
    return [
        JournalEntry(
            id=row[0],
            batch_id=row[1],
            track_id=row[2],
            path=row[3],
            location=show(row[3]),
            changes=unpack_changes(row[4]),
            state=row[5],
            reason=row[6],
            undone=row[7] is not None,
            updated_at=row[8],
        )
        for row in found
    ]


def cover_groups(connection: sqlite3.Connection) -> list[CoverGroup]:
    """Groups of versions, by title."""
    members: dict[int, list[int]] = {}
    for group_id, track_id in connection.execute(
        "SELECT cover_group, id FROM tracks WHERE cover_group IS NOT NULL ORDER BY cover_group, id"
    ):
        members.setdefault(group_id, []).append(track_id)
    titles = connection.execute("SELECT id, title FROM cover_groups ORDER BY title, id")
    return [CoverGroup(group_id, title, tuple(members.get(group_id, ()))) for group_id, title in titles]


def version_pairs(connection: sqlite3.Connection, track_id: int) -> list[VersionPair]:
    """What is known of a track and others, judged pairs first, then the most likely."""
    told_by = "CASE WHEN judged IS NOT NULL THEN 'user' WHEN tagged IS NOT NULL THEN 'tags' ELSE 'found' END"
    columns = f"track_a, track_b, {RELATION}, {told_by}, probability, key_shift, tempo_ratio"
    found = connection.execute(
        f"SELECT {columns} FROM versions WHERE track_a = ? AND {RELATION} IS NOT NULL "
        f"UNION ALL SELECT {columns} FROM versions WHERE track_b = ? AND {RELATION} IS NOT NULL",
        (track_id, track_id),
    )
    pairs = [VersionPair(*row) for row in found]
    return sorted(
        pairs, key=lambda pair: (pair.source != "user", -(pair.probability or 0.0), pair.track_a, pair.track_b)
    )


def playlists(connection: sqlite3.Connection) -> list[PlaylistRow]:
    """All playlists, by name."""
    found = connection.execute(
        "SELECT p.id, p.name, count(t.id), coalesce(sum(t.duration_s), 0.0), p.changed_at FROM playlists p "
        "LEFT JOIN playlist_tracks l ON l.playlist_id = p.id LEFT JOIN tracks t ON t.id = l.track_id "
        "GROUP BY p.id ORDER BY p.name COLLATE NOCASE, p.id"
    )
    return [PlaylistRow(*row) for row in found]


def playlist_tracks(connection: sqlite3.Connection, playlist_id: int) -> list[int]:
    """The tracks of a playlist in its order, repeats included."""
    found = connection.execute(
        "SELECT track_id FROM playlist_tracks WHERE playlist_id = ? ORDER BY position", (playlist_id,)
    )
    return [row[0] for row in found]


def models(connection: sqlite3.Connection) -> list[ModelRow]:
    """Known models, newest first."""
    found = connection.execute(
        "SELECT m.id, m.name, m.path, m.active, "
        "(SELECT count(*) FROM embeddings e WHERE e.model_id = m.id), m.added_at "
        "FROM models m ORDER BY m.added_at DESC, m.id"
    )
    return [ModelRow(row[0], row[1], row[2], bool(row[3]), row[4], row[5]) for row in found]


def active_model(connection: sqlite3.Connection) -> ModelRow | None:
    """The model whose suggestions are shown."""
    return next((model for model in models(connection) if model.active), None)


def vocabulary(connection: sqlite3.Connection, model_id: str | None = None) -> list[TagRow]:
    """The words of a model, or of the active one, by group and name."""
    found = connection.execute(
        "SELECT t.name, t.group_name, k.threshold, k.supported FROM model_tags k JOIN tags t ON t.id = k.tag_id "
        "WHERE k.model_id = coalesce(?, (SELECT id FROM models WHERE active = 1)) ORDER BY t.group_name, t.name",
        (model_id,),
    )
    return [TagRow(row[0], row[1], row[2], bool(row[3])) for row in found]
