"""Every call to the system that a write makes fails once: the file is wholly old or wholly new, nothing lies around.

strace makes the calls fail (its `inject`), only those on the file, its working copy and its folder.
"""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from pemr_desktop.tagfiles.diff import make_plan
from pemr_desktop.tagfiles.read import read_tags
from pemr_desktop.tagfiles.write import apply_plan

Sample = Callable[[str], Path]
CLONE = ".pemr-0123456789abcdef.part"
STRACE = ("strace", "-f", "--seccomp-bpf", "-o")
UNTOUCHED = "The file was left untouched."

WRITER = """
import sys
from pathlib import Path
from pemr_desktop.tagfiles.errors import TagFileError
from pemr_desktop.tagfiles.diff import make_plan
from pemr_desktop.tagfiles.write import apply_plan
path, clone = map(Path, sys.argv[1:])
try:
    apply_plan(make_plan(1, path, {"mood": ["calm"], "grouping": ["x" * 5000]}), clone=clone, keep_times=True)
except TagFileError as refused:
    print(refused.reason)
else:
    print("written")
"""


class Fault(NamedTuple):
    """What the writer said, and how many calls were made to fail."""

    said: str
    injected: int


def strace_works() -> bool:
    if shutil.which("strace") is None:
        return False
    tried = subprocess.run([*STRACE, os.devnull, "-e", "trace=write", "true"], capture_output=True)
    return tried.returncode == 0


pytestmark = pytest.mark.skipif(not strace_works(), reason="needs strace, and to be allowed to trace")


def write_with_fault(path: Path, call: str, error: str, number: int = 1, also: str = "") -> Fault:
    """Write tags while the system fails the given call with an error, when it is made for the `number`th time."""
    calls = path.parent.parent / "calls"
    clone = path.parent / CLONE
    watched = [argument for watched_path in (path, clone, path.parent) for argument in ("-P", str(watched_path))]
    faults = [f"inject={call}:error={error}:when={number}"] + ([f"inject={also}"] if also else [])
    injecting = [argument for fault in faults for argument in ("-e", fault)]
    traced = ",".join({call, *([also.split(":")[0]] if also else [])})
    done = subprocess.run(
        [*STRACE, calls, *watched, "-e", f"trace={traced}", *injecting, sys.executable, "-c", WRITER, path, clone],
        capture_output=True,
        text=True,
        check=True,
    )
    return Fault(done.stdout.strip(), calls.read_text("utf-8", "replace").count("(INJECTED)"))


@pytest.fixture
def song(sample: Sample, tmp_path: Path) -> Path:
    """A file in a folder of its own."""
    folder = tmp_path / "music"
    folder.mkdir()
    return Path(shutil.move(sample(".flac"), folder / "song.flac"))


def assert_old(path: Path, original: bytes) -> None:
    assert path.read_bytes() == original
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def assert_new(path: Path) -> None:
    assert read_tags(path).fields["mood"] == ("calm",)
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(("error", "words"), [("ENOSPC", "disk is full"), ("EIO", "it may be faulty")])
def test_each_write_fails_once(song: Path, error: str, words: str) -> None:
    """A full disk and a failing one, at every step of the working copy: starts a process for each."""
    original = song.read_bytes()
    number = 1
    while (fault := write_with_fault(song, "write", error, number)).injected:
        assert words in fault.said and fault.said.endswith(UNTOUCHED)
        assert_old(song, original)
        number += 1
    assert number > 2
    assert fault.said == "written"
    assert_new(song)


