"""Killed in the middle of writing: every file is wholly old or wholly new, and the journal knows which."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kill_writer import kill_again_and_again
from pemr_desktop.library import queries
from pemr_desktop.library.opening import open_library
from pemr_desktop.library.rows import Recovery
from pemr_desktop.tagfiles.read import read_tags

KILLS = 30
STRACE = ("strace", "-f", "-y", "-e", "trace=fsync,fdatasync,rename,renameat,renameat2", "-o")
SUFFIXES = (".mp3", ".flac", ".ogg", ".opus", ".m4a", ".wav", ".aiff", ".wma", ".wv")


def stray_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and path.name.startswith(".")]


@pytest.mark.slow
def test_thirty_kills_leave_every_file_old_or_new(music: Path, library_file: Path, song: Callable[..., Path]) -> None:
    """A process writes and undoes without end and is killed at random moments. Takes long: it starts 30 processes."""
    paths = [song(music / f"song{suffix}", seed=1, title="Old", genre="Old") for suffix in SUFFIXES]
    with open_library(library_file) as library:
        library.add_root(music)
        library.scan()
    told = kill_again_and_again(paths, library_file, KILLS, random.Random(20261123))
    hits = {what: count for what, count in told.items() if what.startswith("hit ")}
    assert sum(hits.values()) == KILLS
    assert KILLS - hits.get("hit between two batches", 0) > KILLS / 4


@pytest.mark.parametrize("moment", ["make_clone", "sync_file", "make_recipe", "copy_ownership", "put_in_place"])
@pytest.mark.parametrize("side", ["before", "after"])
def test_a_crash_at_each_step_is_settled_at_the_next_start(
    music: Path, library_file: Path, song: Callable[..., Path], moment: str, side: str
) -> None:
    path = song(music / "song.flac", title="Old", genre="Old")
    original = path.read_bytes()
    with open_library(library_file) as library:
        library.add_root(music)
        library.scan()
    killed = subprocess.run(
        [sys.executable, "-c", CRASH, str(library_file), moment, side], capture_output=True, text=True
    )
    assert killed.returncode == 77, killed.stderr
    with open_library(library_file) as library:
        done = (moment, side) == ("put_in_place", "after")
        assert library.recovery == Recovery(int(done), 1)
        assert stray_files(music) == []
        (batch,) = library.read(queries.history)
        assert (batch.done_count, batch.failed_count) == ((1, 0) if done else (0, 1))
        assert (path.read_bytes() == original) is not done
        assert library.undo(batch.id).written == int(done)
    assert path.read_bytes() == original


CRASH = """
import os, sys
from pathlib import Path
from pemr_desktop.library import queries
from pemr_desktop.library.opening import open_library
from pemr_desktop.tagfiles import write
moment, side = sys.argv[2:]
real = getattr(write, moment)
def crash(*arguments, **named):
    if side == "after":
        real(*arguments, **named)
    os._exit(77)
setattr(write, moment, crash)
library = open_library(Path(sys.argv[1]))
(track,) = library.read(queries.track_ids)
library.apply_writes(library.plan_edits({track: {"genre": ["New"]}}).plans)
"""


def test_a_crash_while_pouring_into_a_hard_linked_file_is_finished_at_the_next_start(
    music: Path, tmp_path: Path, library_file: Path, song: Callable[..., Path]
) -> None:
    path = song(music / "song.flac", title="Old", genre="Old")
    (tmp_path / "other name.flac").hardlink_to(path)
    with open_library(library_file) as library:
        library.add_root(music)
        library.scan()
    script = CRASH.replace("def crash", "def unused").replace("setattr(write, moment, crash)", POUR_HALF)
    killed = subprocess.run(
        [sys.executable, "-c", script, str(library_file), "pour_into", "half"], capture_output=True, text=True
    )
    assert killed.returncode == 77, killed.stderr
    with open_library(library_file) as library:
        assert library.read(queries.history)[0].done_count == 1
    assert read_tags(path).fields["genre"] == ("New",)
    assert path.samefile(tmp_path / "other name.flac")
    assert stray_files(music) == []


POUR_HALF = """
def half(clone, path, *, keep_times):
    data = clone.read_bytes()
    with path.open("rb+") as target:
        target.write(data[: len(data) // 2])
        target.flush()
    os._exit(77)
write.pour_into = half
from pemr_desktop.library.writing.plan import WriteOptions
plan_edits, apply_writes = None, None
from pemr_desktop.library.library import Library
options = WriteOptions(hard_links="in place")
first_plan, first_apply = Library.plan_edits, Library.apply_writes
Library.plan_edits = lambda self, edits: first_plan(self, edits, options=options)
Library.apply_writes = lambda self, plans: first_apply(self, plans, options=options)
"""


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace to see what the system is asked for")
def test_a_power_cut_finds_things_on_disk_in_the_right_order(
    music: Path, tmp_path: Path, library_file: Path, song: Callable[..., Path]
) -> None:
    """Journal, copy, journal, rename, folder, journal: each is on disk before the next begins."""
    song(music / "song.flac", title="Old", genre="Old")
    with open_library(library_file) as library:
        library.add_root(music)
        library.scan()
    script = CRASH.replace("setattr(write, moment, crash)", "")
    calls = tmp_path / "calls"
    traced = subprocess.run(
        [*STRACE, str(calls), sys.executable, "-c", script, str(library_file), "make_clone", "never"],
        capture_output=True,
        text=True,
    )
    if "ptrace" in traced.stderr.lower():
        pytest.skip("tracing is not allowed here")
    assert traced.returncode == 0, traced.stderr
    assert steps(calls.read_text("utf-8", "replace"), music)[:6] == [
        "journal",
        "copy",
        "journal",
        "rename",
        "folder",
        "journal",
    ]


def steps(calls: str, music: Path) -> list[str]:
    """What was brought to disk, in order, from the journal entry before the first copy on."""
    found = []
    for line in calls.splitlines():
        if "resumed" in line:
            continue
        if "rename" in line and f"{music}/.pemr-" in line:
            found.append("rename")
        elif f"<{music}/.pemr-" in line:
            found.append("copy")
        elif f"<{music}>" in line:
            found.append("folder")
        elif "library.db-wal>" in line:
            found.append("journal")
    return found[found.index("copy") - 1 :]
