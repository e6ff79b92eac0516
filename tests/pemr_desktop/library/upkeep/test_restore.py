"""A backup comes back in the library's place; what was there is kept."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pemr_desktop.errors import LibraryInUse
from pemr_desktop.library import queries
from pemr_desktop.library.database.backups import backup_folder
from pemr_desktop.library.errors import LibraryDamaged, LibraryError, LibraryMissing
from pemr_desktop.library.library import Library
from pemr_desktop.library.opening import open_library
from pemr_desktop.library.upkeep.restore import restore


def test_the_newest_backup_takes_the_place_of_a_damaged_library(library: Library, album: list[Path]) -> None:
    library.save_playlist("Evening", library.read(queries.track_ids))
    library.backup("good")
    library.delete_playlist(1)
    library.close()
    damaged = b"SQLite format 3\0" + b"\xee" * 5000
    library.path.write_bytes(damaged)
    with pytest.raises(LibraryDamaged):
        open_library(library.path)
    source, kept = restore(library.path)
    assert source.name == "good.db"
    assert kept is not None and kept.read_bytes() == damaged
    with open_library(library.path) as restored:
        assert [playlist.name for playlist in restored.read(queries.playlists)] == ["Evening"]
        assert restored.scan().found == len(album)
    assert not list(library.path.parent.glob("*.part"))


def test_nothing_is_restored_while_somebody_uses_the_library(library: Library, album: list[Path]) -> None:
    library.backup("good")
    with pytest.raises(LibraryInUse):
        restore(library.path)
    assert library.read(queries.counts).tracks == len(album)


def test_a_backup_that_is_not_good_replaces_nothing(library: Library, album: list[Path], tmp_path: Path) -> None:
    library.close()
    before = library.path.read_bytes()
    with pytest.raises(LibraryMissing, match="no backup"):
        restore(library.path)
    bad = tmp_path / "bad.db"
    bad.write_bytes(b"no database at all")
    with pytest.raises(LibraryDamaged):
        restore(library.path, bad)
    assert library.path.read_bytes() == before
    assert not list(backup_folder(library.path).glob("*"))


def test_a_log_of_another_library_is_never_applied_to_the_backup(library: Library, album: list[Path]) -> None:
    """The library is gone, its log with the newest transactions is left: it is kept beside."""
    library.backup("good")
    library.save_playlist("in the log", [])
    log = library.path.with_name(library.path.name + "-wal")
    content = log.read_bytes()
    library.close()
    library.path.unlink()
    log.write_bytes(content)
    restore(library.path)
    with open_library(library.path) as restored:
        assert restored.read(queries.playlists) == []
    assert [path.read_bytes() for path in library.path.parent.glob("*before-restore*-wal")] == [content]


def test_what_stands_in_the_log_of_a_backup_is_restored_too(library: Library, album: list[Path]) -> None:
    """As version 0.1.0 kept what was there before a restore: the file and its log."""
    library.backup("good")
    library.save_playlist("in the log", [])
    kept = library.path.with_name("library.before-restore-1.db")
    for ending in ("", "-wal"):
        shutil.copyfile(library.path.with_name(library.path.name + ending), kept.with_name(kept.name + ending))
    library.close()
    restore(library.path)
    restore(library.path, kept)
    with open_library(library.path) as restored:
        assert [playlist.name for playlist in restored.read(queries.playlists)] == ["in the log"]


def test_nothing_is_restored_while_somebody_reads_the_library(library: Library, album: list[Path]) -> None:
    library.backup("good")
    library.save_playlist("Evening", [])
    library.close()
    with closing(sqlite3.connect(library.path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM tracks").fetchone()
        with pytest.raises(LibraryError, match="another program"):
            restore(library.path)
    assert not list(library.path.parent.glob("*before-restore*"))
    with open_library(library.path) as untouched:
        assert len(untouched.read(queries.playlists)) == 1


def test_a_lost_library_comes_back(library: Library, album: list[Path]) -> None:
    library.backup("good")
    library.close()
    for path in library.path.parent.glob(library.path.name + "*"):
        if path.is_file():
            path.unlink()
    assert restore(library.path)[1] is None
    with open_library(library.path) as restored:
        assert restored.read(queries.counts).tracks == len(album)
