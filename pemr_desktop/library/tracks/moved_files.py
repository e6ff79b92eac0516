"""A new file that is an old one at another place: it keeps its track, with all that is known of it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from pemr_desktop.library.paths import absolute
from pemr_desktop.library.tracks.storing import ReadTrack
from pemr_desktop.tagfiles.containers.sniffing import sniff
from pemr_desktop.tagfiles.digest import audio_digest
from pemr_desktop.tagfiles.errors import TagReadError
from pemr_desktop.tagfiles.first_quick_digest import FIRST_VERSION, first_quick_digests
from pemr_desktop.tagfiles.quick_digest import QUICK_VERSION
from pemr_desktop.tagfiles.read import open_ordinary

SAME_LENGTH_S = 0.05
_CANDIDATES = (
    "SELECT t.id, t.rel_path, t.size, t.quick_digest, t.audio_digest, r.path, r.online "
    "FROM tracks t JOIN roots r ON r.id = t.root_id"
)


class MovedFiles:
    """Finds them during one scan. `seen`: the tracks whose files the scan has met; it grows meanwhile."""

    def __init__(self, seen: set[int]) -> None:
        self._seen = seen
        self._first_digests: bool | None = None

    def find(self, connection: sqlite3.Connection, track: ReadTrack, names_beside: frozenset[str]) -> int | None:
        """The track that this new file used to be. `names_beside`: of everything in its folder."""
        track_id = _by_samples(connection, track, self._seen, names_beside)
        if track_id is not None:
            return track_id
        if self._first_digests is None:  # asked once, since it reads the whole table
            found = connection.execute("SELECT 1 FROM tracks WHERE quick_version = ? LIMIT 1", (FIRST_VERSION,))
            self._first_digests = found.fetchone() is not None
        return _by_first_digest(connection, track, self._seen, names_beside) if self._first_digests else None


def _by_samples(
    connection: sqlite3.Connection, track: ReadTrack, seen: set[int], names_beside: frozenset[str]
) -> int | None:
    """The track that this new file used to be, when that one's file is no longer at its place.

    The samples of the sound must agree, and the size or else the whole sound. A track on a disk that is not there
    counts only at the same place below its root, or with the same file and folder name. `names_beside`: names in
    the new file's folder, for file systems that take two spellings for one name.
    """
    rows = connection.execute(
        f"{_CANDIDATES} WHERE t.quick_digest = ? AND t.quick_version = ?", (track.quick_digest, QUICK_VERSION)
    ).fetchall()
    found: list[tuple[bool, bool, int]] = []
    for track_id, rel_path, size, _, known_digest, root, online in rows:
        if track_id in seen or not _went_away(track, rel_path, root, online, names_beside):
            continue
        if size != track.identity.size and known_digest is not None and known_digest != _whole_sound(track.path):
            continue
        same_name = absolute(root, rel_path).name == track.path.name
        found.append((same_name, size == track.identity.size, track_id))
    return max(found)[2] if found else None


def _by_first_digest(
    connection: sqlite3.Connection, track: ReadTrack, seen: set[int], names_beside: frozenset[str]
) -> int | None:
    """The same among tracks of which 0.1.0 took the samples: the length must agree, and what it made of the sound."""
    length_s = track.tags.duration_s
    if length_s is None:
        return None
    rows = connection.execute(
        f"{_CANDIDATES} WHERE t.missing IN (0, 1) AND t.duration_s BETWEEN ? AND ? AND t.quick_version = ?",
        (length_s - SAME_LENGTH_S, length_s + SAME_LENGTH_S, FIRST_VERSION),
    ).fetchall()
    whole: bytes | None = None
    firsts: frozenset[bytes] | None = None
    found: list[tuple[bool, bool, int]] = []
    for track_id, rel_path, size, first_digest, known_digest, root, online in rows:
        if track_id in seen or not _went_away(track, rel_path, root, online, names_beside):
            continue
        if known_digest is not None:
            whole = whole or _whole_sound(track.path)
            same = known_digest == whole
        else:
            firsts = firsts if firsts is not None else _first_digests(track.path)
            same = first_digest in firsts
        if same:
            same_name = absolute(root, rel_path).name == track.path.name
            found.append((same_name, size == track.identity.size, track_id))
    return max(found)[2] if found else None


def _went_away(track: ReadTrack, rel_path: bytes, root: bytes, online: int, names_beside: frozenset[str]) -> bool:
    """Whether a track's file is gone from its place and may be the new file."""
    old = absolute(root, rel_path)
    if not _is_gone(old, track.path, names_beside):
        return False
    same_name = old.name == track.path.name
    return bool(online or rel_path == track.rel_path or (same_name and old.parent.name == track.path.parent.name))


def _is_gone(old: Path, new: Path, names_beside: frozenset[str]) -> bool:
    try:
        old.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return old.parent == new.parent and old.name not in names_beside


def _whole_sound(path: Path) -> bytes | None:
    try:
        return audio_digest(path)
    except TagReadError:
        return None


def _first_digests(path: Path) -> frozenset[bytes]:
    try:
        with open_ordinary(path) as (stream, _):
            return first_quick_digests(stream, sniff(stream))
    except TagReadError:
        return frozenset()
