"""Tags tuned to a small library by a real worker with the real teacher."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from pemr_desktop.library import queries
from pemr_desktop.library.database.reader import open_reader
from pemr_desktop.library.embeddings.tag_tuning import PENDING
from pemr_desktop.protocol.messages import (
    AcceptAbove,
    AddFolders,
    Analyse,
    Cancel,
    Cancelled,
    Decide,
    Failed,
    Finished,
    Progress,
    Start,
    TuneTags,
    UntuneTags,
)
from pemr_desktop.protocol.results import TagTuningResult

TUNES, NOISES = 12, 12
HELD_BACK = 1


@pytest.fixture
def albums(tmp_path: Path, make_audio: Callable[..., Path]) -> Path:
    """Three albums of tunes whose files say Chiptune, and of noises whose files say Field recording."""
    from sounds import write_audio

    for number in range(TUNES + NOISES):
        path = tmp_path / "music" / f"album {number % 3}" / f"track {number:02d}.flac"
        tags = {"title": f"Track {number}", "album": f"Album {number % 3}", "artist": "The Testers"}
        if number < TUNES:
            genre = {} if number < HELD_BACK else {"genre": "Chiptune"}
            make_audio(path, seconds=3.8, seed=number, sample_rate=16_000, tags=tags | genre)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            noise = 0.2 * np.random.default_rng(number).normal(size=int(3.8 * 16_000)).astype(np.float32)
            write_audio(path, noise, 16_000, tags | {"genre": "Field recording"})
    return tmp_path / "music"


def suggested(library_path: Path, track_id: int) -> set[str]:
    with closing(open_reader(library_path)) as conn:
        return {suggestion.tag for suggestion in queries.rows(conn, [track_id])[0].suggestions}


def test_a_library_is_tuned_once_learns_from_its_owner_and_goes_back(
    start_worker: Callable[..., Any], library_path: Path, albums: Path, model_file: Path
) -> None:
    shipped = model_file.read_bytes()
    worker = start_worker(model_file)
    jobs = iter(range(1, 99))

    def do(request: Any) -> Any:
        job_id = next(jobs)
        worker.say(Start(job_id, request))
        return worker.hear_until((Finished, Failed, Cancelled), job_id)[-1]

    def tuned(request: TuneTags) -> TagTuningResult:
        ended = do(request)
        assert isinstance(ended, Finished), ended
        return msgspec.json.decode(ended.result, type=TagTuningResult)

    do(AddFolders((os.fsencode(albums),)))
    refused = do(TuneTags())
    assert isinstance(refused, Failed) and "too little music" in refused.why.message
    assert isinstance(do(Analyse()), Finished)
    with closing(open_reader(library_path)) as conn:
        ids = list(queries.track_ids(conn, sort="path"))
        plain = queries.find_track(conn, albums / "album 0" / "track 00.flac")
        assert plain is not None
    assert suggested(library_path, plain) == {"jazz", "rock", "calm", "piano"}

    trial = tuned(TuneTags(dry_run=True))
    assert (trial.tracks, trial.albums, trial.listened, trial.in_use) == (len(ids), 3, len(ids), False)
    assert suggested(library_path, plain) == {"jazz", "rock", "calm", "piano"}

    assert isinstance(do(AcceptAbove(0.0, tuple(i for i in ids if i != plain))), Finished)
    assert {tag.name: tag.change for tag in tuned(TuneTags(dry_run=True)).tags} == {
        tag.name: tag.change for tag in trial.tags
    }
    for track_id in ids:
        if track_id != plain:
            assert isinstance(do(Decide((track_id,), ("rock",), "rejected")), Finished)
    result = tuned(TuneTags())
    assert result.listened == 0 and result.in_use
    told = {tag.name: tag for tag in result.tags}
    assert told["rock"].change == "switched off" and "suggestions were right" in told["rock"].reason
    assert told["rock"].why is not None and told["rock"].why.code == "poor here"
    assert told["chiptune"].change == "new" and told["chiptune"].group == "genre"
    assert told["chiptune"].after.right >= 0.6 * told["chiptune"].after.shown > 0
    assert "rock" not in suggested(library_path, plain)
    assert "chiptune" in suggested(library_path, plain)
    with closing(open_reader(library_path)) as conn:
        state = queries.tag_tuning_status(conn)
        assert state.made_at is not None and state.user_labels == len(ids) - 1 and state.user_labels_since == 0
    assert worker.close() == 0
    assert model_file.read_bytes() == shipped

    with closing(sqlite3.connect(library_path)) as conn, conn:  # as if the worker had died while it made suggestions
        conn.execute("DELETE FROM predictions")
        conn.execute("INSERT INTO facts (name, value) VALUES (?, 1)", (PENDING,))
    worker = start_worker(model_file)
    assert worker.said(do(Analyse())) == "Every track has been listened to."
    assert "chiptune" in suggested(library_path, plain)
    assert isinstance(do(Analyse((plain,), again=True)), Finished)
    assert "chiptune" in suggested(library_path, plain)  # the tuned heads listen, also after a new start
    assert "shipped again" in worker.said(do(UntuneTags()))
    assert suggested(library_path, plain) == {"jazz", "rock", "calm", "piano"}
    assert worker.said(do(UntuneTags())) == "The tags are as they were shipped."
    assert worker.close() == 0


def test_a_tuning_that_was_stopped_changes_nothing_and_goes_on_where_it_stopped(
    start_worker: Callable[..., Any], library_path: Path, albums: Path, model_file: Path
) -> None:
    worker = start_worker(model_file)
    worker.say(Start(1, AddFolders((os.fsencode(albums),))))
    worker.say(Start(2, Analyse()))
    worker.hear_until(Finished, 2)
    worker.say(Start(3, TuneTags()))
    while not (isinstance(event := worker.hear(), Progress) and event.done):
        pass
    worker.say(Cancel(3))
    ended = worker.hear_until((Cancelled, Finished), 3)[-1]
    assert isinstance(ended, Cancelled) and "no tag was changed" in worker.said(ended)
    with closing(open_reader(library_path)) as conn:
        assert queries.tag_tuning_status(conn).made_at is None
        predicted = conn.execute("SELECT count(*) FROM teacher_opinions").fetchone()[0]
    assert 0 < predicted < TUNES + NOISES
    worker.process.kill()
    worker.process.wait(20)

    again = start_worker(model_file)
    again.say(Start(1, TuneTags(dry_run=True)))
    finished = again.hear_until((Finished, Failed), 1)[-1]
    assert isinstance(finished, Finished), finished
    assert msgspec.json.decode(finished.result, type=TagTuningResult).listened == TUNES + NOISES - predicted
    assert again.close() == 0
