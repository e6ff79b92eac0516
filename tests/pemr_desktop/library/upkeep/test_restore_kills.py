"""A restore that is killed at any system call: the library is the old one with all its transactions, or the backup."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pemr.pending_writes.notes import FOLDER_VARIABLE
from pemr_desktop.library import queries
from pemr_desktop.library.opening import open_library
from pemr_desktop.library.upkeep.integrity import doctor
from pemr_desktop.library.upkeep.strays import find_strays
from strace import RENAMES, needs_strace, run_traced

CALLS = (
    "write", "pwrite64", "fsync", "fdatasync", "ftruncate", RENAMES, "link,linkat", "unlink,unlinkat", "fchmod,chmod",
)  # fmt: skip
MAKE = """
import os, sys
from pathlib import Path
from pemr_desktop.library.opening import open_library
library = open_library(Path(sys.argv[1]))
library.save_playlist("before the backup", [])
library.backup("good")
library.save_playlist("after the backup", [])
os._exit(0)
"""
RESTORE = """
import sys
from pathlib import Path
from pemr_desktop.library.upkeep.restore import restore
restore(Path(sys.argv[1]))
"""
OLD = ["after the backup", "before the backup"]
BACKUP = ["before the backup"]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with a backup, whose newest transaction stands in its log alone."""
    folder = tmp_path_factory.mktemp("prepared") / "data"
    subprocess.run([sys.executable, "-c", MAKE, folder / "library.db"], check=True)
    (folder / "library.db-shm").unlink()
    assert (folder / "library.db-wal").stat().st_size
    return folder


def playlists(path: Path) -> list[str]:
    """The names in a library or a copy of one, which has to be sound."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        return sorted(row[0] for row in connection.execute("SELECT name FROM playlists"))


def kill_numbers(call: str) -> Iterator[int]:
    """Every call; of those that copy page after page the first, the second, the fourth, the eighth …"""
    number = 1
    while True:
        yield number
        number = number * 2 if call == "pwrite64" else number + 1


def kept_aside(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("library.before-restore-*.db"))


@needs_strace
@pytest.mark.slow
@pytest.mark.parametrize("call", CALLS)
def test_a_kill_at_each_call_leaves_one_whole_library_and_no_strays(
    prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """Slow: starts a process for each call."""
    notes = tmp_path / "notes"
    monkeypatch.setenv(FOLDER_VARIABLE, str(notes))
    killed = 0
    for number in kill_numbers(call):
        folder = tmp_path / "data"
        shutil.copytree(prepared, folder)
        library = folder / "library.db"
        command = [sys.executable, "-B", "-c", RESTORE, str(library)]
        inject = f"inject={call}:signal=SIGKILL:when={number}"
        done = run_traced(command, tmp_path / "calls", "-e", inject, traced=call)
        with open_library(library) as opened:
            found = sorted(playlist.name for playlist in opened.read(queries.playlists))
        assert found in (OLD, BACKUP), (call, number)
        assert playlists(library) == found
        for kept in kept_aside(folder):
            assert playlists(kept) == OLD
        assert found == OLD or len(kept_aside(folder)) == 1, (call, number)
        assert find_strays(library) == [] and list(notes.glob("*")) == [], (call, number)
        assert not [path for path in folder.rglob("*") if path.name.endswith((".part", "-wal", "-journal"))]
        shutil.rmtree(folder)
        if done.returncode == 0:
            assert found == BACKUP
            break
        killed += 1
    assert killed or call in ("ftruncate", "fchmod,chmod")


def test_what_a_killed_restore_left_is_named_by_the_doctor(prepared: Path, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    shutil.copytree(prepared, folder)
    second_name = folder / "library.before-restore-1.db"
    half = folder / "library.db.backups" / "daily-20261101-120000.db.part"
    half.write_bytes(b"half of it")
    with closing(sqlite3.connect(folder / "library.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    second_name.hardlink_to(folder / "library.db")
    assert find_strays(folder / "library.db") == [second_name, half]
    said = " ".join(finding.sentence for finding in doctor(folder / "library.db"))
    assert second_name.name in said and half.name in said
    open_library(folder / "library.db").close()
    assert find_strays(folder / "library.db") == []
    assert not second_name.exists() and not half.exists()
