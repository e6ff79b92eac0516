"""A rescan passes over folders that are as they were, and over nothing else."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

from pemr_desktop.library import queries
from pemr_desktop.library.library import Library
from pemr_desktop.library.scanning.scanner import ScanOutcome
from pemr_desktop.tagfiles.diff import make_plan
from pemr_desktop.tagfiles.write import apply_plan

Song = Callable[..., Path]


def settled(library: Library) -> set[bytes]:
    """The folders that the next scan will pass over if they are as they were."""
    return {row[0] for row in library.read(lambda conn: conn.execute("SELECT folder FROM folder_states").fetchall())}


def asked_for_tracks(library: Library, scan: Callable[[], ScanOutcome]) -> int:
    """How often the scan asks the database for the tracks of a folder."""
    asked: list[str] = []
    with library.store.reading() as connection:
        connection.set_trace_callback(asked.append)
        scan()
        connection.set_trace_callback(None)
    return sum("quick_digest END FROM tracks WHERE root_id" in sql for sql in asked)


def test_folders_are_settled_after_the_first_scan(library: Library, album: list[Path]) -> None:
    assert settled(library) == {b"", b"Kind of Blue"}
    assert asked_for_tracks(library, library.scan) == 0
    album[0].touch()
    assert asked_for_tracks(library, library.scan) == 1


def test_a_file_that_vanished_and_came_back_as_it_was_is_present(
    library: Library, album: list[Path], tmp_path: Path
) -> None:
    for away in (album[0], album[0].parent):  # alone, and with its folder
        hidden = away.rename(tmp_path / "hidden")
        assert library.scan().missing > 0
        hidden.rename(away)
        library.scan()
        assert {row.state for row in library.read(queries.rows, library.read(queries.track_ids))} == {"present"}
        assert len(library.read(queries.track_ids)) == 4


def test_another_file_of_the_same_size_and_time_is_noticed(library: Library, album: list[Path]) -> None:
    status = album[0].stat()
    copy = album[0].with_suffix(".tmp")
    data = bytearray(album[0].read_bytes())
    data[-40] ^= 1
    copy.write_bytes(data)
    os.utime(copy, ns=(status.st_atime_ns, status.st_mtime_ns))
    copy.replace(album[0])
    assert album[0].stat().st_size == status.st_size
    assert library.scan().changed == 1


def test_what_we_write_ourselves_is_no_change_to_the_next_scan(library: Library, album: list[Path]) -> None:
    track = library.read(queries.find_track, album[0])
    assert track is not None
    library.apply_writes(library.plan_edits({track: {"mood": ["calm"]}}).plans)
    assert b"Kind of Blue" not in settled(library)
    assert library.scan() == ScanOutcome(found=4)
    assert b"Kind of Blue" in settled(library)


def test_a_folder_with_a_broken_file_is_looked_at_every_time(library: Library, music: Path, album: list[Path]) -> None:
    (album[0].parent / "broken.mp3").write_bytes(b"nothing of the kind")
    assert library.scan().problems == 1
    for _ in range(2):
        assert asked_for_tracks(library, library.scan) == 1
    assert library.scan() == ScanOutcome(found=5, problems=1)
    (album[0].parent / "broken.mp3").unlink()
    assert library.scan() == ScanOutcome(found=4)
    assert asked_for_tracks(library, library.scan) == 0


def test_other_patterns_to_ignore_are_no_reason_to_forget(library: Library, album: list[Path]) -> None:
    assert library.scan(ignore=["*.mp3"]) == ScanOutcome(found=3)
    assert len(library.read(queries.track_ids)) == 4
    assert library.scan() == ScanOutcome(found=4)


def test_forgetting_a_root_forgets_its_folders(library: Library, music: Path, album: list[Path]) -> None:
    library.remove_root(1)
    assert settled(library) == set()
    library.add_root(music)
    assert library.scan().added == 4


def test_a_file_still_being_copied_is_whole_in_the_end(library: Library, music: Path, song: Song) -> None:
    whole = song(music / "whole.flac", seed=1, title="Whole").read_bytes()
    target = music / "copied.flac"
    library.add_root(music)
    started, over = threading.Event(), threading.Event()

    def copy() -> None:
        with target.open("wb") as stream:
            for start in range(0, len(whole) - 1):
                stream.write(whole[start : start + 1])
                stream.flush()
                if start > len(whole) // 4:
                    started.set()
                if over.is_set():
                    break
            stream.write(whole[stream.tell() :])

    thread = threading.Thread(target=copy)
    thread.start()
    started.wait()
    library.scan()
    over.set()
    thread.join()
    outcome = library.scan()
    assert outcome.problems == 0
    rows = library.read(queries.rows, library.read(queries.track_ids))
    assert [row.title for row in rows] == ["Whole", "Whole"]
    assert library.scan() == ScanOutcome(found=2)


def test_a_rescan_of_many_folders_finds_the_one_that_changed(library: Library, music: Path, song: Song) -> None:
    first = song(music / "0" / "0.flac")
    for number in range(1, 60):
        (music / str(number)).mkdir()
        shutil.copy(first, music / str(number) / f"{number}.flac")
    library.add_root(music)
    library.scan()
    apply_plan(make_plan(0, music / "31" / "31.flac", {"title": ["Changed"]}, mode="replace"))
    assert asked_for_tracks(library, library.scan) == 1
    assert len(library.read(queries.track_ids, "title:changed")) == 1
