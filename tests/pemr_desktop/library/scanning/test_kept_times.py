"""Edits that set the modification time back, as Mp3tag does: seen by what nobody can set back, or by reading again."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import mutagen
import pytest

from pemr_desktop.library import queries
from pemr_desktop.library.library import Library
from pemr_desktop.library.scanning.scanner import ScanOutcome

has_ctime = pytest.mark.skipif(os.name == "nt", reason="this system does not say when a file changed")


def retitle(path: Path, title: str) -> None:
    """Another title and nothing else that shows: the size and the modification time stay."""
    before = path.stat()
    file = mutagen.File(path, easy=True)
    file["title"] = title
    file.save()
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = path.stat()
    assert (after.st_size, after.st_mtime_ns, after.st_ino) == (before.st_size, before.st_mtime_ns, before.st_ino)


def titles(library: Library) -> set[str]:
    return {row.title for row in library.read(queries.rows, library.read(queries.track_ids))}


def read_times(library: Library) -> dict[int, float]:
    return dict(library.read(lambda conn: conn.execute("SELECT id, read_at FROM tracks").fetchall()))


def as_an_earlier_version_left_it(library: Library) -> None:
    with library.store.writing() as connection:
        connection.execute("UPDATE tracks SET ctime_ns = NULL")
        connection.execute("DELETE FROM folder_states")


@has_ctime
@pytest.mark.parametrize("number", range(4))
def test_an_edit_that_keeps_size_and_time_is_seen(library: Library, album: list[Path], number: int) -> None:
    path = album[number]
    track = library.read(queries.find_track, path)
    before = read_times(library)
    assert track is not None
    (old,) = (row.title for row in library.read(queries.rows, [track]))
    retitle(path, old[::-1])
    assert library.scan() == ScanOutcome(found=4, changed=1)
    assert old[::-1] in titles(library) and old not in titles(library)
    assert {key for key, read_at in read_times(library).items() if read_at != before[key]} == {track}
    assert library.scan() == ScanOutcome(found=4)


@has_ctime
def test_nothing_heard_is_forgotten_for_it(
    library: Library, album: list[Path], analysed: Callable[..., list[int]]
) -> None:
    analysed(library)
    model = library.read(queries.active_model)
    assert model is not None
    for path in album:
        retitle(path, "Other")
    assert library.scan().changed == 4
    assert titles(library) == {"Other"}
    assert library.tracks_to_analyse(model.id) == []


@has_ctime
def test_other_permissions_are_no_news(library: Library, album: list[Path]) -> None:
    before = read_times(library)
    album[0].chmod(0o600)
    assert library.scan() == ScanOutcome(found=4)
    assert len(set(before.items()) - set(read_times(library).items())) == 1
    after = read_times(library)
    assert library.scan() == ScanOutcome(found=4)
    assert read_times(library) == after


@has_ctime
def test_rows_of_an_earlier_version_are_as_they_were_until_they_are_read(library: Library, album: list[Path]) -> None:
    as_an_earlier_version_left_it(library)
    before = read_times(library)
    retitle(album[0], "tahW oS")
    assert library.scan() == ScanOutcome(found=4)
    assert read_times(library) == before
    assert library.scan(again=True) == ScanOutcome(found=4, changed=1)
    assert "tahW oS" in titles(library)
    retitle(album[0], "So What")
    assert library.scan() == ScanOutcome(found=4, changed=1)
    assert "So What" in titles(library)


def test_reading_again_reads_all_and_forgets_nothing(
    library: Library, album: list[Path], analysed: Callable[..., list[int]]
) -> None:
    analysed(library)
    model = library.read(queries.active_model)
    assert model is not None
    before = read_times(library)
    assert library.scan(again=True) == ScanOutcome(found=4)
    assert all(read_at > before[key] for key, read_at in read_times(library).items())
    assert library.tracks_to_analyse(model.id) == []
    after = read_times(library)
    assert library.scan() == ScanOutcome(found=4)
    assert read_times(library) == after


@has_ctime
def test_a_plan_made_before_is_carried_out_and_its_write_is_not_read_again(library: Library, album: list[Path]) -> None:
    track = library.read(queries.find_track, album[0])
    assert track is not None
    plans = library.plan_edits({track: {"mood": ["calm"]}}).plans
    album[0].chmod(0o640)
    written = library.apply_writes(plans)
    assert (written.written, written.refused) == (1, {})
    after = read_times(library)
    assert library.scan() == ScanOutcome(found=4)
    assert read_times(library) == after
    assert written.batch_id is not None and library.undo(written.batch_id).written == 1
    after = read_times(library)
    assert library.scan() == ScanOutcome(found=4)
    assert read_times(library) == after


@has_ctime
def test_a_broken_file_that_is_mended_in_its_time_is_tried_again(
    library: Library, album: list[Path], song: Callable[..., Path]
) -> None:
    path = song(album[0].parent / "5.flac", seed=5, title="Flamenco Sketches")
    whole = path.read_bytes()
    path.write_bytes(bytes(len(whole)))
    broken = path.stat()
    assert library.scan() == ScanOutcome(found=5, problems=1)
    assert library.scan() == ScanOutcome(found=5, problems=1)
    path.write_bytes(whole)
    os.utime(path, ns=(broken.st_atime_ns, broken.st_mtime_ns))
    assert library.scan() == ScanOutcome(found=5, added=1)


@has_ctime
def test_a_file_that_is_broken_in_its_time_is_named_and_not_tried_over_and_over(
    library: Library, album: list[Path]
) -> None:
    before = album[0].stat()
    whole = album[0].read_bytes()
    album[0].write_bytes(bytes(before.st_size))
    os.utime(album[0], ns=(before.st_atime_ns, before.st_mtime_ns))
    assert library.scan() == ScanOutcome(found=4, problems=1)
    (seen,) = library.read(lambda conn: conn.execute("SELECT seen_at FROM problems").fetchall())
    assert library.scan() == ScanOutcome(found=4, problems=1)
    assert library.read(lambda conn: conn.execute("SELECT seen_at FROM problems").fetchall()) == [seen]
    album[0].write_bytes(whole)
    os.utime(album[0], ns=(before.st_atime_ns, before.st_mtime_ns))
    assert library.scan() == ScanOutcome(found=4)
    assert len(titles(library)) == 4
