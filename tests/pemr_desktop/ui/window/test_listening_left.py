"""What nobody has listened to is somebody's business: a job's, or the user's, who is told how much it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from pemr_desktop.app import App
from pemr_desktop.library.opening import open_library
from pemr_desktop.paths import Paths
from pemr_desktop.protocol.messages import Analyse, Cancelled, Changed, Ready, Started
from pemr_desktop.ui.context import WindowContext
from pemr_desktop.ui.window.jobs_area import JobsArea
from pemr_desktop.ui.window.listening_left import ListeningLeft


@pytest.fixture
def three_tracks(paths: Paths, tmp_path: Path, make_audio: Callable[..., Path]) -> None:
    """A library of three tracks that nobody has listened to."""
    for seed in range(3):
        make_audio(tmp_path / "music" / f"{seed}.flac", seconds=4, seed=seed)
    with open_library(paths.library_file) as library:
        library.add_root(tmp_path / "music")
        library.scan()


@pytest.fixture
def area(qtbot: QtBot, context: WindowContext) -> JobsArea:
    made = JobsArea(context.client, context.theme)
    qtbot.addWidget(made)
    left = ListeningLeft(context, made)
    left.changed.connect(made.listening_left.show_count)
    made.listening_left.wanted.connect(left.go_on)
    return made


def analyses(context: WindowContext) -> list[str]:
    return [view.state for view in context.client.jobs() if isinstance(view.request, Analyse)]


def test_after_a_cancel_it_is_said_how_many_are_left_and_a_click_goes_on(
    qtbot: QtBot, context: WindowContext, three_tracks: None, area: JobsArea
) -> None:
    line = area.listening_left
    context.settings.set("analyse.automatic", False)
    context.client._tell(Ready(1, None))
    qtbot.waitUntil(lambda: not line.isHidden())
    assert line.sentence.text() == "3 tracks not listened to yet."
    job = context.client.submit(Analyse())
    context.client._tell(Started(job))
    assert line.isHidden()
    context.client._tell(Cancelled(job, Changed((1,))))
    qtbot.waitUntil(lambda: not line.isHidden())
    line.go_on.click()
    assert line.isHidden() and analyses(context) == ["cancelled", "waiting"]


def test_after_a_start_listening_goes_on_by_itself_once(
    qtbot: QtBot, context: WindowContext, three_tracks: None, area: JobsArea
) -> None:
    context.client._tell(Ready(1, None))
    qtbot.waitUntil(lambda: analyses(context) == ["waiting"])
    (job,) = [view.job_id for view in context.client.jobs()]
    context.client._tell(Cancelled(job, Changed((1,))))
    qtbot.waitUntil(lambda: not area.listening_left.isHidden())
    assert analyses(context) == ["cancelled"]


def test_who_may_only_read_is_not_asked_to_listen(
    qtbot: QtBot, context: WindowContext, three_tracks: None, area: JobsArea
) -> None:
    from pemr_desktop.refusals import refusal

    context.client._tell(Ready(1, None, refusal("library read only")))
    context.client.changed.emit(Changed(everything=True))
    qtbot.wait(0)
    qtbot.waitUntil(context.reader.idle)
    assert area.listening_left.isHidden() and analyses(context) == []


def test_it_can_be_put_off_until_there_are_more(qtbot: QtBot, context: WindowContext, area: JobsArea) -> None:
    line = area.listening_left
    line.show_count(86)
    assert not area.isHidden() and not line.isHidden()
    line.close_button.click()
    assert area.isHidden()
    line.show_count(40)
    assert line.isHidden()
    line.show_count(87)
    assert not line.isHidden()


def test_a_restart_goes_on_where_listening_was_stopped(
    qtbot: QtBot, three_tracks: None, request: pytest.FixtureRequest
) -> None:
    app: App = request.getfixturevalue("app")  # after there is a library
    app.settings.set("analyse.automatic", True)
    app.client.start()
    qtbot.waitUntil(lambda: any(isinstance(view.request, Analyse) for view in app.client.jobs()))
    qtbot.waitUntil(lambda: all(view.ended for view in app.client.jobs()))
    qtbot.waitUntil(lambda: app.window.talk.counts is not None and app.window.talk.counts.analysed == 3)
    assert app.window.listening_left.count == 0
