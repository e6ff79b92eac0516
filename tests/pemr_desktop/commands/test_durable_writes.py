"""What the real commands write is on disk before it takes its name: seen in the calls they make to the system."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pemr_desktop.library.opening import open_library
from pemr_desktop.library.upkeep.strays import find_strays
from pemr_desktop.paths import below
from strace import assert_replaced_durably, needs_strace, run_traced

KILLED = """
import os, sys
from pathlib import Path
from pemr.pending_writes.notes import note_in
from pemr.durable_files import replaced
note_in(Path(sys.argv[1]))
with replaced(Path(sys.argv[2])) as stream:
    stream.write(b"half of it")
    stream.flush()
    os._exit(9)
"""


@pytest.fixture
def command(home: Path) -> list[str]:
    return [sys.executable, "-m", "pemr_desktop", "--home", str(home)]


@pytest.fixture
def scanned(home: Path, music: Path) -> Path:
    """A library with three tracks and a playlist."""
    library_file = home / "data" / "library.sqlite"
    with open_library(library_file) as library:
        library.add_root(music)
        library.scan()
        library.save_playlist("Evening", [1, 2])
    return library_file


@needs_strace
@pytest.mark.usefixtures("scanned")
def test_settings_are_on_disk_before_they_take_their_name(command: list[str], home: Path, tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    assert run_traced([*command, "settings", "tags.write_mode", "replace"], calls).returncode == 0
    assert_replaced_durably(calls, home / "config" / "settings.toml")


@needs_strace
def test_a_backup_is_on_disk_before_it_takes_its_name(command: list[str], scanned: Path, tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    assert run_traced([*command, "backup"], calls).returncode == 0
    (made,) = Path(f"{scanned}.backups").iterdir()
    assert_replaced_durably(calls, made)


@needs_strace
def test_a_restored_library_is_on_disk_before_it_takes_its_name(
    command: list[str], scanned: Path, tmp_path: Path
) -> None:
    with open_library(scanned) as library:
        library.backup("good")
    calls = tmp_path / "calls"
    assert run_traced([*command, "restore"], calls).returncode == 0
    assert_replaced_durably(calls, scanned)


@needs_strace
@pytest.mark.usefixtures("scanned")
@pytest.mark.parametrize("file", ["out.m3u8", "out.csv", "out.json"])
def test_exports_are_on_disk_before_they_take_their_name(command: list[str], tmp_path: Path, file: str) -> None:
    calls, out = tmp_path / "calls", tmp_path / "exports" / file
    out.parent.mkdir()
    ask = ["playlist", "export", "Evening", str(out)] if file.endswith("m3u8") else ["export", str(out)]
    done = run_traced([*command, *ask], calls)
    assert done.returncode == 0, done.stderr
    assert_replaced_durably(calls, out)


@pytest.mark.usefixtures("scanned")
def test_the_doctor_names_what_a_killed_process_left_and_the_next_start_removes_it(
    run: Callable[..., object], home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEMR_PENDING_WRITES", "")  # put back afterwards: commands set it for the processes they start
    notes = below(home).pending_writes_dir
    film = tmp_path / "film.mkv.part"
    film.write_bytes(b"still loading")
    subprocess.run([sys.executable, "-c", KILLED, notes, tmp_path / "list.m3u8"], check=False)
    (left,) = tmp_path.glob(".pemr-new-*.part")
    assert left.name in str(run("doctor"))
    assert left.exists()
    run("backup")
    assert not left.exists() and film.exists()
    assert left.name not in str(run("doctor"))
    assert find_strays(home / "data" / "library.sqlite") == [] and not list(notes.iterdir())
