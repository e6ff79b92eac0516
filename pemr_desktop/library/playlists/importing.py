"""From a playlist file to a playlist of the library: entries are looked for in all spellings, then by their tails."""

from __future__ import annotations

import os
import re
import sqlite3
from collections import defaultdict
from pathlib import Path

import msgspec

from pemr_desktop.errors import JobCancelled
from pemr_desktop.library.database.store import Cancelled, Store
from pemr_desktop.library.errors import LibraryError
from pemr_desktop.library.paths import absolute, find_track, show
from pemr_desktop.library.playlists.entries import Entry, entries, read_playlist
from pemr_desktop.library.playlists.playlists import save_playlist
from pemr_desktop.library.playlists.spellings import is_network_share, spellings, tail
from pemr_desktop.steps import Progress, Step
from pemr_desktop.tagfiles.errors import readable

AT_A_TIME = 200
Tail = tuple[str, ...]
"""Parts of a path, the name of the file first."""
NAMED_AT_MOST = 1_000
_NUMBER_ONLY = re.compile(r"\W*(track|audiotrack|titel|piste|pista)?[\W_]*\d*\W*\.\w+")
"""A name that files of many albums have: alone it tells nothing."""


class ImportedPlaylist(msgspec.Struct, frozen=True):
    """What became of a playlist file. `missing`: how many entries are not in the library; `not_found`: the first of
    them, readable."""

    playlist_id: int
    found: int
    not_found: tuple[str, ...]
    missing: int = 0


def import_playlist(store: Store, path: Path, progress: Progress, cancelled: Cancelled) -> ImportedPlaylist:
    """Make a playlist of the file's entries that the library has. Raises LibraryError and JobCancelled."""
    name = read_playlist(path).name
    named: list[Entry] = []
    for entry in entries(path):
        named.append(entry)
        if cancelled():
            raise JobCancelled
    if not named:
        raise LibraryError("playlist empty", path=readable(path))
    finder = Finder()
    found: list[int] = []
    missing: list[str] = []
    for start in range(0, len(named), AT_A_TIME):
        if cancelled():
            raise JobCancelled
        progress(start, len(named), Step("looking for playlist tracks"))
        with store.reading() as connection:  # other jobs come in between
            for entry in named[start : start + AT_A_TIME]:
                track_id = finder.find(connection, entry)
                if track_id is not None:
                    found.append(track_id)
                else:
                    missing.append(show(os.fsencode(_beside(entry.folder, next(spellings(entry.written))))))
    with store.writing() as connection:
        playlist_id = save_playlist(connection, name, found)
    return ImportedPlaylist(playlist_id, len(found), tuple(missing[:NAMED_AT_MOST]), len(missing))


class Finder:
    """Finds the tracks that entries mean. Knows the tails of all paths from the first entry on that needs them."""

    def __init__(self) -> None:
        self._by_name: dict[str, list[tuple[Tail, int]]] | None = None
        self._real_folders: dict[Path, Path] = {}

    def find(self, connection: sqlite3.Connection, entry: Entry) -> int | None:
        """The track of an entry; None where the library has none, or several that it may mean."""
        literal = next(spellings(entry.written))
        place = _beside(entry.folder, literal)
        track_id = find_track(connection, place)
        if track_id is None and not is_network_share(literal) and "\0" not in literal:
            track_id = self._find_behind_links(connection, place)
        return track_id if track_id is not None else self._find_by_tail(connection, entry)

    def _find_behind_links(self, connection: sqlite3.Connection, place: Path) -> int | None:
        if place.parent not in self._real_folders:
            self._real_folders[place.parent] = Path(os.path.realpath(place.parent))
        real = self._real_folders[place.parent] / place.name
        if os.path.islink(real):  # noqa: PTH114 - unlike the method it takes any name
            real = Path(os.path.realpath(real))
        return find_track(connection, real) if real != place else None

    def _find_by_tail(self, connection: sqlite3.Connection, entry: Entry) -> int | None:
        """The one track that shares more folders with the entry, in any spelling, than any other."""
        if self._by_name is None:
            self._by_name = _tails(connection)
        shared: dict[int, int] = {}
        name = ""
        for wanted in {tail(str(_beside(entry.folder, way))): None for way in spellings(entry.written)}:
            for path, track_id in self._by_name.get(wanted[0], []) if wanted else []:
                shared[track_id] = max(_in_common(wanted, path), shared.get(track_id, 0))
                name = wanted[0]
        best = max(shared.values(), default=0)
        if best == 0 or (best == 1 and _NUMBER_ONLY.fullmatch(name)):
            return None
        found = [track_id for track_id, length in shared.items() if length == best]
        return found[0] if len(found) == 1 else None


def _in_common(one: Tail, other: Tail) -> int:
    count = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            break
        count += 1
    return count


def _tails(connection: sqlite3.Connection) -> dict[str, list[tuple[Tail, int]]]:
    by_name: dict[str, list[tuple[Tail, int]]] = defaultdict(list)
    for track_id, root, rel_path in connection.execute(
        "SELECT t.id, r.path, t.rel_path FROM tracks t JOIN roots r ON r.id = t.root_id"
    ):
        parts = tail(os.fsdecode(os.fsencode(absolute(root, rel_path))))
        if parts:
            by_name[parts[0]].append((parts, track_id))
    return by_name


def _beside(folder: Path, entry: str) -> Path:
    return Path(os.path.abspath(folder / entry))  # noqa: PTH100 - links stay as the user chose them
