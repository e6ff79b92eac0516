"""Jobs have a line while they are under way, and how they ended is said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from pytestqt.qtbot import QtBot

from pemr_desktop.protocol.messages import (
    Analyse,
    Changed,
    Decide,
    Failed,
    Finished,
    Progress,
    Scan,
    Started,
    UntuneTags,
)
from pemr_desktop.protocol.results import ScanResult, TracksDecided
from pemr_desktop.refusals import refusal
from pemr_desktop.steps import Step
from pemr_desktop.ui.context import WindowContext
from pemr_desktop.ui.window.jobs_area import MAX_LINES, JobsArea


def answer(result: msgspec.Struct) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(result))


@pytest.fixture
def area(qtbot: QtBot, context: WindowContext) -> JobsArea:
    made = JobsArea(context.client, context.theme)
    qtbot.addWidget(made)
    return made


def test_it_takes_no_room_while_nothing_happens(area: JobsArea) -> None:
    assert area.isHidden()


def test_a_waiting_job_gets_a_line_and_can_be_cancelled(qtbot: QtBot, context: WindowContext, area: JobsArea) -> None:
    context.client.submit(Scan())
    qtbot.waitUntil(lambda: len(area.lines()) == 1)
    line = area.lines()[0]
    assert line.doing.text() == "Waiting"
    with qtbot.waitSignal(context.client.cancelled):
        line.stop.click()
    qtbot.waitUntil(lambda: area.lines()[0].doing.text() == "Cancelled.")
    area.lines()[0].stop.click()
    assert area.isHidden()


def test_progress_is_said_in_words(qtbot: QtBot, context: WindowContext, area: JobsArea) -> None:
    job = context.client.submit(Scan())
    context.client._tell(Started(job))
    qtbot.waitUntil(lambda: len(area.lines()) == 1)
    context.client._tell(Progress(job, 120, 480, 125.0, Step("scanning folder", "Album 3")))
    line = area.lines()[0]
    assert (line.bar.value(), line.bar.maximum()) == (120, 480)
    assert "120 of 480" in line.left.text() and "2 minutes" in line.left.text()
    assert line.doing.text() == "Looking through Album 3"
    context.client._tell(Finished(job, Changed(), answer(ScanResult(480, 0, 0, 0, 0, 0))))
    assert line.doing.text() == "480 tracks found; nothing new."
    assert line.bar.isHidden()


def test_quick_jobs_never_flash_up(qtbot: QtBot, context: WindowContext, area: JobsArea) -> None:
    job = context.client.submit(Decide((1,), ("jazz",), "accepted"))
    context.client._tell(Finished(job, Changed(), answer(TracksDecided(1))))
    with qtbot.waitSignal(area._soon.timeout):
        pass
    assert area.isHidden()


def test_more_jobs_than_lines_are_counted(qtbot: QtBot, context: WindowContext, area: JobsArea) -> None:
    for number in range(MAX_LINES + 2):
        context.client.submit(Scan((number,)))
    qtbot.waitUntil(lambda: len(area.lines()) == MAX_LINES)
    assert "2" in area._more.text()
    assert area._more.toolTip().splitlines() == ["Looking for new and changed files"] * 2


def test_scans_of_one_folder_wait_as_one(qtbot: QtBot, context: WindowContext) -> None:
    jobs = {context.client.submit(Scan((7,))) for _ in range(5)}
    assert len(jobs) == len(context.client.jobs()) == 1


def test_a_job_that_waits_says_for_what(qtbot: QtBot, context: WindowContext, area: JobsArea) -> None:
    running = context.client.submit(UntuneTags())
    context.client._tell(Started(running))
    context.client.submit(Analyse())
    qtbot.waitUntil(lambda: len(area.lines()) == 2)
    assert area.lines()[1].doing.text() == "Waiting for “Going back to the shipped tags”"
    context.client._tell(Failed(running, refusal("unexpected")))
    assert area.lines()[1].doing.text() == "Waiting"


def test_a_real_scan_is_followed_to_its_end(
    qtbot: QtBot, context: WindowContext, area: JobsArea, tmp_path: Path, make_audio: Callable[..., Path]
) -> None:
    make_audio(tmp_path / "music" / "a.flac", seconds=1)
    job = context.client.submit(Scan())
    qtbot.waitUntil(lambda: len(area.lines()) == 1)
    with qtbot.waitSignal(context.client.finished):
        context.client.start()
    view = context.client.job(job)
    assert view is not None and view.state == "finished"
    qtbot.waitUntil(lambda: area.lines()[0].doing.text() == view.message)
