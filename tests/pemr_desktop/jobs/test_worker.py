"""The worker as a real process: commands in, events out, and a clean end whatever happens."""

from __future__ import annotations

import os
import queue
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from patience import PATIENCE_S
from pemr_desktop.jobs.context import JobContext, Outcome, open_resources
from pemr_desktop.jobs.operations import OPERATIONS
from pemr_desktop.jobs.worker import Worker
from pemr_desktop.library import queries
from pemr_desktop.library.database.reader import open_reader
from pemr_desktop.library.opening import open_library
from pemr_desktop.paths import below
from pemr_desktop.protocol.messages import (
    AddFolders,
    Analyse,
    Cancel,
    Cancelled,
    Decide,
    Failed,
    FindCovers,
    Finished,
    Progress,
    Quit,
    Ready,
    RemoveRoot,
    Request,
    SavePlaylist,
    Scan,
    Start,
    Started,
)
from pemr_desktop.protocol.results import AnalyseResult, PlaylistResult, ScanResult

StartWorker = Callable[..., Any]


def add(folder: Path) -> AddFolders:
    return AddFolders((os.fsencode(folder),))


def test_a_folder_is_added_and_scanned(start_worker: StartWorker, library_path: Path, music: Path) -> None:
    worker = start_worker()
    ready = worker.hear()
    assert isinstance(ready, Ready) and ready.process_id == worker.process.pid
    assert ready.read_only is None and ready.model_id is None
    worker.say(Start(1, add(music)))
    events = worker.hear_until(Finished)
    assert isinstance(events[0], Started)
    finished = events[-1]
    assert isinstance(finished, Finished) and worker.said(finished) == "12 tracks found; 12 tracks added."
    assert msgspec.json.decode(finished.result, type=ScanResult) == ScanResult(12, 12, 0, 0, 0, 0)
    assert finished.changed.roots and len(finished.changed.track_ids) == 12
    assert worker.close() == 0
    with closing(open_reader(library_path)) as conn:
        assert len(queries.track_ids(conn)) == 12


def test_quit_ends_the_worker_and_leaves_no_lock(start_worker: StartWorker, library_path: Path) -> None:
    worker = start_worker()
    worker.hear()
    worker.say(Quit())
    assert worker.process.wait(20) == 0
    open_library(library_path).close()


def test_when_the_window_dies_the_worker_stops_what_it_does_and_ends(
    start_worker: StartWorker, library_path: Path, music: Path, model_file: Path
) -> None:
    worker = start_worker(model_file)
    worker.say(Start(1, add(music)))
    worker.say(Start(2, Analyse()))
    worker.hear_until(Progress, 2)
    assert worker.close() in (0, 1)  # 1: on a busy machine loading torch takes longer than it is waited for
    with open_library(library_path) as library:
        assert library.read(lambda conn: conn.execute("PRAGMA integrity_check").fetchone()[0]) == "ok"


def test_a_running_job_is_cancelled_between_two_tracks_and_keeps_what_it_has(
    start_worker: StartWorker, library_path: Path, music: Path, model_file: Path
) -> None:
    worker = start_worker(model_file)
    worker.say(Start(1, add(music)))
    worker.say(Start(2, Analyse()))
    while not (isinstance(event := worker.hear(), Progress) and event.job_id == 2 and event.done >= 1):
        pass
    worker.say(Cancel(2))
    assert isinstance(worker.hear_until(Cancelled, 2)[-1], Cancelled)
    with closing(open_reader(library_path)) as conn:
        counts = queries.counts(conn)
    assert 1 <= counts.analysed < 12
    worker.say(Start(3, Analyse()))
    finished = worker.hear_until(Finished, 3)[-1]
    assert isinstance(finished, Finished)
    result = msgspec.json.decode(finished.result, type=AnalyseResult)
    assert result.analysed == 12 - counts.analysed and result.problems == 0
    assert set(result.spent_s) >= {"decode", "front end", "encoder", "heads", "covers", "storage"}
    worker.close()


