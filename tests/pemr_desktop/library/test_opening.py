"""Opening: one writer, nothing newer, nothing damaged, and a backup before every migration."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pemr_desktop.errors import LibraryInUse
from pemr_desktop.library import queries
from pemr_desktop.library.database import backups
from pemr_desktop.library.database.reader import migrations, open_reader
from pemr_desktop.library.errors import (
    LibraryDamaged,
    LibraryError,
    LibraryLost,
    LibraryMissing,
    LibraryReplaced,
    LibraryTooNew,
)
from pemr_desktop.library.library import Library
from pemr_desktop.library.opening import open_library
from pemr_desktop.library.upkeep.integrity import doctor
from pemr_desktop.library.upkeep.restore import restore

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


# --- a library that is gone, or no longer the one that was opened


def test_a_library_that_is_gone_is_not_begun_anew_beside_its_backups(library: Library, album: list[Path]) -> None:
    library.backup("good")
    library.close()
    library.path.unlink()
    before = everything_in(backups.backup_folder(library.path))
    for opening in (open_library, open_reader):
        with pytest.raises(LibraryLost, match=r"1 backups.*good\.db.*pemr-desktop restore"):
            opening(library.path)
    assert not library.path.exists()
    assert everything_in(backups.backup_folder(library.path)) == before
    assert [finding.severity for finding in doctor(library.path)] == ["fault"]
    backups.backup_folder(library.path).rename(library.path.parent / "other backups")
    with open_library(library.path) as anew:
        assert anew.read(queries.counts).tracks == 0


def test_a_log_without_its_library_is_not_thrown_away(library: Library, album: list[Path]) -> None:
    log = library.path.with_name(library.path.name + "-wal")
    library.save_playlist("in the log", [])
    content = log.read_bytes()
    library.close()
    library.path.unlink()
    log.write_bytes(content)
    with pytest.raises(LibraryLost, match="log"):
        open_library(library.path)
    assert log.read_bytes() == content


@pytest.mark.skipif(os.name == "nt", reason="an open file cannot be removed there")
@pytest.mark.parametrize("how", ["removed", "replaced"])
def test_no_file_is_written_once_the_library_is_no_longer_at_its_path(
    library: Library, album: list[Path], tmp_path: Path, how: str
) -> None:
    before = {path: path.read_bytes() for path in album}
    plans = library.plan_edits({track: {"genre": ["New"]} for track in library.read(queries.track_ids)}).plans
    library.path.rename(tmp_path / "moved.db")
    if how == "replaced":
        shutil.copyfile(tmp_path / "moved.db", library.path)
    for change in (
        lambda: library.apply_writes(plans),
        lambda: library.save_playlist("Evening", []),
        lambda: library.backup("other"),
        library.scan,
    ):
        with pytest.raises(LibraryReplaced, match="removed or replaced by another program"):
            change()
    assert {path: path.read_bytes() for path in album} == before
    assert [path for path in album[0].parent.iterdir() if path.name.startswith(".")] == []
    library.path.unlink(missing_ok=True)
    (tmp_path / "moved.db").rename(library.path)
    assert library.apply_writes(plans).written == len(album)


# --- privacy


@pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
def test_library_and_backups_are_their_owners_alone(library_file: Path) -> None:
    umask = os.umask(0o022)
    try:
        with open_library(library_file) as library:
            library.save_playlist("Evening", [])
            library.backup_if_due()
            made = [library_file.parent, *library_file.parent.rglob("*")]
            assert {path.name for path in made} > {"library.db", "library.db-wal", "library.db.lock"}
            assert [path for path in made if path.stat().st_mode & 0o077] == []
    finally:
        os.umask(umask)


@pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
def test_a_library_that_others_may_read_is_opened_as_it_is_and_the_doctor_says_so(library_file: Path) -> None:
    open_library(library_file).close()
    library_file.chmod(0o644)
    open_library(library_file).close()
    assert library_file.stat().st_mode & 0o777 == 0o644
    assert any("Other users" in finding.sentence for finding in doctor(library_file))


# --- a wrong clock


def test_copies_from_the_future_stand_for_none_and_stay(library: Library, album: list[Path]) -> None:
    now = datetime.now()
    folder = backups.backup_folder(library.path)
    future = library.backup(backups.daily_name(now + timedelta(days=26330)))
    assert library.backup_if_due() is not None
    assert library.backup_if_due() is None
    for days in range(1, 40):
        shutil.copyfile(future, folder / f"{backups.daily_name(now - timedelta(days=days))}.db")
    (folder / "daily-20269999-999999.db").write_bytes(b"")
    backups.thin_out(library.path, now)
    assert future.exists() and len(list(folder.glob("daily-*.db"))) <= 1 + 1 + 3 + 2 + 2
    assert backups.newest_backup(library.path) != future
    assert any("future" in finding.sentence and future.name in finding.sentence for finding in doctor(library.path))
    library.close()
    assert restore(library.path, future)[0] == future


def test_a_copy_of_an_hour_that_is_lived_twice_counts(library: Library) -> None:
    now = datetime.now()
    library.backup(backups.daily_name(now + timedelta(minutes=59)))
    assert not backups.is_due(library.path, now)


# --- damage


def test_every_damaged_library_gets_a_sentence(library: Library, album: list[Path], tmp_path: Path) -> None:
    """Bits flipped, blocks zeroed, cut: a library opens, or an error made for people says why not."""
    library.close()
    whole = library.path.read_bytes()
    draw = random.Random(20261130)
    damaged = tmp_path / "damaged" / "library.db"
    damaged.parent.mkdir()
    for _ in range(60):
        content = bytearray(whole)
        at = draw.randrange(len(content))
        match draw.randrange(3):
            case 0:
                for _ in range(20):
                    content[draw.randrange(len(content))] = draw.randrange(256)
            case 1:
                content[at : at + 4096] = draw.randbytes(len(content[at : at + 4096]))
            case _:
                del content[at:]
        for path in damaged.parent.iterdir():
            path.unlink()
        damaged.write_bytes(content)
        assert doctor(damaged)
        for opening in (open_reader, open_library):
            with suppress(LibraryError):
                opening(damaged).close()
