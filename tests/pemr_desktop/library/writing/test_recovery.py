"""Killed while writing; then another program has the file; then the next start. Nobody's edit is lost.

Each writer is a real process, and the system kills it at the very call that exchanges or overwrites the file.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pemr_desktop.library import queries
from pemr_desktop.library.library import Library
from pemr_desktop.library.opening import open_library
from pemr_desktop.library.writing.plan import Plans, WriteOptions
from pemr_desktop.tagfiles.diff import make_plan
from pemr_desktop.tagfiles.read import read_tags
from pemr_desktop.tagfiles.write import apply_plan

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace to kill at a given call")

Song = Callable[..., Path]
Act = Callable[[Path], object]
IN_PLACE = WriteOptions(hard_links="in place")
AT_RENAME = ("-e", "trace=rename,renameat,renameat2", "-e", "inject=rename,renameat,renameat2:signal=KILL:when=1")

WRITER = """
import sys
from pathlib import Path
from pemr_desktop.library import queries
from pemr_desktop.library.opening import open_library
from pemr_desktop.library.writing.plan import WriteOptions
options = WriteOptions(hard_links="in place")
with open_library(Path(sys.argv[1])) as library:
    edits = {track: {"genre": ["New"], "grouping": ["x" * 20_000]} for track in library.read(queries.track_ids)}
    library.apply_writes(library.plan_edits(edits, options=options).plans, options=options)
