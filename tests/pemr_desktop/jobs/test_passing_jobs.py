"""While the library is listened to, nothing waits for it that need not: scans, searches, another model."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pemr_desktop.library import queries
from pemr_desktop.library.database.reader import open_reader
from pemr_desktop.protocol.messages import (
    ActivateModel,
    AddFolders,
    Analyse,
    Cancel,
    Cancelled,
    Event,
    Failed,
    FindCovers,
    Finished,
    MoreLikeThis,
    Progress,
    PutBack,
    Start,
    Started,
)
from pemr_desktop.protocol.results import AnalyseResult, CoverResult, SimilarResult
from random_model import write_random_model

MakeAudio = Callable[..., Path]


def add(folder: Path) -> AddFolders:
    return AddFolders((os.fsencode(folder),))


def begin_listening(worker: Any, music: Path) -> None:
    """Jobs 1 and 2: the music is in the library, and one track of it has been listened to."""
    worker.say(Start(1, add(music)))
    worker.say(Start(2, Analyse()))
    while not (isinstance(event := worker.hear(), Progress) and event.job_id == 2 and event.done >= 1):
        pass


def ended(events: list[Event]) -> list[int]:
    return [event.job_id for event in events if isinstance(event, Finished | Failed | Cancelled)]


@pytest.fixture
def newcomer(tmp_path: Path, make_audio: MakeAudio) -> Path:
    return make_audio(tmp_path / "more" / "newcomer.flac", seconds=4.0, seed=99, tags={"title": "Newcomer"}).parent


def test_new_music_is_there_at_once_while_the_library_is_listened_to(
    start_worker: Callable[..., Any], library_path: Path, music: Path, newcomer: Path, model_file: Path
) -> None:
    for number in range(100):  # enough for a busy machine
        shutil.copy(music / "tune 00.flac", music / f"copy {number}.flac")
    worker = start_worker(model_file)
    begin_listening(worker, music)
    worker.say(Start(3, add(newcomer)))
    events = worker.hear_until(Finished, 3)
    assert ended(events) == [3] and not any(isinstance(event, PutBack) for event in events)
    with closing(open_reader(library_path)) as connection:
        assert queries.counts(connection).tracks == 113
    worker.say(Cancel(2))
    result = msgspec.json.decode(worker.hear_until(Cancelled, 2)[-1].result, type=AnalyseResult)
    assert 1 <= result.analysed < result.waiting == 112
    assert worker.close() == 0


def test_another_model_passes_and_the_rest_is_listened_to_with_it(
    start_worker: Callable[..., Any], library_path: Path, music: Path, model_file: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.safetensors"
    write_random_model(other, seed=3)
    worker = start_worker()
    worker.say(Start(9, ActivateModel(os.fsencode(model_file))))
    worker.hear_until(Finished, 9)
    begin_listening(worker, music)
    worker.say(Start(3, ActivateModel(os.fsencode(other))))
    events = worker.hear_until(Finished, 3)
    assert [type(event) for event in events if not isinstance(event, Progress)] == [PutBack, Started, Finished]
    assert events[-1].then == Analyse()
    last = worker.hear_until(Finished, 2)[-1]
    assert msgspec.json.decode(last.result, type=AnalyseResult).analysed == 12
    with closing(open_reader(library_path)) as connection:
        assert queries.count_not_analysed(connection) == 0
    assert worker.close() == 0


def test_what_made_room_can_be_cancelled_while_it_waits(
    start_worker: Callable[..., Any], library_path: Path, music: Path, model_file: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.safetensors"
    write_random_model(other, seed=3)
    worker = start_worker(model_file)
    begin_listening(worker, music)
    worker.say(Start(3, ActivateModel(os.fsencode(other))))
    worker.hear_until(PutBack, 2)
    worker.say(Cancel(2))
    events = worker.hear_until(Finished, 3)
    if not any(isinstance(event, Cancelled) for event in events):
        events += worker.hear_until(Cancelled, 2)
    assert sorted(ended(events)) == [2, 3]
    with closing(open_reader(library_path)) as connection:
        assert queries.count_not_analysed(connection) > 0
    assert worker.close() == 0


def test_covers_of_a_track_nobody_has_listened_to_are_found_at_once(
    start_worker: Callable[..., Any], library_path: Path, music: Path, newcomer: Path, model_file: Path
) -> None:
    worker = start_worker(model_file)
    begin_listening(worker, music)
    worker.say(Start(3, add(newcomer)))
    worker.hear_until(Finished, 3)
    with closing(open_reader(library_path)) as connection:
        track_id = queries.find_track(connection, newcomer / "newcomer.flac")
    assert track_id is not None
    worker.say(Start(4, FindCovers(track_id)))
    events = worker.hear_until((Finished, Failed), 4)
    assert isinstance(events[-1], Finished), worker.said(events[-1])
    steps = [event.step.code for event in events if isinstance(event, Progress) and event.job_id == 4]
    assert steps[0] == "preparing analysis"
    result = msgspec.json.decode(events[-1].result, type=CoverResult)
    assert result.query_track_id == track_id and result.query_peaks
    with closing(open_reader(library_path)) as connection:
        (row,) = queries.rows(connection, [track_id])
        assert row.analysed
    assert worker.close() == 0


def test_what_sounds_like_a_track_nobody_has_listened_to_is_found(
    start_worker: Callable[..., Any], music: Path, newcomer: Path, model_file: Path
) -> None:
    worker = start_worker(model_file)
    worker.say(Start(1, add(newcomer)))
    worker.say(Start(2, Analyse()))
    worker.hear_until(Finished, 2)
    worker.say(Start(3, add(music)))
    worker.hear_until(Finished, 3)
    worker.say(Start(4, MoreLikeThis((2, 3))))
    result = msgspec.json.decode(worker.hear_until(Finished, 4)[-1].result, type=SimilarResult)
    assert [track.track_id for track in result.tracks] == [1]
    assert worker.close() == 0


def test_a_track_that_cannot_be_listened_to_says_why_it_has_no_covers(
    start_worker: Callable[..., Any], music: Path, model_file: Path
) -> None:
    worker = start_worker(model_file)
    worker.say(Start(1, add(music)))
    worker.hear_until(Finished, 1)
    (music / "tune 00.flac").unlink()
    worker.say(Start(2, FindCovers(1)))
    told = worker.said(worker.hear_until(Failed, 2)[-1])
    assert "Tune 0" in told and "tune 00.flac is not there" in told
    silent = music / "tune 01.flac"
    silent.write_bytes(silent.read_bytes()[:9000] + bytes(4000))
    worker.say(Start(3, FindCovers(2)))
    told = worker.said(worker.hear_until(Failed, 3)[-1])
    assert "Tune 1" in told and told.count(".") >= 2 and "Analyse it first" not in told
    assert worker.close() == 0
