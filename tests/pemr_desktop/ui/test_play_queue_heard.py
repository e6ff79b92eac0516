"""What plays after what, with the real player and a sound server that leads nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from pemr_desktop.ui.context import WindowContext
from pemr_desktop.ui.play_queue import PlayQueue
from sound_server import SoundServer, own_sound_server

NEAR_THE_END_S = 3.6
"""Of tracks that are four seconds long."""


@pytest.fixture
def sound_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SoundServer]:
    yield from own_sound_server(tmp_path / "sound-server", monkeypatch)


@pytest.fixture
def queue(sound_server: SoundServer, context: WindowContext) -> PlayQueue:
    return context.queue


def playing(qtbot: QtBot, context: WindowContext, title: str) -> None:
    """Wait until this track is heard."""
    queue, player = context.queue, context.player

    def is_heard() -> bool:
        row = queue.current
        return row is not None and row.title == title and player.state == "playing" and player.duration_s > 0

    qtbot.waitUntil(is_heard)
    qtbot.waitUntil(lambda: player.position_s > 0)


def to_the_end(context: WindowContext) -> None:
    context.player.seek(NEAR_THE_END_S)


def test_one_follows_the_other_and_behind_the_last_there_is_silence(
    qtbot: QtBot, library_tracks: list[int], context: WindowContext, queue: PlayQueue
) -> None:
    queue.play(library_tracks, 2)
    playing(qtbot, context, "Canon")
    to_the_end(context)
    playing(qtbot, context, "Dance")
    assert queue.position == 3
    to_the_end(context)
    qtbot.waitUntil(lambda: context.player.state == "stopped")
    assert queue.current is None and queue.position == -1 and list(queue.ids) == library_tracks


def test_the_list_is_repeated(
    qtbot: QtBot, library_tracks: list[int], context: WindowContext, queue: PlayQueue
) -> None:
    queue.play(library_tracks[:2], 1)
    playing(qtbot, context, "Bourrée")
    queue.set_repeat("all")
    to_the_end(context)
    playing(qtbot, context, "Air")
    assert queue.position == 0


def test_a_track_is_repeated_until_another_is_asked_for(
    qtbot: QtBot, library_tracks: list[int], context: WindowContext, queue: PlayQueue
) -> None:
    queue.play(library_tracks, 1)
    playing(qtbot, context, "Bourrée")
    queue.set_repeat("one")
    for _ in range(2):
        qtbot.waitUntil(lambda: len(context.player.queued) == 1)
        with qtbot.waitSignal(context.player.followerStarted):
            to_the_end(context)
        playing(qtbot, context, "Bourrée")
    queue.next()
    playing(qtbot, context, "Canon")


def test_what_was_asked_for_next_plays_next_although_another_file_was_ready(
    qtbot: QtBot, library_tracks: list[int], context: WindowContext, queue: PlayQueue
) -> None:
    queue.play(library_tracks[:2], 0)
    playing(qtbot, context, "Air")
    qtbot.waitUntil(lambda: len(context.player.queued) == 1)
    queue.play_next([library_tracks[3]])
    assert list(queue.ids) == [library_tracks[0], library_tracks[3], library_tracks[1]]
    qtbot.waitUntil(lambda: [path.stem for path in context.player.queued] == ["Dance"])
    to_the_end(context)
    playing(qtbot, context, "Dance")
    queue.next()
    playing(qtbot, context, "Bourrée")


def test_the_track_that_plays_is_not_cut_by_changes_of_the_list(
    qtbot: QtBot, library_tracks: list[int], context: WindowContext, queue: PlayQueue
) -> None:
    queue.play(library_tracks, 1)
    playing(qtbot, context, "Bourrée")
    states: list[str] = []
    context.player.stateChanged.connect(states.append)
    queue.set_shuffled(True)
    queue.move([3], 1)
    queue.remove([2])
    queue.set_shuffled(False)
    qtbot.wait(200)
    assert states == [] and queue.current is not None and queue.current.title == "Bourrée"


def test_removing_what_plays_goes_on_with_what_follows(
    qtbot: QtBot, library_tracks: list[int], context: WindowContext, queue: PlayQueue
) -> None:
    queue.play(library_tracks, 1)
    playing(qtbot, context, "Bourrée")
    queue.remove([1])
    playing(qtbot, context, "Canon")
    queue.remove([0, 1, 2])
    assert context.player.state == "stopped" and list(queue.ids) == []


def test_stop_keeps_the_place(
    qtbot: QtBot, library_tracks: list[int], context: WindowContext, queue: PlayQueue
) -> None:
    queue.play(library_tracks, 1)
    playing(qtbot, context, "Bourrée")
    queue.stop()
    qtbot.wait(200)
    assert context.player.state == "stopped" and queue.position == 1
    queue.play_at(queue.position)
    playing(qtbot, context, "Bourrée")


def test_a_list_of_files_that_are_gone_ends_although_it_repeats(
    qtbot: QtBot, library_tracks: list[int], context: WindowContext, queue: PlayQueue, tmp_path: Path
) -> None:
    for file in (tmp_path / "music").iterdir():
        file.unlink()
    queue.set_repeat("all")
    queue.play(library_tracks)
    with qtbot.waitSignal(context.player.failed):
        pass
    qtbot.waitUntil(lambda: queue.position == -1)
    assert context.player.state == "stopped"


def test_files_from_elsewhere_play_one_after_another(
    qtbot: QtBot, library_tracks: list[int], context: WindowContext, queue: PlayQueue, tmp_path: Path
) -> None:
    files = sorted((tmp_path / "music").iterdir())[:2]
    queue.play_files(files)
    qtbot.waitUntil(lambda: context.player.state == "playing" and context.player.duration_s > 0)
    to_the_end(context)
    qtbot.waitUntil(lambda: context.player.path == files[1])
    assert queue.current is None and list(queue.ids) == []