"""


def kill_a_writer(library_file: Path, *where: str) -> None:
    done = subprocess.run(
        ["strace", "-f", "-o", os.devnull, *where, sys.executable, "-c", WRITER, str(library_file)],
        capture_output=True,
        text=True,
    )
    if "ptrace" in done.stderr.lower():
        pytest.skip("tracing is not allowed here")
    assert done.returncode != 0, "the writer was not killed"


def at_second_write_into(path: Path) -> tuple[str, ...]:
    return ("-P", str(path), "-e", "trace=write", "-e", "inject=write:signal=KILL:when=2")


def copies_beside(path: Path) -> list[Path]:
    return list(path.parent.glob(".pemr-*.part"))


@pytest.fixture
def long_song(make_audio: Callable[..., Path]) -> Callable[[Path], Path]:
    """A file of more than is poured with one call."""

    def make(path: Path) -> Path:
        make_audio(path, seconds=60, sample_rate=44_100)
        apply_plan(make_plan(0, path, {"title": ["Old"], "genre": ["Old"]}, mode="replace"))
        assert path.stat().st_size > 1 << 20
        return path

    return make


def scanned(library_file: Path, music: Path) -> None:
    with open_library(library_file) as library:
        library.add_root(music)
        library.scan()


def edit(path: Path) -> None:
    apply_plan(make_plan(0, path, {"title": ["Typed by hand"]}, mode="replace"))


def edit_in_place(path: Path) -> None:
    content = path.read_bytes()
    place = content.index(b"Old")
    with path.open("rb+") as stream:
        stream.seek(place)
        stream.write(b"Odd")


def replace_by_other_sound(path: Path) -> None:
    path.with_name("new rip.flac").write_bytes(b"fLaC" + os.urandom(70_000))
    path.with_name("new rip.flac").replace(path)


def replace_by_a_link(path: Path) -> None:
    path.rename(path.with_name("elsewhere.flac"))
    path.symlink_to("elsewhere.flac")


def empty(path: Path) -> None:
    os.truncate(path, 0)


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def state_of(path: Path) -> object:
    return path.readlink() if path.is_symlink() else path.read_bytes() if path.exists() else None


OTHERS: list[Act] = [edit, edit_in_place, replace_by_other_sound, replace_by_a_link, empty, Path.unlink]


@pytest.mark.parametrize("act", OTHERS, ids=lambda act: act.__name__)
def test_what_another_program_did_after_the_kill_stays(music: Path, library_file: Path, song: Song, act: Act) -> None:
    path = song(music / "song.flac", title="Old", genre="Old")
    scanned(library_file, music)
    kill_a_writer(library_file, *AT_RENAME)
    (copy,) = copies_beside(path)
    act(path)
    theirs = state_of(path)
    with open_library(library_file) as library:
        assert state_of(path) == theirs
        assert copies_beside(path) == [copy]  # it may be the only one left of what they replaced
        assert library.recovery is not None and library.recovery.left_alone == 1
        (batch,) = library.read(queries.history)
        assert (batch.done_count, batch.failed_count) == (0, 1)
        assert any(copy.name in problem.reason for problem in library.read(queries.problems))
    with open_library(library_file) as library:
        assert library.recovery is None
        assert state_of(path) == theirs


@pytest.fixture
def torn(music: Path, tmp_path: Path, library_file: Path, long_song: Callable[[Path], Path]) -> Path:
    """A file of two names that a killed writer left half new."""
    path = long_song(music / "long.flac")
    (tmp_path / "other name.flac").hardlink_to(path)
    original = path.read_bytes()
    scanned(library_file, music)
    kill_a_writer(library_file, *at_second_write_into(path))
    assert path.read_bytes() != original
    return path


def test_our_own_torn_pour_is_finished_and_can_be_undone(torn: Path, library_file: Path, tmp_path: Path) -> None:
    with open_library(library_file) as library:
        assert library.recovery is not None and library.recovery.written == 1
        assert read_tags(torn).fields["genre"] == ("New",)
        assert torn.samefile(tmp_path / "other name.flac")
        assert copies_beside(torn) == []
        assert library.undo(library.read(queries.history)[0].id, options=IN_PLACE).written == 1
    assert read_tags(torn).fields["genre"] == ("Old",)


@pytest.mark.parametrize(
    "act", [edit_in_place, replace_by_other_sound, empty, cut, Path.unlink], ids=lambda act: act.__name__
)
def test_a_torn_file_that_another_program_touched_is_not_poured_over(torn: Path, library_file: Path, act: Act) -> None:
    act(torn)
    theirs = state_of(torn)
    with open_library(library_file) as library:
        assert state_of(torn) == theirs
        assert len(copies_beside(torn)) == 1
        assert library.recovery is not None and library.recovery.left_alone == 1


@pytest.mark.parametrize("missing", ["method = NULL, pouring = 0", "pouring = 0", "method = 'replace', pouring = 0"])
def test_a_torn_file_is_not_finished_without_the_record(torn: Path, library_file: Path, missing: str) -> None:
    with closing(sqlite3.connect(library_file)) as connection, connection:
        connection.execute(f"UPDATE journal SET {missing}")
    theirs = torn.read_bytes()
    with open_library(library_file) as library:
        assert torn.read_bytes() == theirs
        assert copies_beside(torn)[0].name in library.read(queries.problems)[0].reason


def test_a_torn_file_is_finished_only_from_a_whole_copy(torn: Path, library_file: Path) -> None:
    cut(copies_beside(torn)[0])
    theirs = torn.read_bytes()
    with open_library(library_file):
        assert torn.read_bytes() == theirs


def test_a_file_edited_after_the_exchange_counts_as_written_and_keeps_the_edit(
    music: Path, library_file: Path, song: Song
) -> None:
    path = song(music / "song.flac", title="Old", genre="Old")
    scanned(library_file, music)
    kill_a_writer(library_file, "-P", str(music), "-e", "trace=fsync", "-e", "inject=fsync:signal=KILL:when=1")
    edit(path)
    with open_library(library_file) as library:
        (batch,) = library.read(queries.history)
        assert (batch.done_count, batch.failed_count) == (1, 0)
        assert library.undo(batch.id).written == 1
    fields = read_tags(path).fields
    assert (fields["title"], fields["genre"]) == (("Typed by hand",), ("Old",))


@pytest.fixture
def other_disk(music: Path) -> Iterator[Path]:
    """A folder of the music on a disk of its own."""
    if os.name == "nt" or os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root can mount a disk")
    folder = music / "other disk"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", folder], capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def test_a_file_that_cannot_be_settled_holds_up_nobody(
    music: Path, other_disk: Path, library_file: Path, song: Song, long_song: Callable[[Path], Path]
) -> None:
    torn = long_song(other_disk / "long.flac")
    (other_disk / "other name.flac").hardlink_to(torn)
    song(music / "song.flac", title="Old", genre="Old")
    scanned(library_file, music)
    kill_a_writer(library_file, *at_second_write_into(torn))
    subprocess.run(["mount", "-o", "remount,ro", other_disk], check=True)
    for _ in range(2):
        with open_library(library_file) as library:
            assert library.recovery is not None and list(library.recovery.later) == [str(torn)]
            assert library.read(states)["planned"] == 1
            library.scan()
    subprocess.run(["mount", "-o", "remount,rw", other_disk], check=True)
    with open_library(library_file) as library:
        assert library.recovery is not None and library.recovery.written == 1
    assert read_tags(torn).fields["genre"] == ("New",)


def states(connection: sqlite3.Connection) -> dict[str, int]:
    return dict(connection.execute("SELECT state, count(*) FROM journal GROUP BY state").fetchall())


def test_the_same_order_given_again_goes_on_in_its_batch(music: Path, library_file: Path, song: Song) -> None:
    """As the window does when its worker died: nothing is called changed by another program, and one undo takes all."""
    paths = [song(music / f"{number}.flac", seed=number, title="Old", genre="Old") for number in range(4)]
    originals = [path.read_bytes() for path in paths]
    scanned(library_file, music)
    with open_library(library_file) as library:
        plans = planned(library)
    kill_a_writer(library_file, "-e", "trace=rename", "-e", "inject=rename:signal=KILL:when=3")
    with open_library(library_file) as library:
        assert library.recovery is not None and not library.recovery.later
        again = library.apply_writes(plans.plans, options=IN_PLACE)
        assert (again.written, again.refused) == (4, {})
        assert [batch.done_count for batch in library.read(queries.history)] == [4]
        assert [read_tags(path).fields["genre"] for path in paths] == [("New",)] * 4
        assert library.apply_writes(plans.plans, options=IN_PLACE).written == 4  # killed after the last file
        assert len(library.read(queries.history)) == 1
        assert library.undo(library.read(queries.history)[0].id).written == 4
    assert [path.read_bytes() for path in paths] == originals


def planned(library: Library) -> Plans:
    edits = {track: {"genre": ["New"], "grouping": ["x" * 20_000]} for track in library.read(queries.track_ids)}
    return library.plan_edits(edits, options=IN_PLACE)


UNDOER = """
import sys
from pathlib import Path
from pemr_desktop.library import queries
from pemr_desktop.library.opening import open_library
with open_library(Path(sys.argv[1])) as library:
    library.undo(library.read(queries.history)[0].id)
"""


def test_an_undo_given_again_goes_on_in_its_batch(
    music: Path, library_file: Path, song: Song, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [song(music / f"{number}.flac", seed=number, title="Old", genre="Old") for number in range(3)]
    originals = [path.read_bytes() for path in paths]
    scanned(library_file, music)
    with open_library(library_file) as library:
        library.apply_writes(planned(library).plans)
    monkeypatch.setitem(globals(), "WRITER", UNDOER)
    kill_a_writer(library_file, "-e", "trace=rename", "-e", "inject=rename:signal=KILL:when=2")
    with open_library(library_file) as library:
        written_batch = library.read(queries.history)[-1].id
        again = library.undo(written_batch)
        assert (again.written, again.refused) == (3, {})
        assert [batch.done_count for batch in library.read(queries.history)] == [3, 3]
    assert [path.read_bytes() for path in paths] == originals