def test_a_file_without_sound_is_not_counted_as_listened_to(
    start_worker: StartWorker, music: Path, model_file: Path
) -> None:
    silent = music / "tune 00.flac"
    whole = silent.read_bytes()
    silent.write_bytes(whole[:9000] + bytes(len(whole) - 9000))
    for more in sorted(music.glob("*.flac"))[2:]:
        more.unlink()
    worker = start_worker(model_file)
    worker.say(Start(1, add(music)))
    worker.say(Start(2, Analyse()))
    told = worker.said(worker.hear_until(Finished, 2)[-1])
    assert told == "Listened to 1 track. 1 file could not be listened to properly: see Problems."
    worker.say(Start(3, Analyse()))
    told = worker.said(worker.hear_until(Finished, 3)[-1])
    assert told.startswith("Every other track has been listened to; 1 file could not be: see Problems.")
    worker.close()


def test_a_job_that_waits_is_cancelled_at_once(start_worker: StartWorker, music: Path, model_file: Path) -> None:
    worker = start_worker(model_file)
    worker.say(Start(1, add(music)))
    worker.say(Start(2, Analyse()))
    worker.say(Start(3, Scan()))
    worker.say(Cancel(3))
    events = worker.hear_until(Cancelled)
    assert events[-1].job_id == 3
    assert not any(isinstance(event, Finished) and event.job_id == 2 for event in events)
    worker.close()


def test_a_short_job_does_not_wait_behind_a_long_one(start_worker: StartWorker, music: Path, model_file: Path) -> None:
    worker = start_worker(model_file)
    worker.say(Start(1, add(music)))
    worker.say(Start(2, Analyse()))
    worker.hear_until(Started, 2)
    worker.say(Start(3, SavePlaylist("While it listens", ())))
    events = worker.hear_until(Finished, 3)
    assert not any(isinstance(event, Finished) and event.job_id == 2 for event in events)
    worker.close()


def test_a_command_that_is_not_understood_does_not_stop_the_next(start_worker: StartWorker) -> None:
    worker = start_worker()
    worker.hear()
    worker.process.stdin.write(b'{"command": "dance"}\nnot json\n\xff\xfe\n')
    worker.say(Start(1, SavePlaylist("Still here", ())))
    assert worker.hear_until(Finished)[-1].job_id == 1
    worker.close()


def test_a_second_worker_may_only_read_and_says_so(start_worker: StartWorker) -> None:
    first, second = start_worker(), start_worker()
    readies = [first.hear(), second.hear()]
    (why,) = [ready.read_only for ready in readies if ready.read_only]
    assert why.code == "library in use"
    refused = first if readies[0].read_only else second
    refused.say(Start(1, SavePlaylist("Mine", ())))
    failed = refused.hear_until(Failed)[-1]
    assert failed.why == why
    assert (first.close(), second.close()) == (0, 0)


@pytest.mark.parametrize("content", [b"this is no database " * 300, b"SQLite format 3\0" + b"\xff" * 8000])
def test_a_damaged_library_is_named_and_left_as_it_is(
    start_worker: StartWorker, library_path: Path, content: bytes
) -> None:
    library_path.parent.mkdir(parents=True)
    library_path.write_bytes(content)
    worker = start_worker()
    ready = worker.hear()
    assert str(library_path) in ready.read_only.message
    worker.say(Start(1, Scan()))
    assert worker.hear_until(Failed)[-1].why == ready.read_only
    assert worker.close() == 0
    assert library_path.read_bytes() == content


def test_a_library_of_a_newer_version_is_left_as_it_is(start_worker: StartWorker, library_path: Path) -> None:
    open_library(library_path).close()
    with closing(sqlite3.connect(library_path)) as conn:
        conn.execute("PRAGMA user_version = 9999")
    before = library_path.read_bytes()
    worker = start_worker()
    assert "newer" in worker.hear().read_only.message
    assert worker.close() == 0
    assert library_path.read_bytes() == before


def test_a_folder_that_is_not_there_is_named_and_the_others_are_scanned(
    start_worker: StartWorker, music: Path, tmp_path: Path
) -> None:
    worker = start_worker()
    worker.say(Start(1, AddFolders((os.fsencode(tmp_path / "gone"), os.fsencode(music)))))
    finished = worker.hear_until(Finished)[-1]
    assert "12 tracks added" in worker.said(finished) and "gone" in worker.said(finished)
    worker.say(Start(2, AddFolders((os.fsencode(tmp_path / "gone"),))))
    assert "gone" in worker.said(worker.hear_until(Failed)[-1])
    worker.close()


