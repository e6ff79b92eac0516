"""What a scan found is analysed once, if that is set: the jobs decide it, whoever asked for the scan."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from pemr_desktop.jobs.client import WorkerClient
from pemr_desktop.jobs.ledger import Ledger
from pemr_desktop.library import queries
from pemr_desktop.library.database.reader import open_reader
from pemr_desktop.paths import below
from pemr_desktop.protocol.messages import AddFolders, Analyse, Changed, Finished, Scan, Start, Started
from pemr_desktop.settings_file import SettingsStore


@pytest.fixture
def settings(home: Path) -> SettingsStore:
    return SettingsStore(below(home).settings_file)


def test_a_scan_that_found_something_says_that_it_is_to_be_analysed(
    start_worker: Callable[..., Any], music: Path, settings: SettingsStore
) -> None:
    worker = start_worker()

    def follows(job_id: int, request: Any) -> object:
        worker.say(Start(job_id, request))
        return worker.hear_until(Finished, job_id)[-1].then

    assert follows(1, AddFolders((os.fsencode(music),))) is None  # as it is set
    settings.set("analyse.automatic", True)
    assert follows(2, Scan()) is None  # nothing new
    (music / "tune 11.flac").rename(music / "moved.flac")
    assert follows(3, Scan()) == Analyse()
    (music / "moved.flac").unlink()
    assert follows(4, Scan()) is None
    worker.close()


def test_the_window_asks_once_for_what_a_scan_found(
    library_path: Path, music: Path, model_file: Path, settings: SettingsStore, qtbot: QtBot
) -> None:
    settings.set("analyse.automatic", True)
    client = WorkerClient(library_path, model_file)

    def analyses() -> list[str]:
        return [view.state for view in client.jobs() if isinstance(view.request, Analyse)]

    try:
        client.submit(AddFolders((os.fsencode(music),)))
        client.start()
        qtbot.waitUntil(lambda: analyses() == ["finished"])
        with closing(open_reader(library_path)) as conn:
            assert queries.counts(conn).analysed == 12
        with qtbot.waitSignal(client.finished):
            client.submit(Scan())
        assert analyses() == ["finished"]
    finally:
        client.stop()


def test_what_waits_to_be_done_is_not_asked_for_again() -> None:
    ledger = Ledger()
    first, second = (Finished(ledger.add(Scan(), "").job_id, Changed(), then=Analyse()) for _ in range(2))
    wanted = ledger.to_follow(first)
    assert wanted == Analyse()
    start = ledger.add(wanted, "")
    assert ledger.to_follow(second) is None
    ledger.take(Started(start.job_id))  # it may have begun before the second scan stored what it found
    assert ledger.to_follow(second) == Analyse()
    assert ledger.to_follow(Finished(9, Changed())) is None