@pytest.mark.parametrize("number", [1, 4, 9, 14, 20])
def test_a_disk_that_cannot_be_read_leaves_the_file_as_it_was(song: Path, number: int) -> None:
    original = song.read_bytes()
    fault = write_with_fault(song, "read", "EIO", number)
    assert fault.injected
    assert fault.said != "written"
    assert_old(song, original)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        ("openat", "EMFILE", "Too many files are open"),
        ("fsync", "EIO", "it may be faulty"),
        ("fsync", "ENOSPC", "disk is full"),
        ("listxattr", "EIO", "it may be faulty"),
        ("chmod,fchmod,fchmodat", "EPERM", "cannot be written to"),
        ("utimensat", "EROFS", "cannot be written to"),
        ("rename,renameat,renameat2", "EPERM", "cannot be written to"),
        ("rename,renameat,renameat2", "EBUSY", "Another program is using it"),
        ("rename,renameat,renameat2", "EXDEV", "not possible on this disk"),
        ("rename,renameat,renameat2", "ENOSPC", "disk is full"),
    ],
)
def test_any_other_call_that_fails_leaves_the_file_as_it_was(song: Path, call: str, error: str, words: str) -> None:
    """Among them a share that lets nobody rename over a file."""
    original = song.read_bytes()
    fault = write_with_fault(song, call, error)
    assert fault.injected
    assert words in fault.said
    assert_old(song, original)


def test_a_folder_that_cannot_be_synced_is_no_reason_to_call_the_write_failed(song: Path) -> None:
    fault = write_with_fault(song, "fsync", "EIO", 2)
    assert fault == Fault("written", 1)
    assert_new(song)


@pytest.mark.parametrize("error", ["EINVAL", "EOPNOTSUPP", "ENOSYS"])
def test_a_share_that_knows_no_sync_is_written_all_the_same(song: Path, error: str) -> None:
    fault = write_with_fault(song, "fsync", error, 1, also=f"fsync:error={error}:when=1+")
    assert fault.said == "written" and fault.injected
    assert_new(song)


def test_an_owner_that_cannot_be_kept_leaves_the_file_as_it_was(song: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give the file away first")
    os.chown(song, 1234, 5678)
    original = song.read_bytes()
    fault = write_with_fault(song, "chown,fchownat", "EPERM")
    assert fault.injected
    assert "belongs to another user" in fault.said
    assert_old(song, original)


def test_an_attribute_that_cannot_be_kept_leaves_the_file_as_it_was(song: Path) -> None:
    try:
        os.setxattr(song, "user.rating", b"five")
    except OSError:
        pytest.skip("this file system knows no extended attributes")
    original = song.read_bytes()
    fault = write_with_fault(song, "setxattr", "ENOSPC")
    assert fault.injected
    assert "user.rating cannot be kept" in fault.said
    assert_old(song, original)
    assert os.getxattr(song, "user.rating") == b"five"


def test_a_working_copy_that_cannot_be_removed_leaves_the_file_as_it_was(song: Path) -> None:
    """The next start removes it: the journal has its name."""
    original = song.read_bytes()
    fault = write_with_fault(song, "rename", "EPERM", also="unlink:error=EIO:when=1")
    assert fault.injected == 2
    assert song.read_bytes() == original
    assert sorted(entry.name for entry in song.parent.iterdir()) == [CLONE, song.name]


def test_an_access_list_is_kept(song: Path) -> None:
    """Read and write for the owner, read for user 1234, nothing for others: as `setfacl -m u:1234:r` does."""
    entries = [(1, 6, 0xFFFFFFFF), (2, 4, 1234), (4, 0, 0xFFFFFFFF), (16, 4, 0xFFFFFFFF), (32, 0, 0xFFFFFFFF)]
    access = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)
    try:
        os.setxattr(song, "system.posix_acl_access", access)
    except OSError:
        pytest.skip("this file system knows no access lists")
    mode = song.stat().st_mode
    apply_plan(make_plan(1, song, {"mood": ["calm"]}))
    assert os.getxattr(song, "system.posix_acl_access") == access
    assert song.stat().st_mode == mode


def test_a_player_that_has_the_file_open_plays_on(song: Path) -> None:
    original = song.read_bytes()
    with song.open("rb") as player:
        heard = player.read(1000)
        apply_plan(make_plan(1, song, {"mood": ["calm"], "grouping": ["x" * 5000]}))
        heard += player.read()
    assert heard == original
    assert_new(song)
