"""Whatever goes wrong, the file is wholly old or wholly new, and nothing lies around."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pemr_desktop.tagfiles.clone import is_clone
from pemr_desktop.tagfiles.diff import make_plan
from pemr_desktop.tagfiles.errors import TagReadError, WriteRefused
from pemr_desktop.tagfiles.read import read_tags
from pemr_desktop.tagfiles.write import Milestones, apply_plan, restore_bytes

Sample = Callable[[str], Path]
MOOD = {"mood": ["calm"]}


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_a_file_that_changed_since_the_plan_is_left_alone(sample: Sample) -> None:
    path = sample(".flac")
    plan = make_plan(1, path, MOOD)
    path.write_bytes(path.read_bytes() + b"\0")
    changed = path.read_bytes()
    with pytest.raises(WriteRefused, match="plan again"):
        apply_plan(plan)
    assert path.read_bytes() == changed
    assert names(path.parent) == [path.name]


def test_a_file_that_changes_while_it_is_written_is_left_alone(sample: Sample) -> None:
    path = sample(".flac")
    plan = make_plan(1, path, MOOD)

    def someone_else(outcome: object) -> None:
        path.write_bytes(b"their new version")

    with pytest.raises(WriteRefused, match="plan again"):
        apply_plan(plan, milestones=Milestones(proven=someone_else))
    assert path.read_bytes() == b"their new version"
    assert names(path.parent) == [path.name]


def test_a_file_that_vanished_is_said(sample: Sample) -> None:
    path = sample(".flac")
    plan = make_plan(1, path, MOOD)
    path.unlink()
    with pytest.raises(TagReadError, match="not there"):
        apply_plan(plan)
    assert names(path.parent) == []


def test_permissions_attributes_and_times_are_kept(sample: Sample) -> None:
    path = sample(".mp3")
    path.chmod(0o640)
    os.utime(path, ns=(1_000_000_000, 2_000_000_123))
    attributes = True
    try:
        os.setxattr(path, "user.rating", b"five")
    except (OSError, AttributeError):
        attributes = False
    apply_plan(make_plan(1, path, MOOD), keep_times=True)
    status = path.stat()
    assert stat.S_IMODE(status.st_mode) == 0o640
    assert status.st_mtime_ns == 2_000_000_123
    if attributes:
        assert os.getxattr(path, "user.rating") == b"five"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root can give files away")
def test_the_owner_is_kept(sample: Sample) -> None:
    path = sample(".mp3")
    os.chown(path, 1234, 5678)
    apply_plan(make_plan(1, path, MOOD))
    assert (path.stat().st_uid, path.stat().st_gid) == (1234, 5678)


def test_a_link_is_followed_and_stays_a_link(sample: Sample, tmp_path: Path) -> None:
    path = sample(".mp3")
    link = tmp_path / "elsewhere" / "link.mp3"
    link.parent.mkdir()
    link.symlink_to(path)
    apply_plan(make_plan(1, link, MOOD))
    assert link.is_symlink() and not path.is_symlink()
    assert read_tags(path).fields["mood"] == ("calm",)


def test_a_dangling_link_and_a_loop_are_said(tmp_path: Path) -> None:
    (tmp_path / "a.mp3").symlink_to(tmp_path / "b.mp3")
    with pytest.raises(TagReadError):
        make_plan(1, tmp_path / "a.mp3", MOOD)
    (tmp_path / "b.mp3").symlink_to(tmp_path / "a.mp3")
    with pytest.raises(TagReadError):
        make_plan(1, tmp_path / "a.mp3", MOOD)


def test_hard_links_are_refused_unless_the_user_chose(sample: Sample, tmp_path: Path) -> None:
    path = sample(".mp3")
    other = tmp_path / "shared.mp3"
    other.hardlink_to(path)
    original = path.read_bytes()
    with pytest.raises(WriteRefused, match="hard links"):
        make_plan(1, path, MOOD)
    apply_plan(make_plan(1, path, MOOD, hard_links="break"), hard_links="break")
    assert other.read_bytes() == original
    assert read_tags(path).fields["mood"] == ("calm",)


def test_hard_links_can_be_written_in_place(sample: Sample, tmp_path: Path) -> None:
    path = sample(".mp3")
    other = tmp_path / "shared.mp3"
    other.hardlink_to(path)
    original = path.read_bytes()
    outcome = apply_plan(make_plan(1, path, MOOD, hard_links="in place"), hard_links="in place")
    assert other.samefile(path)
    assert read_tags(other).fields["mood"] == ("calm",)
    assert outcome is not None and outcome.restore is not None
    restore_bytes(path, outcome.restore, outcome.before_digest, hard_links="in place")
    assert other.samefile(path) and other.read_bytes() == original
    assert names(tmp_path) == ["shared.mp3", "song.mp3"]


def test_a_write_protected_file_is_refused_although_its_folder_would_let_us(sample: Sample) -> None:
    path = sample(".flac")
    plan = make_plan(1, path, MOOD)
    path.chmod(0o444)
    original = path.read_bytes()
    with pytest.raises(WriteRefused, match="write-protected"):
        make_plan(1, path, MOOD)
    with pytest.raises(WriteRefused, match="write-protected"):
        apply_plan(plan)
    assert path.read_bytes() == original


def test_the_comment_is_never_written(sample: Sample) -> None:
    with pytest.raises(WriteRefused, match="never written"):
        make_plan(1, sample(".flac"), {"comment": ["machine words"]})


def test_a_restore_recipe_of_another_file_is_refused(sample: Sample) -> None:
    path = sample(".flac")
    outcome = apply_plan(make_plan(1, path, MOOD))
    assert outcome is not None and outcome.restore is not None
    path.write_bytes(path.read_bytes()[:-100])
    cut = path.read_bytes()
    with pytest.raises(WriteRefused, match="left untouched"):
        restore_bytes(path, outcome.restore, outcome.before_digest)
    assert path.read_bytes() == cut
    assert names(path.parent) == [path.name]


WRITER = """
import os, resource, sys
from pathlib import Path
from pemr_desktop.tagfiles.errors import WriteRefused
from pemr_desktop.tagfiles.diff import make_plan
from pemr_desktop.tagfiles.write import apply_plan
path = Path(os.fsdecode(sys.argv[1].encode()))
plan = make_plan(1, path, {"mood": ["calm"], "grouping": ["x" * 5000]})
if sys.argv[2] == "as nobody":
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
elif sys.argv[2] != "as it is":
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
    import signal
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
try:
    apply_plan(plan)
