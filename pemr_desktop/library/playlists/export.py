"""Tables of tracks for other programs: CSV, JSON, or a playlist file, by the suffix."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pemr_desktop.library.errors import LibraryError
from pemr_desktop.library.playlists.file_output import write_file
from pemr_desktop.library.playlists.m3u8 import export_m3u8
from pemr_desktop.library.rows import TrackRow
from pemr_desktop.library.tracks.reading import rows
from pemr_desktop.tagfiles.errors import readable

ROWS_AT_A_TIME = 500
JOINER = "; "
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so is a formula to a spreadsheet, which it would work out, or run."""


def export_tracks(connection: sqlite3.Connection, ids: Sequence[int], path: Path) -> tuple[str, ...]:
    """Write tracks in the order of ids to a .csv, .json or .m3u8 file -> files that such a file cannot name.

    Raises LibraryError.
    """
    suffix = path.suffix.lower()
    if suffix in (".m3u8", ".m3u"):
        return export_m3u8(connection, ids, path)
    if suffix == ".csv":
        write_file(path, _csv(connection, ids))
    elif suffix == ".json":
        records = [_record(row) for row in _rows(connection, ids)]
        write_file(path, json.dumps(records, ensure_ascii=False, indent=1).encode("utf-8", "replace"))
    else:
        raise LibraryError("export ending not known", path=readable(path))
    return ()


def _rows(connection: sqlite3.Connection, ids: Sequence[int]) -> Iterator[TrackRow]:
    for start in range(0, len(ids), ROWS_AT_A_TIME):
        yield from rows(connection, ids[start : start + ROWS_AT_A_TIME])


def _record(row: TrackRow) -> dict[str, Any]:
    return {
        "path": row.location,
        "title": row.title,
        "artist": row.artist,
        "album": row.album,
        "album_artist": row.album_artist,
        "disc": row.disc_number,
        "track": row.track_number,
        "year": row.year,
        "duration_s": round(row.duration_s, 3) if row.duration_s is not None else None,
        "format": row.format,
        "genres": list(row.genres),
        "moods": list(row.moods),
        "suggestions": {tag.tag: round(tag.probability, 3) for tag in row.suggestions},
        "accepted": [tag.tag for tag in row.suggestions if tag.decision == "accepted"],
        "cover_group": row.cover_group,
        "state": row.state,
    }


def _csv(connection: sqlite3.Connection, ids: Sequence[int]) -> bytes:
    """RFC 4180 with a byte-order mark, by which spreadsheets know that it is UTF-8.

    A text that a spreadsheet would take for a formula gets an apostrophe in front, as OWASP advises; JSON keeps it.
    """
    text = io.StringIO()
    writer: csv.DictWriter[str] | None = None
    for row in _rows(connection, ids):
        record = _record(row)
        if writer is None:
            writer = csv.DictWriter(text, list(record))
            writer.writeheader()
        writer.writerow({name: _cell(value) for name, value in record.items()})
    return text.getvalue().encode("utf-8-sig", "replace")


def _cell(value: object) -> object:
    if isinstance(value, list):
        value = JOINER.join(value)
    elif isinstance(value, dict):
        value = JOINER.join(f"{tag} {probability:g}" for tag, probability in value.items())
    if isinstance(value, str) and value.lstrip(" \n").startswith(FORMULA_STARTS):
        return f"'{value}"
    return value
