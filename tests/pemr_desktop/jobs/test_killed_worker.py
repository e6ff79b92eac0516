"""The worker is killed again and again while it listens; nothing is lost, nothing is there twice."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from pemr_desktop.analysis.crash_memory import MAX_ATTEMPTS
from pemr_desktop.jobs.client import WorkerClient
from pemr_desktop.library.database.reader import open_reader
from pemr_desktop.protocol.messages import AddFolders, Analyse, Failed, Finished, Progress


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