except WriteRefused as refused:
    print(refused.reason)
"""


@pytest.mark.parametrize("room", [0, 1, 1000, 0.5, 0.999])
def test_no_room_leaves_the_file_as_it_was(sample: Sample, room: float) -> None:
    """The system stops the growth of the working copy at several sizes, as a full disk or a quota does."""
    path = sample(".mp3")
    original = path.read_bytes()
    limit = int(room if room >= 1 or room == 0 else room * len(original))
    said = subprocess.run(
        [sys.executable, "-c", WRITER, str(path), str(limit)], capture_output=True, text=True, check=True
    )
    assert "The disk is full" in said.stdout
    assert path.read_bytes() == original
    assert names(path.parent) == [path.name]


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    if os.name == "nt" or os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root can mount a small disk")
    folder = tmp_path / "disk"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_really_full_disk_leaves_the_file_as_it_was(sample: Sample, tiny_disk: Path) -> None:
    path = Path(shutil.copy(sample(".mp3"), tiny_disk / "song.mp3"))
    (tiny_disk / "filler").write_bytes(bytes(max(0, 64 * 1024 - path.stat().st_size - 12_000)))
    original = path.read_bytes()
    with pytest.raises(WriteRefused, match="disk is full"):
        apply_plan(make_plan(1, path, MOOD))
    assert path.read_bytes() == original
    assert names(tiny_disk) == ["filler", "song.mp3"]


def test_a_read_only_disk_leaves_the_file_as_it_was(sample: Sample, tiny_disk: Path) -> None:
    path = Path(shutil.copy(sample(".opus"), tiny_disk / "song.opus"))
    original = path.read_bytes()
    subprocess.run(["mount", "-o", "remount,ro", tiny_disk], check=True)
    with pytest.raises(WriteRefused, match="cannot be written"):
        apply_plan(make_plan(1, path, MOOD))
    assert path.read_bytes() == original


@pytest.mark.skipif(os.name == "nt", reason="folders have no write permission there")
def test_a_read_only_folder_leaves_the_file_as_it_was(sample: Sample) -> None:
    path = sample(".flac")
    original = path.read_bytes()
    path.chmod(0o644)
    path.parent.chmod(0o555)
    try:
        who = "as it is"
        if os.geteuid() == 0:  # root may write anywhere
            who = "as nobody"
            readable_up_to_here(path.parent)
        said = subprocess.run(
            [sys.executable, "-c", WRITER, str(path), who], capture_output=True, text=True, check=True
        )
    finally:
        path.parent.chmod(0o755)
    assert "cannot be written" in said.stdout
    assert path.read_bytes() == original


def readable_up_to_here(folder: Path) -> None:
    """pytest makes its folders for the owner only."""
    for parent in [folder, *folder.parents]:
        if stat.S_IMODE(parent.stat().st_mode) & 0o5 != 0o5:
            parent.chmod(parent.stat().st_mode | 0o5)


def test_only_names_that_we_make_are_taken_for_working_copies() -> None:
    assert is_clone(Path("/music/.pemr-0123456789abcdef.part"))
    assert not is_clone(Path("/music/.pemr-notes.part"))
    assert not is_clone(Path("/music/song.part"))
