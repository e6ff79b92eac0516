"""The disk of the journal is full, or that of a file that is written in place: files and journal agree all the same."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pemr_desktop.library import queries
from pemr_desktop.library.errors import LibraryError
from pemr_desktop.library.opening import open_library
from pemr_desktop.tagfiles.read import read_tags

PAGE = 4096
Song = Callable[..., Path]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 8 MB of its own."""
    if os.name == "nt" or os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root can mount a small disk")
    folder = tmp_path / "disk"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", folder], capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def fill(disk: Path) -> Path:
    """Use up all room -> the file that does."""
    filler = disk / "filler"
    descriptor = os.open(filler, os.O_WRONLY | os.O_CREAT)
    try:
        while os.write(descriptor, bytes(PAGE)):
            pass
    except OSError:
        os.close(descriptor)
    return filler


def test_a_journal_that_cannot_be_written_leaves_files_alone_or_knows_them(
    music: Path, small_disk: Path, song: Song
) -> None:
    """The room grows by and by, so that each step of the journal is the one that fails."""
    path = song(music / "song.flac", title="Old", genre="Old")
    original = path.read_bytes()
    with open_library(small_disk / "library.db") as library:
        library.add_root(music)
        library.scan()
        plans = library.plan_edits({library.read(queries.track_ids)[0]: {"genre": ["New"]}}).plans
        filler = fill(small_disk)
        refused = 0
        while path.read_bytes() == original:
            try:
                library.apply_writes(plans)
            except LibraryError as error:
                assert "disk is full" in str(error)
                refused += 1
            assert [entry.name for entry in music.iterdir()] == [path.name]
            os.truncate(filler, filler.stat().st_size - PAGE * (refused + 1))
        assert refused > 3
        filler.unlink()
    with open_library(small_disk / "library.db") as library:
        batches = library.read(queries.history)
        assert all(batch.summary and batch.done_count + batch.failed_count == batch.file_count for batch in batches)
        assert [batch.done_count for batch in batches] == [1] + [0] * (len(batches) - 1)
        assert library.undo(batches[0].id).written == 1
    assert path.read_bytes() == original


IN_PLACE = """
import sys
from pathlib import Path
from pemr_desktop.library import queries
from pemr_desktop.library.opening import open_library
from pemr_desktop.library.writing.plan import WriteOptions
options = WriteOptions(hard_links="in place")
with open_library(Path(sys.argv[1])) as library:
    (track,) = library.read(queries.track_ids)
    plans = library.plan_edits({track: {"genre": ["New"], "grouping": ["x" * 9000]}}, options=options)
    print(library.apply_writes(plans.plans, options=options).refused)
"""


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace to let a call fail")
@pytest.mark.parametrize("call", ["write", "fsync", "ftruncate"])
def test_a_file_that_cannot_be_written_in_place_to_its_end_is_finished_at_the_next_start(
    music: Path, tmp_path: Path, library_file: Path, song: Song, call: str
) -> None:
    path = song(music / "song.flac", title="Old", genre="Old")
    other = tmp_path / "other name.flac"
    other.hardlink_to(path)
    original = path.read_bytes()
    with open_library(library_file) as library:
        library.add_root(music)
        library.scan()
    failing = ["-P", str(path), "-e", f"trace={call}", "-e", f"inject={call}:error=EIO:when=1"]
    calls = tmp_path / "calls"
    done = subprocess.run(
        ["strace", "-f", "--seccomp-bpf", "-o", calls, *failing, sys.executable, "-c", IN_PLACE, library_file],
        capture_output=True,
        text=True,
    )
    if "ptrace" in done.stderr.lower():
        pytest.skip("tracing is not allowed here")
    assert "INJECTED" in calls.read_text("utf-8", "replace")
    assert "the next start finishes it from the copy" in done.stdout
    with open_library(library_file) as library:
        assert library.recovery is not None and library.recovery.files == 1
        batch = library.read(queries.history)[0]
        assert batch.done_count == (0 if path.read_bytes() == original else 1)
        assert read_tags(other).fields["genre"] == (("New",) if batch.done_count else ("Old",))
        assert path.samefile(other)
        assert [entry.name for entry in music.iterdir()] == [path.name]
        assert batch.done_count or call == "write"  # the first byte could not be written


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace to see what the system is asked for")
def test_a_power_cut_while_writing_in_place_always_finds_the_copy(
    music: Path, tmp_path: Path, library_file: Path, song: Song
) -> None:
    """Copy, journal, that pouring begins, and the copy's name are on disk before the file is opened for writing; then
    the file before the copy goes."""
    path = song(music / "song.flac", title="Old", genre="Old")
    (tmp_path / "other name.flac").hardlink_to(path)
    with open_library(library_file) as library:
        library.add_root(music)
        library.scan()
    calls = tmp_path / "calls"
    traced = subprocess.run(
        ["strace", "-f", "-y", "-e", IN_ORDER, "-o", calls, sys.executable, "-c", IN_PLACE, library_file],
        capture_output=True,
        text=True,
    )
    if "ptrace" in traced.stderr.lower():
        pytest.skip("tracing is not allowed here")
    assert traced.stdout == "{}\n", traced.stderr
    done = steps_in_place(calls.read_text("utf-8", "replace"), path)
    start = done.index("sync copy") - 1
    assert done[start : start + 10] == [
        "sync journal",
        "sync copy",
        "sync journal",
        "sync journal",
        "sync folder",
        "open file for writing",
        "sync file",
        "remove copy",
        "sync folder",
        "sync journal",
    ]


IN_ORDER = "trace=fsync,fdatasync,unlink,unlinkat,openat"


def steps_in_place(calls: str, path: Path) -> list[str]:
    """What was brought to disk, opened for writing and removed, in order."""
    found = []
    for line in calls.splitlines():
        call = line.partition(" ")[2].strip().partition("(")[0]
        if call == "openat":
            if f'"{path}"' in line and ("O_RDWR" in line or "O_WRONLY" in line):
                found.append("open file for writing")
        elif call.startswith("unlink"):
            found += ["remove copy"] if f"{path.parent}/.pemr-" in line else []
        elif f"<{path.parent}/.pemr-" in line:
            found.append("sync copy")
        elif f"<{path}>" in line:
            found.append("sync file")
        elif f"<{path.parent}>" in line:
            found.append("sync folder")
        elif "library.db-wal>" in line:
            found.append("sync journal")
    return found
