"""A file is replaced whole or not at all; what a killed process leaves is known, and nothing else is touched."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pemr.durable_files import replace_whole, replaced
from pemr.pending_writes.notes import FOLDER_VARIABLE
from pemr.pending_writes.strays import remove_strays, strays
from strace import assert_replaced_durably, needs_strace, run_traced, steps_of

posix = pytest.mark.skipif(os.name == "nt", reason="permissions and pipes of POSIX")
WRITE = """
import sys
from pathlib import Path
from pemr.durable_files import replaced
with replaced(Path(sys.argv[1])) as stream:
    stream.write(b"new")
"""
HOLD = """
import sys
from pathlib import Path
from pemr.durable_files import replaced
with replaced(Path(sys.argv[1])) as stream:
    stream.write(b"half of it")
    stream.flush()
    print(stream.name, flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which unfinished writes are noted."""
    folder = tmp_path / "notes"
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    return folder


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def begin_a_write(target: Path) -> tuple[subprocess.Popen[str], Path]:
    """A process in the middle of replacing a file, and its temporary file."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(target)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().rstrip("\n"))


def end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


# --- replacing


def test_the_content_is_there_when_the_block_ends_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")
    with replaced(path) as stream:
        stream.write(b"new")
        stream.flush()
        assert path.read_bytes() == b"old"
        assert Path(stream.name).parent == tmp_path
    assert path.read_bytes() == b"new"
    assert names_in(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), ValueError(), KeyboardInterrupt()])
def test_any_error_leaves_the_file_as_it_was(tmp_path: Path, error: BaseException) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")
    with pytest.raises(type(error)), replaced(path) as stream:
        stream.write(b"half")
        raise error
    assert path.read_bytes() == b"old"
    assert names_in(tmp_path) == ["a.txt"]


@posix
def test_permissions_stay_and_private_files_are_their_owners_alone(tmp_path: Path) -> None:
    umask = os.umask(0o022)
    try:
        for name, private, mode in (("usual", False, 0o644), ("private", True, 0o600)):
            replace_whole(tmp_path / name, b"1", private=private)
            assert (tmp_path / name).stat().st_mode & 0o777 == mode
        (tmp_path / "usual").chmod(0o640)
        (tmp_path / "private").chmod(0o664)
        replace_whole(tmp_path / "usual", b"2")
        replace_whole(tmp_path / "private", b"2", private=True)
    finally:
        os.umask(umask)
    assert (tmp_path / "usual").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "private").stat().st_mode & 0o777 == 0o664


@posix
def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "kept elsewhere").mkdir()
    real, link = tmp_path / "kept elsewhere" / "settings.toml", tmp_path / "settings.toml"
    real.write_bytes(b"old")
    link.symlink_to(real)
    replace_whole(link, b"new")
    assert link.is_symlink() and real.read_bytes() == b"new"
    assert names_in(real.parent) == ["settings.toml"]


@posix
def test_a_pipe_is_written_straight_to() -> None:
    done = subprocess.run([sys.executable, "-c", WRITE, "/dev/stdout"], capture_output=True, check=True)
    assert done.stdout == b"new"


@posix
def test_a_standard_output_that_is_a_file_is_not_replaced_under_its_writer(tmp_path: Path) -> None:
    with (tmp_path / "out").open("wb") as out:
        subprocess.run([sys.executable, "-c", WRITE, "/dev/stdout"], stdout=out, check=True)
        assert os.fstat(out.fileno()).st_ino == (tmp_path / "out").stat().st_ino
    assert (tmp_path / "out").read_bytes() == b"new"


def test_a_folder_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError), replaced(tmp_path / "folder"):
        pass
    assert names_in(tmp_path) == ["folder"]


def test_a_name_as_long_as_the_file_system_allows(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 255)
    replace_whole(path, b"new")
    assert path.read_bytes() == b"new"


# --- what the system is asked for


