"""A library of version 0.1.0 has digests made in another way: nothing heard is forgotten, and no file read for them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from digests_of_0_1_0 import as_0_1_0_left_it
from pemr_desktop.library import queries
from pemr_desktop.library.duplicates import duplicate_groups
from pemr_desktop.library.library import Library
from pemr_desktop.library.scanning.scanner import ScanOutcome
from pemr_desktop.tagfiles.diff import make_plan
from pemr_desktop.tagfiles.digest import audio_digest
from pemr_desktop.tagfiles.quick_digest import QUICK_VERSION
from pemr_desktop.tagfiles.write import apply_plan

Song = Callable[..., Path]
Analysed = Callable[..., list[int]]


@pytest.fixture
def old(library: Library, album: list[Path], analysed: Analysed) -> Library:
    """The album, heard, as that version left it."""
    analysed(library)
    as_0_1_0_left_it(library)
    return library


def versions(library: Library) -> dict[int, int]:
    return dict(library.read(lambda conn: conn.execute("SELECT id, quick_version FROM tracks").fetchall()))


def unheard(library: Library) -> list[Path]:
    model = library.read(queries.active_model)
    assert model is not None
    return [waiting.path for waiting in library.tracks_to_analyse(model.id)]


def retag(path: Path, title: str = "Retagged meanwhile") -> None:
    apply_plan(make_plan(0, path, {"title": [title]}, mode="replace"))


def test_untouched_files_are_not_read_for_it(old: Library) -> None:
    assert old.scan() == ScanOutcome(found=4)
    assert set(versions(old).values()) == {1}
    assert unheard(old) == []


def test_a_file_that_another_program_tagged_is_read_and_not_heard_again(old: Library, album: list[Path]) -> None:
    for path in album:
        retag(path)
    assert old.scan() == ScanOutcome(found=4, changed=4)
    assert unheard(old) == []
    assert set(versions(old).values()) == {QUICK_VERSION}
    assert old.scan() == ScanOutcome(found=4)


def test_a_file_whose_sound_another_program_exchanged_is_heard_again(
    old: Library, album: list[Path], song: Song
) -> None:
    for path in album:
        song(path, seed=9, title="Of the same length")
    assert old.scan().changed == 4
    assert sorted(unheard(old)) == sorted(album)


def test_reading_all_anew_makes_the_digests_of_today(old: Library) -> None:
    old.scan(again=True)
    assert set(versions(old).values()) == {QUICK_VERSION}
    assert unheard(old) == []


def test_what_we_write_ourselves_is_never_heard_again(old: Library, album: list[Path]) -> None:
    tracks = [track for path in album if (track := old.read(queries.find_track, path)) is not None]
    written = old.apply_writes(old.plan_edits({track: {"mood": ["calm"]} for track in tracks}).plans)
    assert written.written == 4 and unheard(old) == []
    assert set(versions(old).values()) == {QUICK_VERSION}
    as_0_1_0_left_it(old)
    assert written.batch_id is not None
    assert old.undo(written.batch_id).written == 4
    assert unheard(old) == []


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize("meanwhile", ["moved", "tagged", "tagged, all of the sound known"])
def test_a_moved_file_is_found_again(old: Library, music: Path, album: list[Path], number: int, meanwhile: str) -> None:
    track = old.read(queries.find_track, album[number])
    if "known" in meanwhile:
        with old.store.writing() as connection:
            digest = audio_digest(album[number])
            connection.execute("UPDATE tracks SET audio_digest = ? WHERE id = ?", (digest, track))
    if "tagged" in meanwhile:
        retag(album[number])
    moved = music / "elsewhere" / f"another name{album[number].suffix}"
    moved.parent.mkdir()
    album[number].rename(moved)
    assert old.scan() == ScanOutcome(found=4, moved=1)
    assert old.read(queries.find_track, moved) == track
    assert unheard(old) == []


def test_duplicates_are_found_among_digests_of_both_versions(old: Library, music: Path, album: list[Path]) -> None:
    copy = music / f"copy{album[0].suffix}"
    copy.write_bytes(album[0].read_bytes())
    retag(copy, "The same sound")
    assert old.scan() == ScanOutcome(found=5, added=1)
    first, second = (old.read(queries.find_track, path) for path in (album[0], copy))
    old.find_same_sound()
    assert duplicate_groups(old.store) == [[first, second]]
    assert unheard(old) == [copy]
