"""Disks that come and go, mounted for real. Needs the right to mount; elsewhere the same is tried by renaming."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from pemr_desktop.library import queries
from pemr_desktop.library.library import Library
from pemr_desktop.library.scanning.scanner import ScanOutcome

Song = Callable[..., Path]

pytestmark = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which("mount") is None, reason="only root may mount"
)


class Disk:
    """A folder that is mounted at other places, as a disk is."""

    def __init__(self, content: Path) -> None:
        self.content = content
        self.mounted: list[Path] = []

    def mount(self, mount_point: Path) -> None:
        mount_point.mkdir(exist_ok=True)
        if subprocess.run(["mount", "--bind", self.content, mount_point], capture_output=True).returncode:
            pytest.skip("mounting is not allowed here")
        self.mounted.append(mount_point)

    def unmount(self, mount_point: Path) -> None:
        subprocess.run(["umount", "--lazy", mount_point], check=True)
        self.mounted.remove(mount_point)


@pytest.fixture
def disk(tmp_path: Path, song: Song) -> Iterator[Disk]:
    """A disk with forty tracks in ten folders."""
    made = Disk(tmp_path / "disk")
    first = song(made.content / "album 0" / "0.flac", title="First")
    for number in range(1, 40):
        path = made.content / f"album {number % 10}" / f"{number}.flac"
        path.parent.mkdir(exist_ok=True)
        data = bytearray(first.read_bytes())
        data[-40:-36] = number.to_bytes(4, "big")
        path.write_bytes(data)
    yield made
    for mount_point in list(made.mounted):
        with suppress(subprocess.CalledProcessError):
            made.unmount(mount_point)


def ids_by_name(library: Library) -> dict[bytes, int]:
    rows = library.read(queries.rows, library.read(queries.track_ids))
    return {row.path.rpartition(b"/")[2]: row.id for row in rows}


def states(library: Library) -> set[str]:
    return {row.state for row in library.read(queries.rows, library.read(queries.track_ids))}


def test_a_disk_unplugged_while_it_is_scanned_loses_nothing(library: Library, disk: Disk, tmp_path: Path) -> None:
    mount_point = tmp_path / "media"
    disk.mount(mount_point)
    library.add_root(mount_point)
    library.scan()
    before = ids_by_name(library)
    for path in disk.content.glob("*/*.flac"):
        os.utime(path, ns=(5, 5))

    def unplug(ids: list[int]) -> None:
        if disk.mounted:
            disk.unmount(mount_point)

    outcome = library.scan(changed=unplug)
    assert not disk.mounted
    assert outcome.missing == 0
    assert ids_by_name(library) == before
    assert library.scan().offline == (str(mount_point),)  # the empty mount point is not an empty library
    assert states(library) == {"offline"}
    disk.mount(mount_point)
    library.check_roots()
    assert library.scan().found == 40
    assert states(library) == {"present"}
    assert ids_by_name(library) == before
    assert library.scan() == ScanOutcome(found=40)


def test_a_disk_at_another_mount_point_and_back_keeps_its_ids(library: Library, disk: Disk, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    disk.mount(here)
    library.add_root(here)
    library.scan()
    before = ids_by_name(library)
    disk.unmount(here)
    disk.mount(there)
    library.add_root(there)
    outcome = library.scan()
    assert (outcome.moved, outcome.added, outcome.missing) == (40, 0, 0)
    assert ids_by_name(library) == before
    disk.unmount(there)
    disk.mount(here)
    outcome = library.scan()
    assert (outcome.moved, outcome.added, outcome.missing) == (40, 0, 0)
    assert ids_by_name(library) == before
    assert states(library) == {"present"}


def test_a_disk_mounted_twice_is_two_copies(library: Library, disk: Disk, tmp_path: Path) -> None:
    for name in ("one", "two"):
        disk.mount(tmp_path / name)
        library.add_root(tmp_path / name)
    assert library.scan().added == 80
    assert library.scan() == ScanOutcome(found=80)


def test_a_folder_mounted_inside_itself_ends(library: Library, disk: Disk) -> None:
    """A bind mount is a loop that no link gives away."""
    disk.mount(disk.content / "album 0" / "again")
    library.add_root(disk.content)
    assert library.scan().added == 40


@pytest.fixture
def casefolding(tmp_path: Path) -> Iterator[Path]:
    """A folder on a file system to which case and Unicode spelling make no difference."""
    image, mount_point = tmp_path / "image", tmp_path / "casefolding"
    image.write_bytes(bytes(24 << 20))
    mount_point.mkdir()
    made = (
        shutil.which("mkfs.ext4")
        and not subprocess.run(
            ["mkfs.ext4", "-q", "-O", "casefold", "-E", "encoding=utf8", image], capture_output=True
        ).returncode
    )
    if not made or subprocess.run(["mount", "-o", "loop", image, mount_point], capture_output=True).returncode:
        pytest.skip("this system has no file system that folds case")
    folder = mount_point / "music"
    folder.mkdir()
    if subprocess.run(["chattr", "+F", folder], capture_output=True).returncode:
        subprocess.run(["umount", mount_point], check=True)
        pytest.skip("this system cannot fold case")
    yield folder
    subprocess.run(["umount", "--lazy", mount_point], check=True)


def test_a_name_in_other_case_or_spelling_is_the_same_track(library: Library, casefolding: Path, song: Song) -> None:
    song(casefolding / "caf\u00e9.flac", title="A")
    library.add_root(casefolding)
    library.scan()
    before = library.read(queries.track_ids)
    (casefolding / "caf\u00e9.flac").rename(casefolding / "CAFE\u0301.flac")
    assert library.scan().moved == 1
    assert library.read(queries.track_ids) == before
    assert library.scan() == ScanOutcome(found=1)