def test_files_that_are_no_music_make_no_folder_of_the_library(
    start_worker: StartWorker, library_path: Path, music: Path, tmp_path: Path
) -> None:
    downloads = tmp_path / "downloads"
    downloads.mkdir()
    letter, broken = downloads / "letter.txt", downloads / "broken.flac"
    letter.write_text("Dear reader")
    broken.write_bytes(b"no music at all" * 100)
    worker = start_worker()
    worker.say(Start(1, add(letter)))
    assert "letter.txt is no music file" in worker.said(worker.hear_until(Failed, 1)[-1])
    worker.say(Start(2, AddFolders((os.fsencode(music), os.fsencode(letter), os.fsencode(broken)))))
    told = worker.said(worker.hear_until(Finished, 2)[-1])
    assert "12 tracks added" in told and "letter.txt is no music file" in told and "broken.flac was not added" in told
    assert "see Problems" not in told
    with closing(open_reader(library_path)) as conn:
        assert [root.path for root in queries.roots(conn)] == [os.fsencode(music)]
        assert queries.problems(conn) == []
    whole = music / "tune 00.flac"
    whole.rename(downloads / "tune.flac")
    worker.say(Start(3, AddFolders((os.fsencode(broken), os.fsencode(downloads / "tune.flac")))))
    assert "broken.flac" not in worker.said(worker.hear_until(Finished, 3)[-1])  # it is on the list of problems
    with closing(open_reader(library_path)) as conn:
        assert len(queries.roots(conn)) == 2
        assert [Path(os.fsdecode(problem.path)) for problem in queries.problems(conn)] == [broken]
    worker.close()


def test_a_folder_that_vanished_loses_no_track(
    start_worker: StartWorker, library_path: Path, music: Path, model_file: Path
) -> None:
    worker = start_worker(model_file)
    worker.say(Start(1, add(music)))
    worker.hear_until(Finished)
    music.rename(music.with_name("unplugged"))
    worker.say(Start(2, Analyse()))
    assert "not reachable" in worker.said(worker.hear_until(Finished, 2)[-1])
    worker.say(Start(3, Scan()))
    assert "Not reachable" in worker.said(worker.hear_until(Finished, 3)[-1])
    with closing(open_reader(library_path)) as conn:
        counts = queries.counts(conn)
        assert (counts.tracks, counts.offline, counts.problems) == (12, 12, 0)
    worker.close()


def test_removing_a_folder_twice_is_no_error(start_worker: StartWorker, music: Path, library_path: Path) -> None:
    worker = start_worker()
    worker.say(Start(1, add(music)))
    worker.hear_until(Finished)
    with closing(open_reader(library_path)) as conn:
        (root,) = queries.roots(conn)
    for job_id in (2, 3):
        worker.say(Start(job_id, RemoveRoot(root.id)))
        assert isinstance(worker.hear_until(Finished, job_id)[-1], Finished)
    assert len(list(music.iterdir())) == 12
    worker.close()


def test_a_refusal_is_a_sentence_for_the_user(start_worker: StartWorker, home: Path) -> None:
    worker = start_worker()
    refused: list[FindCovers | Decide] = [
        FindCovers(path=b"/no/such.mp3"),
        FindCovers(),
        Decide((1,), ("x",), "accepted"),
    ]
    for job_id, request in enumerate(refused):
        worker.say(Start(job_id, request))
        failed = worker.hear_until(Failed)[-1]
        assert failed.why.message.endswith(".") and "Traceback" not in failed.why.message
    worker.close()
    assert "no/such.mp3" in (home / "log" / "worker.log").read_text()


def test_a_result_that_cannot_be_sent_costs_its_job_and_not_the_lane(
    home: Path, library_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer_with_numpy(_request: Request, _context: JobContext) -> Outcome:
        return Outcome(PlaylistResult(1, np.float64(2.0)))  # type: ignore[arg-type]

    monkeypatch.setitem(OPERATIONS, SavePlaylist, answer_with_numpy)  # type: ignore[misc]
    events: queue.SimpleQueue[Any] = queue.SimpleQueue()
    resources = open_resources(library_path, below(home))
    worker = Worker(resources, events.put)
    worker.begin()
    for job_id in (1, 2):
        worker.take(Start(job_id, SavePlaylist("Evening", ())))
        assert isinstance(events.get(timeout=PATIENCE_S), Started)
        failed = events.get(timeout=PATIENCE_S)
        assert isinstance(failed, Failed) and failed.job_id == job_id
        assert failed.why.message.startswith("Something unexpected happened")
    assert worker.end()
    assert resources.library is not None
    resources.library.close()