@needs_strace
def test_create_sync_rename_and_sync_of_the_folder_come_in_this_order(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    path, calls = tmp_path / "files" / "a.txt", tmp_path / "calls"
    for _ in range(2):  # a new file, and one that is there
        assert run_traced([sys.executable, "-c", WRITE, path], calls).returncode == 0
        assert [step.what for step in steps_of(calls, path)] == ["create", "sync", "rename", "sync folder"]
        assert_replaced_durably(calls, path)


@needs_strace
@pytest.mark.parametrize(
    ("fault", "succeeds"),
    [
        ("write:error=ENOSPC:when=1", False),
        ("fsync:error=EIO:when=1", False),
        ("fsync:error=EINVAL:when=1+", True),  # a network file system that cannot sync
        ("fsync:error=EIO:when=2", True),  # the folder: the file is the new one already
        ("rename,renameat,renameat2:error=EACCES", False),
    ],
)
def test_a_call_that_fails_leaves_the_old_file_or_the_new(tmp_path: Path, fault: str, *, succeeds: bool) -> None:
    (tmp_path / "files").mkdir()
    path = tmp_path / "files" / "a.txt"
    path.write_bytes(b"old")
    calls = ",".join(call for call in fault.partition(":")[0].split(","))
    script = WRITE.replace("from pathlib", "sys.dont_write_bytecode = True\nfrom pathlib")
    only = ["-P", str(path.parent), "-P", str(path)] if calls != "write" else []
    temporary = "p.temporary_beside = lambda path: path.parent / '.pemr-new-0123456789abcdef.part'"
    script = f"import pemr.durable_files as p\n{temporary}\n{script}"
    watched = ["-P", str(path.parent / ".pemr-new-0123456789abcdef.part"), *only]
    done = run_traced(
        [sys.executable, "-c", script, path], tmp_path / "calls", *watched, "-e", f"inject={fault}", traced=calls
    )
    assert "INJECTED" in (tmp_path / "calls").read_text("utf-8", "replace")
    assert (done.returncode == 0) is succeeds, done.stderr
    assert path.read_bytes() == (b"new" if succeeds else b"old")
    assert names_in(path.parent) == ["a.txt"]


# --- what a killed process leaves


def test_what_a_killed_process_left_is_named_and_removed(tmp_path: Path, notes: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")
    process, temporary = begin_a_write(path)
    assert temporary.read_bytes() == b"half of it"
    assert strays() == []  # it is being written
    assert remove_strays() == []
    end(process)
    assert strays() == [temporary]
    assert remove_strays() == [temporary]
    assert remove_strays() == []
    assert names_in(tmp_path) == ["a.txt", "notes"] and names_in(notes) == []
    assert path.read_bytes() == b"old"


def test_a_write_that_ended_well_leaves_no_note(tmp_path: Path, notes: Path) -> None:
    replace_whole(tmp_path / "a.txt", b"new")
    assert names_in(notes) == []


def test_files_that_were_not_noted_are_nobodys_business(tmp_path: Path, notes: Path) -> None:
    others = [tmp_path / name for name in ("film.mkv.part", ".pemr-new-0123456789abcdef.part", ".pemr-notes.part")]
    for other in others:
        other.write_bytes(b"not ours")
    process, temporary = begin_a_write(tmp_path / "a.txt")
    end(process)
    assert remove_strays() == [temporary]
    assert all(other.exists() for other in others)


def test_a_note_that_names_something_else_removes_nothing(tmp_path: Path, notes: Path) -> None:
    notes.mkdir()
    song = tmp_path / "song.flac"
    song.write_bytes(b"music")
    for number, text in enumerate((f'{{"temporary": "{song}", "folder": 1}}', "", "[", "[1]", '{"temporary": 1}')):
        (notes / f"{number}.json").write_text(text)
    assert strays() == remove_strays() == []
    assert song.read_bytes() == b"music"


def test_a_stray_on_a_disk_that_is_not_there_is_removed_when_it_comes_back(tmp_path: Path, notes: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    process, temporary = begin_a_write(disk / "a.txt")
    end(process)
    disk.rename(tmp_path / "unplugged")
    assert remove_strays() == []
    disk.mkdir()  # the empty folder on which it was mounted
    assert remove_strays() == []
    disk.rmdir()
    (tmp_path / "unplugged").rename(disk)
    assert remove_strays() == [temporary]
    assert names_in(notes) == []


def test_a_process_killed_between_note_and_file_leaves_nothing(tmp_path: Path, notes: Path) -> None:
    script = HOLD.replace("import sys\n", "import os, sys\nimport pemr.durable_files as files\n", 1)
    script = script.replace("with replaced", "files._made = lambda *_, **__: os._exit(9)\nwith replaced", 1)
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "a.txt")], check=False)
    assert len(names_in(notes)) == 1
    assert remove_strays() == []
    assert names_in(notes) == []


def test_a_place_for_notes_that_cannot_be_written_stops_no_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "file" / "notes"))
    replace_whole(tmp_path / "a.txt", b"new")
    assert (tmp_path / "a.txt").read_bytes() == b"new"
    assert strays() == []


def test_it_loads_neither_numpy_nor_torch() -> None:
    heavy = "import sys, pemr.durable_files; print({'numpy', 'torch', 'msgspec'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
