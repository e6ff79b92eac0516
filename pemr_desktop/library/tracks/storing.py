"""Storing what a scan read: new tracks, and ones that changed or were found at a new place."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path
from typing import Any

import msgspec

from pemr_desktop.library.albums.identity import album_group, release_of
from pemr_desktop.library.paths import folder_of, show
from pemr_desktop.library.tracks.columns import columns, pack_fields, tag_rows
from pemr_desktop.library.versions.pairs import forget_found
from pemr_desktop.tagfiles.first_quick_digest import FIRST_VERSION
from pemr_desktop.tagfiles.identity import FileIdentity, identity_of
from pemr_desktop.tagfiles.quick_digest import QUICK_VERSION
from pemr_desktop.tagfiles.read import FileTags


class ReadTrack(msgspec.Struct, frozen=True):
    """One file as the scanner read it. `ctime_ns`: when the system had last seen it change; None: not known.

    `keeps_first_digest`: its sound is the one of which 0.1.0 made the digest that its track has.
    """

    root_id: int
    rel_path: bytes
    path: Path
    identity: FileIdentity
    tags: FileTags
    quick_digest: bytes
    ctime_ns: int | None = None
    keeps_first_digest: bool = False


def insert_track(connection: sqlite3.Connection, track: ReadTrack) -> int:
    """A file that the library did not know -> the new track's id."""
    now = time.time()
    values = _path_columns(track) | _state(track, now) | {"added_at": now} | _content(track)
    names = ", ".join(values)
    marks = ", ".join("?" * len(values))
    made = connection.execute(f"INSERT INTO tracks ({names}) VALUES ({marks})", tuple(values.values()))
    assert made.lastrowid is not None
    _store_fields(connection, made.lastrowid, track.tags)
    return made.lastrowid


def update_track(
    connection: sqlite3.Connection,
    track_id: int,
    track: ReadTrack,
    *,
    file_unchanged: bool = False,
    sound_proved: bool = False,
) -> bool:
    """A file that changed, or came back, or was found at another place -> whether its tags, cover or sound are others.

    The analysis goes when the sound changed. `file_unchanged`: size, time and inode are as they were; then a digest
    made in another way is no reason to forget. `sound_proved`: somebody compared all of the sound, and it is the same.
    """
    old = connection.execute(
        "SELECT t.quick_digest, t.quick_version, f.fields, t.has_artwork FROM tracks t "
        "LEFT JOIN track_fields f ON f.track_id = t.id WHERE t.id = ?",
        (track_id,),
    ).fetchone()
    sounds_as_before = old is None or sound_proved or _sounds_as_before(track, *old[:2], file_unchanged=file_unchanged)
    values = _path_columns(track) | _state(track, time.time()) | _content(track)
    values |= {"missing": 0, "missing_since": None}
    if not sounds_as_before:
        values["audio_digest"] = None
        forget_sound(connection, track_id)
    changes = ", ".join(f"{name} = ?" for name in values)
    connection.execute(f"UPDATE tracks SET {changes} WHERE id = ?", (*values.values(), track_id))
    _store_fields(connection, track_id, track.tags)
    told = pack_fields(track.tags.fields), values["has_artwork"]
    return old is None or not sounds_as_before or old[2:] != told


def _sounds_as_before(track: ReadTrack, quick_digest: bytes | None, version: int, *, file_unchanged: bool) -> bool:
    """Whether the sound is still the same. What is not known to be so is heard again."""
    if version == QUICK_VERSION:
        return quick_digest == track.quick_digest
    return file_unchanged or (version == FIRST_VERSION and track.keeps_first_digest)


def forget_sound(connection: sqlite3.Connection, track_id: int) -> None:
    """Drop all that was computed from the sound of a track; decisions of the user stay."""
    for table in ("embeddings", "predictions", "peaks", "cover_features"):
        connection.execute(f"DELETE FROM {table} WHERE track_id = ?", (track_id,))
    forget_found(connection, track_id)
    connection.execute("UPDATE tracks SET open_suggestions = 0, sound_group = NULL WHERE id = ?", (track_id,))


def _path_columns(track: ReadTrack) -> dict[str, Any]:
    return {
        "root_id": track.root_id,
        "rel_path": track.rel_path,
        "folder": folder_of(track.rel_path),
        "location": show(track.rel_path),
    }


def _content(track: ReadTrack) -> dict[str, Any]:
    found = columns(track.tags, show(track.rel_path))
    release = release_of(track.tags.fields.get("musicbrainz_albumid", ()))
    group = album_group(track.root_id, folder_of(track.rel_path), found["album"], release)
    return found | {"album_group": group}


def _state(track: ReadTrack, now: float) -> dict[str, Any]:
    return {
        "size": track.identity.size,
        "mtime_ns": track.identity.mtime_ns,
        "inode": signed(track.identity.inode),
        "ctime_ns": track.ctime_ns,
        "quick_digest": track.quick_digest,
        "quick_version": QUICK_VERSION,
        "read_at": now,
    }


def signed(inode: int) -> int:
    """An inode as SQLite can hold it: some file systems use all 64 bits."""
    return inode - (1 << 64) if inode >= 1 << 63 else inode


def same_file(status: os.stat_result, size: int, mtime_ns: int, inode: int) -> bool:
    """Whether a file is still as the row says."""
    return status.st_mtime_ns == mtime_ns and status.st_size == size and signed(status.st_ino) == inode


def still_is(path: Path, identity: FileIdentity) -> bool:
    """Whether a file is still as it was when it was read."""
    try:
        return identity_of(path.stat()) == identity
    except OSError:
        return False


def row_identity(size: int, mtime_ns: int, inode: int) -> FileIdentity:
    """The identity that a row stands for."""
    return FileIdentity(size=size, mtime_ns=mtime_ns, inode=inode + (1 << 64) if inode < 0 else inode)


def _store_fields(connection: sqlite3.Connection, track_id: int, tags: FileTags) -> None:
    connection.execute("DELETE FROM track_tags WHERE track_id = ?", (track_id,))
    connection.executemany(
        "INSERT INTO track_tags (track_id, field, position, value, folded) VALUES (?, ?, ?, ?, ?)",
        [(track_id, *row) for row in tag_rows(tags.fields)],
    )
    connection.execute(
        "INSERT INTO track_fields (track_id, fields) VALUES (?, ?) "
        "ON CONFLICT (track_id) DO UPDATE SET fields = excluded.fields",
        (track_id, pack_fields(tags.fields)),
    )
