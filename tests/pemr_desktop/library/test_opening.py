"""Opening: one writer, nothing newer, nothing damaged, and a backup before every migration."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pemr_desktop.errors import LibraryInUse
from pemr_desktop.library import queries
from pemr_desktop.library.database import backups
from pemr_desktop.library.database.reader import migrations, open_reader
from pemr_desktop.library.errors import LibraryDamaged, LibraryError, LibraryMissing, LibraryTooNew
from pemr_desktop.library.library import Library
from pemr_desktop.library.opening import open_library

HOLD = """
import sys
from pathlib import Path
from pemr_desktop.library.opening import open_library
library = open_library(Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.readline()
library.close()
"""


def everything_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.endswith(".lock")}


def test_a_new_library_has_the_newest_schema(library: Library) -> None:
    with library.store.reading() as connection:
        assert connection.execute("PRAGMA user_version").fetchone()[0] == migrations()[-1][0]
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert connection.execute("PRAGMA foreign_keys").fetchone()[0] == 1


def test_migrations_are_numbered_without_gaps() -> None:
    assert [number for number, _ in migrations()] == list(range(1, len(migrations()) + 1))


def test_a_second_instance_is_told_and_may_read(library_file: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(library_file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as first:
        assert first.stdout is not None and first.stdout.readline() == "open\n"
        with pytest.raises(LibraryInUse, match="Another PEMR Desktop"):
            open_library(library_file)
        with closing(open_reader(library_file)) as reader:
            assert queries.counts(reader).tracks == 0
        first.communicate("\n")
    open_library(library_file).close()


def test_a_killed_instance_leaves_no_lock(library_file: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(library_file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as first:
        assert first.stdout is not None and first.stdout.readline() == "open\n"
        first.kill()
    open_library(library_file).close()


def test_a_newer_library_is_refused_and_untouched(library_file: Path) -> None:
    open_library(library_file).close()
    with closing(sqlite3.connect(library_file)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA user_version = 999")
    before = everything_in(library_file.parent)
    with pytest.raises(LibraryTooNew, match="newer version"):
        open_library(library_file)
    with pytest.raises(LibraryTooNew):
        open_reader(library_file)
    assert everything_in(library_file.parent) == before


@pytest.mark.parametrize("content", [b"not a database at all", b"SQLite format 3\0" + b"\xff" * 4096, bytes(100)])
def test_what_is_no_library_is_refused_and_untouched(library_file: Path, content: bytes) -> None:
    library_file.parent.mkdir()
    library_file.write_bytes(content)
    with pytest.raises(LibraryDamaged, match="not touched"):
        open_library(library_file)
    with pytest.raises(LibraryError):
        open_reader(library_file)
    assert everything_in(library_file.parent) == {library_file.name: content}


def test_a_database_of_something_else_is_refused_and_untouched(library_file: Path) -> None:
    library_file.parent.mkdir()
    with closing(sqlite3.connect(library_file)) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    before = everything_in(library_file.parent)
    with pytest.raises(LibraryDamaged, match="no library of PEMR Desktop"):
        open_library(library_file)
    assert everything_in(library_file.parent) == before


def test_a_damaged_library_is_refused_untouched_and_names_the_backup(library: Library, album: list[Path]) -> None:
    copy = library.backup("before-trouble")
    library.close()
    content = bytearray(library.path.read_bytes())
    content[4096 * 2 : 4096 * 6] = b"\xa5" * (4096 * 4)
    library.path.write_bytes(content)
    with pytest.raises(LibraryDamaged, match="before-trouble"):
        open_library(library.path)
    assert library.path.read_bytes() == bytes(content)
    library.path.write_bytes(copy.read_bytes())
    with open_library(library.path) as restored:
        assert restored.read(queries.counts).tracks == len(album)


def test_a_library_that_is_not_there_cannot_be_read(library_file: Path) -> None:
    with pytest.raises(LibraryMissing):
        open_reader(library_file)
    assert not library_file.exists()


def test_a_reader_cannot_write(reader: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.OperationalError):
        reader.execute("DELETE FROM tracks")


def test_a_migration_makes_a_backup_first_and_undoes_itself_when_it_fails(
    library_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_library(library_file).close()
    ladder = migrations()
    broken = [*ladder, (len(ladder) + 1, "CREATE TABLE half_way (id); SELECT no_such_function();")]
    monkeypatch.setattr("pemr_desktop.library.opening.migrations", lambda: broken)
    with pytest.raises(LibraryError, match="as it was before"):
        open_library(library_file)
    good = [*ladder, (len(ladder) + 1, "CREATE TABLE whole_way (id);")]
    monkeypatch.setattr("pemr_desktop.library.opening.migrations", lambda: good)
    with open_library(library_file) as migrated, migrated.store.reading() as connection:
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    assert "whole_way" in tables and "half_way" not in tables
    copies = list(backups.backup_folder(library_file).glob("before-version-*.db"))
    assert copies
    with closing(sqlite3.connect(copies[0])) as copy:
        assert copy.execute("PRAGMA user_version").fetchone()[0] == len(ladder)


def test_a_failed_transaction_leaves_nothing(library: Library) -> None:
    with pytest.raises(ZeroDivisionError), library.store.writing() as connection:
        connection.execute("INSERT INTO facts (name, value) VALUES ('a', 1)")
        _ = 1 / 0
    assert library.read(lambda connection: connection.execute("SELECT count(*) FROM facts").fetchone()[0]) == 0


def test_the_daily_backup_is_made_once_a_day(library: Library, album: list[Path]) -> None:
    made = library.backup_if_due()
    assert made is not None
    with closing(open_reader(made)) as copy:
        assert queries.counts(copy).tracks == len(album)
    assert library.backup_if_due() is None


@given(st.lists(st.integers(0, 400), max_size=60))
@settings(deadline=None)
def test_thinning_keeps_the_newest_of_days_weeks_and_months(ages: list[int]) -> None:
    now = datetime(2026, 11, 23, 12)
    copies = sorted({now - timedelta(days=age) for age in ages}, reverse=True)
    kept = [made for made in copies if made not in backups.to_thin_out(copies)]
    assert kept[:3] == copies[:3]
    assert len(kept) <= 3 + 2 + 2
    assert backups.to_thin_out(kept) == []


def test_a_full_disk_is_said_and_stores_nothing(library: Library, music: Path, song: Callable[..., Path]) -> None:
    song(music / "a.flac", title="A")
    with library.store.reading() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
    library.add_root(music)
    with pytest.raises(LibraryError, match="could not be written"):
        for _ in range(1000):
            library.save_playlist("x" * 10_000, [])
    with library.store.reading() as connection:
        connection.execute("PRAGMA max_page_count = 1000000")
        assert connection.execute("PRAGMA quick_check").fetchone()[0] == "ok"
    assert library.scan().added == 1
