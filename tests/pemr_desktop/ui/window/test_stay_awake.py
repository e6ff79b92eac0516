"""A real program holds the promise; the test's own stands in for systemd-inhibit, which has nobody to talk to here."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from pemr_desktop.jobs.client import WorkerClient
from pemr_desktop.protocol.messages import Scan
from pemr_desktop.ui.stay_awake import AwakeForJobs, StayAwake, holding_command

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the stand-in is a shell script")


@pytest.fixture
def client(tmp_path: Path) -> Iterator[WorkerClient]:
    """A worker that really scans."""
    client = WorkerClient(tmp_path / "library.sqlite")
    yield client
    client.stop()
    client.deleteLater()


def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """A `systemd-inhibit` of the test's own, found before the system's."""
    folder = tmp_path / "programs"
    folder.mkdir()
    program = folder / "systemd-inhibit"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")


@linux
def test_the_promise_lasts_from_holding_to_letting_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    notes = tmp_path / "notes"
    stand_in(tmp_path, monkeypatch, f"echo begin >> {notes}; cat; echo end >> {notes}")
    awake = StayAwake()
    awake.hold()
    qtbot.waitUntil(lambda: notes.exists() and notes.read_text() == "begin\n")
    assert awake.held
    awake.release()
    assert not awake.held
    qtbot.waitUntil(lambda: notes.read_text() == "begin\nend\n")
    awake.close()


@linux
def test_closing_waits_for_the_program_to_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot) -> None:
    notes = tmp_path / "notes"
    stand_in(tmp_path, monkeypatch, f"echo begin >> {notes}; cat; echo end >> {notes}")
    awake = StayAwake()
    awake.hold()
    qtbot.waitUntil(notes.exists)
    awake.close()
    assert notes.read_text() == "begin\nend\n"


@linux
def test_once_a_job_is_over_nothing_is_held(
    client: WorkerClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    stand_in(tmp_path, monkeypatch, "cat")
    awake = AwakeForJobs(client, long_job_ms=0)
    with qtbot.waitSignal(client.finished):
        client.start()
        client.submit(Scan())
    qtbot.waitUntil(lambda: not awake.held)
    awake.close()


@linux
def test_a_system_that_says_no_is_asked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot) -> None:
    stand_in(tmp_path, monkeypatch, "exit 1")
    awake = StayAwake()
    awake.hold()
    qtbot.waitUntil(lambda: not awake.held)
    awake.hold()
    assert not awake.held


@pytest.mark.parametrize(("platform", "program"), [("linux", "systemd-inhibit"), ("darwin", "caffeinate")])
def test_each_system_has_its_own_program(platform: str, program: str) -> None:
    assert holding_command("work", platform)[0] == program
    assert holding_command("work", "win32") == []
