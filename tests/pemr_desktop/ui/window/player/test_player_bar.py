from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from pemr_desktop.refusals import refusal
from pemr_desktop.settings_file import SettingsStore
from pemr_desktop.ui.context import WindowContext
from pemr_desktop.ui.window.player.player_bar import PlayerBar


@pytest.fixture
def bar(qtbot: QtBot, context: WindowContext) -> PlayerBar:
    made = PlayerBar(context)
    qtbot.addWidget(made)
    made.resize(1000, 64)
    made.show()
    qtbot.waitExposed(made)
    return made


def test_at_first_nothing_plays_and_only_what_can_be_played_can_be_pressed(bar: PlayerBar) -> None:
    bar.set_playable(False)
    assert bar.title.text() == "Nothing plays"
    assert not bar.waveform.isVisible()
    assert not bar.play.isEnabled()
    assert not bar.next.isEnabled()
    assert not bar.previous.isEnabled()


def test_it_names_the_track_and_draws_its_waveform(
    qtbot: QtBot, library_tracks: list[int], context: WindowContext, bar: PlayerBar
) -> None:
    context.queue.play(library_tracks, 0)
    qtbot.waitUntil(lambda: bar.title.text() == "Air")
    assert bar.artist.text() == "The Testers"
    qtbot.waitUntil(lambda: bar.waveform.duration_s == pytest.approx(4.0, abs=0.2))
    assert bar.length.text() == "0:04"


def test_next_goes_to_the_next_track_and_ends_at_the_last(
    qtbot: QtBot, library_tracks: list[int], context: WindowContext, bar: PlayerBar
) -> None:
    context.queue.play(library_tracks, 2)
    qtbot.waitUntil(lambda: bar.title.text() == "Canon")
    assert bar.next.isEnabled()
    qtbot.mouseClick(bar.next, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bar.title.text() == "Dance")
    assert not bar.next.isEnabled()


def test_a_file_from_elsewhere_is_shown_by_its_name(
    qtbot: QtBot, context: WindowContext, bar: PlayerBar, tmp_path: Path, make_audio: Callable[..., Path]
) -> None:
    path = make_audio(tmp_path / "elsewhere.wav", seconds=2)
    context.queue.play_file(path)
    context.player.trackStarted.emit(path)
    qtbot.waitUntil(lambda: bar.title.text() == "elsewhere.wav")
    assert bar.artist.text() == "Not in your library"


def test_without_a_sound_device_it_says_so_and_offers_the_settings(
    qtbot: QtBot, library_tracks: list[int], context: WindowContext, bar: PlayerBar
) -> None:
    context.queue.play(library_tracks, 0)
    qtbot.waitUntil(lambda: bar.title.text() == "Air")
    context.player.deviceMissing.emit(refusal("no audio device"))
    assert bar.device_sentence.isVisible()
    assert not bar.waveform.isVisible()
    with qtbot.waitSignal(context.navigation.settingsWanted) as wanted:
        qtbot.mouseClick(bar.choose_device, Qt.MouseButton.LeftButton)
    assert wanted.args == ["playback"]
    context.player.stateChanged.emit("playing")
    assert bar.waveform.isVisible()


def test_the_volume_is_set_at_once_and_kept(qtbot: QtBot, context: WindowContext, bar: PlayerBar) -> None:
    bar.volume.setValue(35)
    assert context.player.volume == pytest.approx(0.35)
    qtbot.waitUntil(lambda: SettingsStore(context.settings.path).current.playback.volume == pytest.approx(0.35))


def test_mute_comes_back_to_the_volume_before(qtbot: QtBot, context: WindowContext, bar: PlayerBar) -> None:
    bar.volume.setValue(60)
    qtbot.mouseClick(bar.mute, Qt.MouseButton.LeftButton)
    assert context.player.volume == 0
    assert bar.mute.accessibleName() == "Unmute"
    qtbot.mouseClick(bar.mute, Qt.MouseButton.LeftButton)
    assert context.player.volume == pytest.approx(0.6)


def test_a_seek_in_the_waveform_reaches_the_player(
    qtbot: QtBot, library_tracks: list[int], context: WindowContext, bar: PlayerBar
) -> None:
    context.queue.play(library_tracks, 0)
    qtbot.waitUntil(lambda: bar.waveform.duration_s > 0)
    qtbot.waitUntil(lambda: context.player.path is not None)
    with qtbot.waitSignal(context.player.positionChanged, check_params_cb=lambda s: s == pytest.approx(2.0, abs=0.1)):
        bar.waveform.seek(2.0)


def test_the_play_button_asks_to_play(qtbot: QtBot, bar: PlayerBar) -> None:
    bar.set_playable(True)
    with qtbot.waitSignal(bar.playWanted):
        qtbot.mouseClick(bar.play, Qt.MouseButton.LeftButton)


def test_shuffle_and_repeat_say_how_they_stand(qtbot: QtBot, context: WindowContext, bar: PlayerBar) -> None:
    qtbot.mouseClick(bar.shuffle, Qt.MouseButton.LeftButton)
    assert context.queue.shuffled and bar.shuffle.isChecked() and bar.shuffle.accessibleName() == "Shuffle is on"
    seen = []
    for _ in range(3):
        qtbot.mouseClick(bar.repeat, Qt.MouseButton.LeftButton)
        seen.append((context.queue.repeat, bar.repeat.isChecked(), bar.repeat.toolTip()))
    assert seen == [
        ("all", True, "Repeats the whole queue"),
        ("one", True, "Repeats this track"),
        ("off", False, "Repeat is off"),
    ]


def test_with_repeat_the_last_track_has_a_next_one(
    qtbot: QtBot, library_tracks: list[int], context: WindowContext, bar: PlayerBar
) -> None:
    context.queue.play(library_tracks, 3)
    qtbot.waitUntil(lambda: bar.title.text() == "Dance")
    assert not bar.next.isEnabled()
    context.queue.set_repeat("all")
    assert bar.next.isEnabled()
    qtbot.mouseClick(bar.next, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bar.title.text() == "Air")


def test_every_control_has_a_name_for_a_screen_reader(bar: PlayerBar) -> None:
    modes = (bar.shuffle, bar.repeat, bar.queue)
    for control in (*modes, bar.previous, bar.play, bar.next, bar.mute, bar.volume, bar.waveform, bar.choose_device):
        assert control.accessibleName()
        assert control.objectName()
