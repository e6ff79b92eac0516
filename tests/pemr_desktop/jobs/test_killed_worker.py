"""The worker is killed while it listens and while it writes; nothing is lost, nothing is there twice."""

from __future__ import annotations

import os
import random
import shutil
import signal
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from pemr_desktop.analysis.crash_memory import MAX_ATTEMPTS
from pemr_desktop.jobs.client import WorkerClient
from pemr_desktop.library import queries
from pemr_desktop.library.database.reader import open_reader
from pemr_desktop.protocol.messages import (
    AddFolders,
    Analyse,
    ApplyWrites,
    Failed,
    Finished,
    PlanEdits,
    Progress,
    Request,
)
from pemr_desktop.protocol.results import PlanResult, WriteResult

FILES_WRITTEN = 60


@pytest.mark.slow
def test_ten_kills_at_random_moments_lose_no_track(
    library_path: Path, music: Path, model_file: Path, qtbot: QtBot
) -> None:
    """Slow: eleven workers load torch, one after the other."""
    draw = random.Random(20)
    moments = ["loading"] * 4 + ["listening"] * 6
    draw.shuffle(moments)
    killed: list[int] = []
    client = WorkerClient(library_path, model_file)
    failures: list[Failed] = []
    client.failed.connect(failures.append)

    def kill() -> None:
        process_id = client.process_id()
        if process_id is not None and len(killed) < len(moments) and process_id not in killed:
            killed.append(process_id)
            os.kill(process_id, signal.SIGKILL)

    def maybe_kill(moment: str, within_ms: int) -> Callable[[object], None]:
        def decide(event: object) -> None:
            due = len(killed) < len(moments) and moments[len(killed)] == moment
            if due and not (isinstance(event, Progress) and event.done == 0):
                QTimer.singleShot(draw.randint(0, within_ms), client, kill)

        return decide

    with qtbot.waitSignal(client.finished):
        client.start()
        client.submit(AddFolders((os.fsencode(music),)))
    client.started.connect(maybe_kill("loading", 800))
    client.progress.connect(maybe_kill("listening", 150))
    with qtbot.waitSignal(client.finished) as ended:
        client.submit(Analyse())
    assert isinstance(ended.args[0], Finished) and not failures
    assert len(killed) == 10 and len(set(killed)) == 10
    assert client.stop(20.0)
    with closing(open_reader(library_path)) as conn:
        tracks = [row[0] for row in conn.execute("SELECT id FROM tracks")]
        heard = [row[0] for row in conn.execute("SELECT track_id FROM embeddings")]
        given_up = dict(conn.execute("SELECT track_id, reason FROM problems").fetchall())
        assert len(tracks) == 12 and len(set(tracks)) == 12
        # chance may hit one track as often as a track that really ends the worker: it is named then, not forgotten
        assert sorted([*heard, *given_up]) == sorted(tracks)
        assert all("ended the program several times" in reason for reason in given_up.values())
        assert len(given_up) <= moments.count("listening") // (MAX_ATTEMPTS - 1)
        assert conn.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert conn.execute("PRAGMA foreign_key_check").fetchall() == []
    assert not library_path.with_name(library_path.name + ".listening").exists()


def test_a_worker_that_is_killed_while_it_writes_tells_the_truth_afterwards(
    library_path: Path, tmp_path: Path, make_audio: Callable[..., Path], qtbot: QtBot
) -> None:
    first = make_audio(tmp_path / "music" / "tune 00.flac", seconds=2.0, tags={"title": "Old"})
    for number in range(1, FILES_WRITTEN):
        shutil.copy(first, first.with_name(f"tune {number:02d}.flac"))
    client = WorkerClient(library_path)
    answers: list[object] = []
    client.finished.connect(lambda event: answers.append(client.result(event)))

    def do(request: Request) -> object:
        with qtbot.waitSignal(client.finished):
            client.submit(request)
        return answers[-1]

    client.start()
    do(AddFolders((os.fsencode(tmp_path / "music"),)))
    with closing(open_reader(library_path)) as conn:
        ids = queries.track_ids(conn)
    planned = do(PlanEdits({track_id: {"title": ("New",)} for track_id in ids}))
    assert isinstance(planned, PlanResult) and len(planned.plans) == FILES_WRITTEN
    killed: list[int] = []

    def kill(event: Progress) -> None:
        process_id = client.process_id()
        if process_id is not None and not killed and event.done >= 1:
            killed.append(process_id)
            os.kill(process_id, signal.SIGKILL)

    client.progress.connect(kill)
    written = do(ApplyWrites(planned.plans))
    assert killed
    assert isinstance(written, WriteResult) and (written.written, written.refused) == (FILES_WRITTEN, {})
    recovery = client.last_ready.recovery if client.last_ready is not None else None
    assert recovery is None or (recovery.left_alone, recovery.later) == (0, {})
    assert client.stop(20.0)
    with closing(open_reader(library_path)) as conn:
        assert queries.problems(conn) == []
        (batch,) = queries.history(conn)
        assert (batch.file_count, batch.done_count) == (FILES_WRITTEN, FILES_WRITTEN)
        assert queries.track_ids(conn, query="title:New") == ids
