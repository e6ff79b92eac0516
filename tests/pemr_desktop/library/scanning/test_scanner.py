"""Scanning real folders: found, changed, moved, vanished, broken, and nothing ever deleted."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from broken_files import add_broken_files, add_odd_files
from pemr_desktop.library import queries
from pemr_desktop.library.errors import LibraryError
from pemr_desktop.library.library import Library
from pemr_desktop.library.scanning.scanner import ScanOutcome
from pemr_desktop.library.views import View
from pemr_desktop.steps import Step
from pemr_desktop.tagfiles.diff import make_plan
from pemr_desktop.tagfiles.write import apply_plan

Song = Callable[..., Path]

_opened: list[str] | None = None


def _note_opening(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open" and _opened is not None:
        _opened.append(os.fsdecode(arguments[0]) if isinstance(arguments[0], bytes | str) else "")


sys.addaudithook(_note_opening)


def ids_by_name(library: Library) -> dict[str, int]:
    ids = library.read(queries.track_ids, view=View("all"))
    return {Path(row.location).name: row.id for row in library.read(queries.rows, ids)}


def test_tracks_are_found_with_their_tags(library: Library, reader: sqlite3.Connection, album: list[Path]) -> None:
    rows = queries.rows(reader, queries.track_ids(reader, sort="path"))
    assert [row.path for row in rows] == [os.fsencode(path) for path in album]
    assert [row.title for row in rows] == ["So What", "Blue in Green", "All Blues", "Café"]
    assert rows[3].genres == ("Pop", "Rock")
    assert [row.format for row in rows] == ["FLAC", "MP3", "Opus", "AAC"]
    assert [row.year for row in rows] == [1959, None, 1959, 2001]
    assert all(row.state == "present" and row.duration_s and not row.analysed for row in rows)


def test_unchanged_files_are_not_opened_again(library: Library, music: Path, album: list[Path]) -> None:
    global _opened
    _opened = []
    try:
        outcome = library.scan()
        opened = [path for path in _opened if path.startswith(str(music))]
    finally:
        _opened = None
    assert outcome == ScanOutcome(found=4)
    assert opened == []


def test_a_changed_file_is_read_again(library: Library, album: list[Path]) -> None:
    apply_plan(make_plan(0, album[0], {"title": ["Changed"]}, mode="replace"))
    assert library.scan() == ScanOutcome(found=4, changed=1)
    assert library.read(queries.track_ids, "title:changed").tolist() == [ids_by_name(library)["1.flac"]]


def test_a_moved_and_renamed_file_keeps_its_id(library: Library, music: Path, album: list[Path]) -> None:
    before = ids_by_name(library)
    (music / "elsewhere").mkdir()
    album[0].rename(music / "elsewhere" / "renamed.flac")
    outcome = library.scan()
    assert (outcome.moved, outcome.added, outcome.missing) == (1, 0, 0)
    assert ids_by_name(library)["renamed.flac"] == before["1.flac"]


def test_a_file_that_was_moved_and_retagged_keeps_its_id(library: Library, music: Path, album: list[Path]) -> None:
    before = ids_by_name(library)
    target = album[1].rename(music / "moved.mp3")
    apply_plan(make_plan(0, target, {"title": ["New title"], "grouping": ["x" * 9000]}, mode="replace"))
    assert library.scan().moved == 1
    assert ids_by_name(library)["moved.mp3"] == before["2.mp3"]


def test_a_whole_folder_that_was_renamed_keeps_all_ids(library: Library, music: Path, album: list[Path]) -> None:
    before = ids_by_name(library)
    (music / "Kind of Blue").rename(music / "KIND OF BLUE (1959)")
    outcome = library.scan()
    assert (outcome.moved, outcome.added, outcome.missing) == (3, 0, 0)
    assert ids_by_name(library) == before


def test_a_copy_is_a_new_track(library: Library, music: Path, album: list[Path]) -> None:
    shutil.copy(album[0], music / "copy.flac")
    outcome = library.scan()
    assert (outcome.added, outcome.moved) == (1, 0)


def test_a_vanished_file_is_missing_and_comes_back(
    library: Library, reader: sqlite3.Connection, music: Path, album: list[Path], tmp_path: Path
) -> None:
    track = ids_by_name(library)["1.flac"]
    away = album[0].rename(tmp_path / "away.flac")
    assert library.scan().missing == 1
    assert track not in queries.track_ids(reader)
    assert track in queries.track_ids(reader, view=View("offline"))
    assert queries.rows(reader, [track])[0].state == "missing"
    away.rename(album[0])
    library.scan()
    assert track in queries.track_ids(reader)
    assert queries.rows(reader, [track])[0].state == "present"


def test_an_unplugged_root_is_offline_and_comes_back(
    library: Library, reader: sqlite3.Connection, music: Path, album: list[Path], tmp_path: Path
) -> None:
    away = music.rename(tmp_path / "unplugged")
    outcome = library.scan()
    assert outcome.offline == (str(music),) and outcome.missing == 0
    assert {row.state for row in queries.rows(reader, queries.track_ids(reader))} == {"offline"}
    assert queries.counts(reader).offline == 4
    music.mkdir()  # the empty mount point of a disk that is not there
    assert library.scan().offline == (str(music),)
    music.rmdir()
    away.rename(music)
    assert library.check_roots()
    assert library.scan() == ScanOutcome(found=4)
    assert {row.state for row in queries.rows(reader, queries.track_ids(reader))} == {"present"}


def test_a_root_unplugged_during_the_scan_loses_nothing(
    library: Library, reader: sqlite3.Connection, music: Path, album: list[Path], tmp_path: Path
) -> None:
    for path in album:
        os.utime(path, ns=(5, 5))

    def unplug(done: int, total: int, step: Step) -> None:
        if music.exists():
            music.rename(tmp_path / "unplugged")

    outcome = library.scan(progress=unplug)
    assert outcome.missing == 0
    assert len(queries.track_ids(reader)) == 4


def test_a_library_on_another_mount_point_keeps_its_ids(
    library: Library, music: Path, album: list[Path], tmp_path: Path
) -> None:
    before = ids_by_name(library)
    elsewhere = music.rename(tmp_path / "other mount")
    library.add_root(elsewhere)
    outcome = library.scan()
    assert (outcome.moved, outcome.added) == (4, 0)
    assert ids_by_name(library) == before
    elsewhere.rename(music)
    library.scan()
    assert ids_by_name(library) == before


def test_every_broken_file_is_a_problem_and_nothing_is_disturbed(
    library: Library, reader: sqlite3.Connection, music: Path, album: list[Path]
) -> None:
    broken = add_broken_files(music / "broken", album[1])
    odd = add_odd_files(music / "odd", album[0])
    readable = {path: path.read_bytes() for path in [*album, *odd]}
    outcome = library.scan()
    problems = {Path(os.fsdecode(problem.path)): problem for problem in queries.problems(reader)}
    assert set(broken) <= set(problems)
    assert all(problem.reason and problem.stage == "scan" for problem in problems.values())
    assert outcome.added == len(odd)
    assert outcome.problems == len(problems)
    assert all(path.read_bytes() == content for path, content in readable.items())
    wrong_name = next(path for path in odd if path.name.startswith("wrong extension"))
    assert "content is FLAC" in problems[wrong_name].reason
    assert library.scan() == ScanOutcome(found=outcome.found, problems=outcome.problems)


def test_a_mended_file_leaves_the_problems_list(
    library: Library, reader: sqlite3.Connection, music: Path, album: list[Path]
) -> None:
    broken = music / "broken.flac"
    broken.write_bytes(b"nothing of the kind")
    gone = music / "gone.flac"
    gone.write_bytes(b"")
    assert library.scan().problems == 2
    shutil.copy(album[0], broken)
    gone.unlink()
    assert library.scan().problems == 0
    assert queries.problems(reader) == []


def test_names_that_are_not_unicode_are_found_again(library: Library, music: Path, song: Song) -> None:
    path = music / os.fsdecode(b"caf\xe9.flac")
    song(path, title="Bytes")
    library.add_root(music)
    library.scan()
    (row,) = library.read(queries.rows, library.read(queries.track_ids))
    assert row.path == os.fsencode(path)
    assert row.location.endswith("caf�.flac")
    assert library.read(queries.track_path, row.id) == path
    assert library.read(queries.find_track, path) == row.id


def test_hidden_and_junk_files_are_passed_over(library: Library, music: Path, song: Song) -> None:
    song(music / "good.flac")
    for name in (".hidden.flac", "._good.flac", "@eaDir/thumb.flac", ".git/a.flac", "still loading.flac.part"):
        target = music / name
        target.parent.mkdir(exist_ok=True)
        shutil.copy(music / "good.flac", target)
    (music / "cover.jpg").write_bytes(b"\xff\xd8\xff")
    library.add_root(music)
    assert library.scan() == ScanOutcome(found=1, added=1)
    assert library.scan(ignore=["*.flac"]).missing == 0  # ignored now, but still there


def test_links_in_circles_end(library: Library, music: Path, song: Song) -> None:
    song(music / "a" / "song.flac")
    (music / "a" / "back").symlink_to(music)
    (music / "a" / "self").symlink_to(music / "a")
    (music / "loop.flac").symlink_to(music / "loop.flac")
    library.add_root(music)
    outcome = library.scan()
    assert (outcome.found, outcome.added) == (1, 1)


def test_a_linked_folder_outside_is_followed_once(library: Library, music: Path, song: Song, tmp_path: Path) -> None:
    song(tmp_path / "nas" / "song.flac")
    (music / "one").symlink_to(tmp_path / "nas")
    (music / "two").symlink_to(tmp_path / "nas")
    library.add_root(music)
    assert library.scan().added == 1


def test_the_first_rows_are_there_before_the_scan_ends(library: Library, music: Path, song: Song) -> None:
    first = song(music / "000.flac")
    for number in range(1, 120):
        shutil.copy(first, music / f"{number:03}.flac")
    library.add_root(music)
    seen: list[int] = []
    library.scan(changed=lambda ids: seen.append(library.read(queries.counts).tracks))
    assert seen[0] <= 16 and seen[-1] == 120


def test_a_cancelled_scan_keeps_what_it_stored_and_goes_on_later(library: Library, music: Path, song: Song) -> None:
    first = song(music / "000.flac")
    for number in range(1, 100):
        shutil.copy(first, music / f"{number:03}.flac")
    library.add_root(music)
    stored: list[int] = []
    outcome = library.scan(changed=stored.extend, cancelled=lambda: bool(stored))
    assert outcome.cancelled and outcome.missing == 0
    assert 0 < library.read(queries.counts).tracks < 100
    rest = library.scan()
    assert library.read(queries.counts).tracks == 100 == rest.found


def test_single_files_are_taken_in_without_their_neighbours(library: Library, music: Path, song: Song) -> None:
    wanted = song(music / "wanted.flac", seed=1)
    song(music / "neighbour.flac", seed=2)
    outcome = library.scan(targets=[library.add_root(wanted)])
    assert outcome.added == 1
    assert library.scan() == ScanOutcome(found=1)
    before = ids_by_name(library)
    library.add_root(music)  # now all of the folder
    assert library.scan().added == 1
    assert ids_by_name(library)["wanted.flac"] == before["wanted.flac"]


def test_a_folder_inside_a_root_is_no_root_of_its_own(library: Library, music: Path, album: list[Path]) -> None:
    target = library.add_root(music / "Kind of Blue")
    assert target.below == b"Kind of Blue"
    assert len(library.read(queries.roots)) == 1
    assert library.scan(targets=[target]).found == 3


def test_a_folder_around_a_root_takes_over_its_tracks(library: Library, tmp_path: Path, album: list[Path]) -> None:
    before = ids_by_name(library)
    library.add_root(tmp_path)
    outcome = library.scan()
    assert (outcome.added, outcome.moved, outcome.missing) == (0, 0, 0)
    assert ids_by_name(library) == before
    assert [row.path for row in library.read(queries.roots)] == [os.fsencode(tmp_path)]


def test_forgetting_a_root_touches_no_file(library: Library, music: Path, album: list[Path]) -> None:
    content = {path: path.read_bytes() for path in album}
    (root,) = library.read(queries.roots)
    library.remove_root(root.id)
    assert library.read(queries.counts).tracks == 0
    assert {path: path.read_bytes() for path in album} == content


def test_a_folder_that_is_not_there_is_refused(library: Library, tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="is not there"):
        library.add_root(tmp_path / "nothing")


@pytest.mark.skipif(os.name == "nt", reason="Windows compares names itself")
def test_a_name_spelt_with_other_unicode_is_the_same_track(library: Library, music: Path, song: Song) -> None:
    """macOS hands out decomposed names for files that were made with composed ones."""
    song(music / "Caf\u00e9.flac", title="A")
    library.add_root(music)
    library.scan()
    before = library.read(queries.track_ids)
    (music / "Caf\u00e9.flac").rename(music / "Cafe\u0301.flac")
    assert library.scan().moved == 1
    assert library.read(queries.track_ids) == before


def test_changed_sound_is_to_be_heard_again_but_decisions_stay(
    library: Library, album: list[Path], song: Song, analysed: Callable[..., list[int]]
) -> None:
    analysed(library)
    track = ids_by_name(library)["1.flac"]
    library.decide([track], ["jazz"], "accepted")
    apply_plan(make_plan(0, album[0], {"title": ["Only the tag"]}, mode="replace"))
    library.scan()
    assert library.tracks_to_analyse("0123456789abcdef") == []
    song(album[0], seed=99, title="Another take")
    library.scan()
    assert [waiting.track_id for waiting in library.tracks_to_analyse("0123456789abcdef")] == [track]
    decided = library.read(queries.detail, track).suggestions
    assert [(tag.tag, tag.decision) for tag in decided] == [("jazz", "accepted")]
