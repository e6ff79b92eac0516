"""The window's client with a real worker process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from pemr_desktop.jobs.client import WorkerClient
from pemr_desktop.protocol.messages import AddFolders, Failed, Finished, SavePlaylist, Scan
from pemr_desktop.protocol.results import ScanResult


@pytest.fixture
def client(library_path: Path, qtbot: QtBot) -> Iterator[WorkerClient]:
    client = WorkerClient(library_path)
    yield client
    client.stop()


def test_a_job_submitted_before_the_worker_is_ready_is_done(client: WorkerClient, qtbot: QtBot, music: Path) -> None:
    job_id = client.submit(AddFolders((os.fsencode(music),)))
    assert client.jobs()[0].title == "Scanning music" and client.jobs()[0].state == "waiting"
    ended: list[Finished] = []
    client.finished.connect(ended.append)
    with qtbot.waitSignals([client.ready, client.started, client.changed, client.finished]):
        client.start()
    finished = ended[0]
    assert isinstance(finished, Finished) and finished.job_id == job_id
    result = client.result(finished)
    assert isinstance(result, ScanResult) and result.added == 12
    view = client.job(job_id)
    assert view is not None and view.state == "finished"
    assert view.message == client.said(finished) == "12 tracks found; 12 tracks added."


def test_a_worker_that_is_killed_is_started_again_and_told_what_was_open(
    client: WorkerClient, qtbot: QtBot, music: Path
) -> None:
    with qtbot.waitSignal(client.ready):
        client.start()
    job_id = client.submit(AddFolders((os.fsencode(music),)))
    first = client.process_id()
    assert first is not None
    with qtbot.waitSignals([client.crashed, client.restarted, client.finished]):
        os.kill(first, signal.SIGKILL)
    assert client.process_id() not in (None, first)
    view = client.job(job_id)
    assert view is not None and view.state == "finished"


def test_stop_ends_the_worker_and_it_stays_ended(client: WorkerClient, qtbot: QtBot) -> None:
    with qtbot.waitSignal(client.ready):
        client.start()
    process_id = client.process_id()
    assert process_id is not None
    assert client.stop(20.0)
    assert client.process_id() is None
    with pytest.raises(ProcessLookupError):
        os.kill(process_id, 0)


def test_a_job_cancelled_before_the_worker_is_ready_never_starts(client: WorkerClient, qtbot: QtBot) -> None:
    job_id = client.submit(Scan())
    with qtbot.waitSignal(client.cancelled):
        client.cancel(job_id)
    other = client.submit(SavePlaylist("Kept", ()))
    with qtbot.waitSignal(client.finished) as heard:
        client.start()
    assert heard.args[0].job_id == other
    assert [view.state for view in client.jobs()] == ["cancelled", "finished"]


def test_a_worker_that_cannot_start_is_given_up_with_a_sentence(
    client: WorkerClient, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    failed: list[Failed] = []
    client.crashed.connect(said.append)
    client.failed.connect(failed.append)
    monkeypatch.setattr(client, "_command", [sys.executable, "-c", "raise SystemExit(3)"])
    job_id = client.submit(Scan())
    with qtbot.waitSignal(client.failed):
        client.start()
    assert failed[0].job_id == job_id and "several times" in failed[0].why.message
    assert "unharmed" in said[-1]


def test_the_window_side_loads_neither_torch_nor_faiss() -> None:
    code = (
        "import sys, pemr_desktop.jobs.client;"
        "print([name for name in ('torch', 'faiss', 'torchaudio', 'pemr_desktop.analysis') if name in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_the_whole_window_loads_neither_torch_nor_faiss() -> None:
    code = (
        "import sys, pemr_desktop.app;"
        "print([name for name in ('torch', 'faiss', 'torchaudio', 'pemr_desktop.analysis') if name in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
