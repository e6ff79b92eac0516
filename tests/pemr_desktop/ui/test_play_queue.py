"""The list that plays goes on by itself, without gaps, and past what cannot be played."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from pemr_desktop.library.rows import TrackRow
from pemr_desktop.refusals import Refusal
from pemr_desktop.ui.context import WindowContext
from sound_server import own_sound_server


@pytest.fixture
def sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A real sound server that leads nowhere."""
    for _ in own_sound_server(tmp_path / "sound-server", monkeypatch):
        yield


@pytest.fixture
def heard_titles(context: WindowContext) -> list[str | None]:
    """Titles in the order in which they came to play; None is silence."""
    titles: list[str | None] = []
    context.queue.currentChanged.connect(lambda row: titles.append(title(row)))
    return titles


def title(row: TrackRow | None) -> str | None:
    return None if row is None else row.title


@pytest.mark.usefixtures("sound")
def test_the_list_plays_to_its_end_without_a_stop_in_between(
    qtbot: QtBot, suggested_tracks: list[int], context: WindowContext, heard_titles: list[str | None]
) -> None:
    states: list[str] = []
    context.player.stateChanged.connect(states.append)
    context.queue.play(suggested_tracks, 4)
    qtbot.waitUntil(lambda: len(heard_titles) == 3)
    assert heard_titles == ["Gamma", "Zeta", None]
    assert states == ["playing", "stopped"]


@pytest.mark.usefixtures("sound")
def test_a_track_that_is_gone_is_passed_over(
    qtbot: QtBot, suggested_tracks: list[int], context: WindowContext, heard_titles: list[str | None], tmp_path: Path
) -> None:
    (tmp_path / "Music" / "Album 1" / "Zeta.flac").unlink()
    failures: list[Refusal] = []
    context.player.failed.connect(failures.append)
    order = [suggested_tracks[4], suggested_tracks[5], suggested_tracks[0]]
    context.queue.play(order)
    qtbot.waitUntil(lambda: heard_titles[-1:] == [None])
    assert heard_titles[0] == "Gamma" and heard_titles[-2] == "Alpha"
    assert failures and all("Zeta.flac" in failure.message for failure in failures)


def test_tracks_can_be_put_behind_the_list(
    qtbot: QtBot, suggested_tracks: list[int], context: WindowContext, heard_titles: list[str | None]
) -> None:
    context.queue.play(suggested_tracks[:1])
    qtbot.waitUntil(lambda: heard_titles == ["Alpha"])
    assert not context.queue.has_next()
    context.queue.append(suggested_tracks[1:3])
    assert context.queue.has_next()
    context.queue.next()
    qtbot.waitUntil(lambda: heard_titles[-1] == "Beta")
    context.queue.previous()
    qtbot.waitUntil(lambda: heard_titles[-1] == "Alpha")
