"""Backup, migration, export and settings, killed at each call to the system: all is whole, and nothing lies around."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from pemr.pending_writes.notes import FOLDER_VARIABLE
from pemr_desktop.library.database.backups import backups
from pemr_desktop.library.database.reader import migrations
from pemr_desktop.library.opening import open_library
from pemr_desktop.library.upkeep.strays import find_strays
from strace import RENAMES, needs_strace, run_traced

CALLS = ("write", "pwrite64", "fsync", "fdatasync", RENAMES, "unlink,unlinkat", "fchmod,chmod")
PAGES = ("pwrite64", "write")
"""Calls of which there are many of the same kind: the first, the second, the fourth, the eighth … is killed."""
OLD_TEXT = b"as it was\n"

BACK_UP = """
import sys
from pathlib import Path
from pemr_desktop.library.opening import open_library
with open_library(Path(sys.argv[1]) / "library.db") as library:
    library.backup("by hand")
"""
MIGRATE = """
import sys
from pathlib import Path
from pemr_desktop.library.opening import open_library
open_library(Path(sys.argv[1]) / "library.db").close()
"""
EXPORT = """
import sys
from contextlib import closing
from pathlib import Path
from pemr_desktop.library.database.reader import open_reader
from pemr_desktop.library.playlists.export import export_tracks
folder = Path(sys.argv[1])
with closing(open_reader(folder / "library.db")) as reader:
    for end in ("m3u8", "csv", "json"):
        export_tracks(reader, [], folder / f"list.{end}")
"""
SET = """
import sys
from pathlib import Path
from pemr_desktop.settings_file import SettingsStore
SettingsStore(Path(sys.argv[1]) / "settings.toml").set("appearance.zoom", 2.0)
"""


def make_library(folder: Path) -> None:
    with open_library(folder / "library.db") as library:
        library.save_playlist("kept", [])


def make_old_library(folder: Path) -> None:
    """As the first version made it."""
    folder.mkdir()
    with closing(sqlite3.connect(folder / "library.db")) as connection:
        connection.executescript(f"{migrations()[0][1]}\nPRAGMA application_id = 0x50454D52; PRAGMA user_version = 1;")
        with connection:
            connection.execute("INSERT INTO playlists (name, made_at, changed_at) VALUES ('kept', 0, 0)")


def make_lists(folder: Path) -> None:
    make_library(folder)
    for end in ("m3u8", "csv", "json"):
        (folder / f"list.{end}").write_bytes(OLD_TEXT)


def make_settings(folder: Path) -> None:
    make_library(folder)
    (folder / "settings.toml").write_text("[appearance]\nzoom = 1.25\n[of_another_version]\nkept = 1\n")


def playlists(path: Path) -> list[str]:
    """The names in a library or a copy of one, which has to be sound."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        return [row[0] for row in connection.execute("SELECT name FROM playlists")]


def check_library(folder: Path, finished: Path) -> None:
    assert playlists(folder / "library.db") == ["kept"]
    for copy in backups(folder / "library.db"):
        assert playlists(copy) == ["kept"]


def check_lists(folder: Path, finished: Path) -> None:
    for end in ("m3u8", "csv", "json"):
        assert (folder / f"list.{end}").read_bytes() in (OLD_TEXT, (finished / f"list.{end}").read_bytes())


def check_settings(folder: Path, finished: Path) -> None:
    document = tomllib.loads((folder / "settings.toml").read_text())
    assert document["appearance"]["zoom"] in (1.25, 2.0)
    assert document["of_another_version"] == {"kept": 1}


class Work(NamedTuple):
    """What is killed: the files before it, the program, and how they must be after it, beside those it finishes."""

    make: Callable[[Path], None]
    script: str
    check: Callable[[Path, Path], None]


WORKS = {
    "backup": Work(make_library, BACK_UP, check_library),
    "migration": Work(make_old_library, MIGRATE, check_library),
    "export": Work(make_lists, EXPORT, check_lists),
    "settings": Work(make_settings, SET, check_settings),
}


def kill_numbers(call: str) -> Iterator[int]:
    """Which calls are killed, one after the other."""
    number = 1
    while True:
        yield number
        number = number * 2 if call in PAGES else number + 1


@needs_strace
@pytest.mark.slow
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("name", WORKS)
def test_a_kill_at_each_call_leaves_all_whole_and_no_strays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, call: str
) -> None:
    """Slow: starts a process for each call."""
    notes = tmp_path / "notes"
    monkeypatch.setenv(FOLDER_VARIABLE, str(notes))
    work = WORKS[name]
    work.make(tmp_path / "prepared")
    finished = Path(shutil.copytree(tmp_path / "prepared", tmp_path / "finished"))
    subprocess.run([sys.executable, "-c", work.script, finished], check=True)
    for number in kill_numbers(call):
        folder = tmp_path / "data"
        shutil.copytree(tmp_path / "prepared", folder)
        command = [sys.executable, "-B", "-c", work.script, str(folder)]
        inject = f"inject={call}:signal=SIGKILL:when={number}"
        done = run_traced(command, tmp_path / "calls", "-e", inject, traced=call)
        with open_library(folder / "library.db"):
            pass  # what the next start does
        work.check(folder, finished)
        assert find_strays(folder / "library.db") == [] and list(notes.glob("*")) == [], (name, call, number)
        left = [path for path in folder.rglob("*") if path.name.endswith((".part", "-wal", "-journal", ".new"))]
        assert left == [], (name, call, number)
        shutil.rmtree(folder)
        if done.returncode == 0:
            break
