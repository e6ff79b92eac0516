"""The player with its real engine process; where sound matters, with a real sound server that records it."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from pemr_desktop.playback.player import Player, output_devices
from pemr_desktop.refusals import Refusal
from sound_server import RECORDING_RATE, SoundServer, start_sound_server


def loudest_hertz(sound: np.ndarray) -> float:
    """The frequency with the most energy in a recording (n,)."""
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    return float(np.argmax(spectrum) * RECORDING_RATE / len(sound))


def ten_milliseconds(sound: np.ndarray) -> np.ndarray:
    """A recording cut into parts (n, samples) of ten milliseconds."""
    length = RECORDING_RATE // 100
    return sound[: len(sound) // length * length].reshape(-1, length)


def strength(parts: np.ndarray, hertz: float) -> np.ndarray:
    """How much of a frequency each part (n, samples) holds."""
    turning = np.exp(-2j * np.pi * hertz * np.arange(parts.shape[1]) / RECORDING_RATE)
    return np.abs(parts @ turning) / parts.shape[1]


def engine_pid(player: Player) -> int:
    assert player._process is not None
    return player._process.processId()


def test_what_is_played_is_what_is_heard(
    player: Player, sound_server: SoundServer, tone: Callable[..., Path], qtbot: QtBot
) -> None:
    recording = sound_server.record()
    qtbot.waitUntil(lambda: recording.seconds() > 0)
    with qtbot.waitSignal(player.trackEnded):
        player.play(tone("song.flac", hertz=523.25, seconds=1.5))
    qtbot.waitUntil(lambda: player.state == "stopped")
    recording.stop()
    sound = recording.sound()
    assert len(sound) / RECORDING_RATE == pytest.approx(1.5, abs=0.05)
    assert loudest_hertz(sound) == pytest.approx(523.25, abs=2)
    assert np.sqrt(np.mean(sound**2)) == pytest.approx(0.5 / np.sqrt(2), rel=0.05)


def test_the_next_file_is_heard_without_a_gap(
    player: Player, sound_server: SoundServer, tone: Callable[..., Path], qtbot: QtBot
) -> None:
    recording = sound_server.record()
    qtbot.waitUntil(lambda: recording.seconds() > 0)
    started: list[Path] = []
    player.trackStarted.connect(started.append)
    first, second = tone("first.flac", hertz=440), tone("second.opus", hertz=660, sample_rate=48_000)
    with qtbot.waitSignals([player.trackEnded, player.trackEnded]):
        player.play(first)
        player.enqueue(second)
        assert player.queued == (second,)
    qtbot.waitUntil(lambda: player.state == "stopped")
    recording.stop()
    sound = recording.sound()
    assert started == [first, second]
    assert loudest_hertz(sound[: RECORDING_RATE // 2]) == pytest.approx(440, abs=3)
    assert loudest_hertz(sound[-RECORDING_RATE // 2 :]) == pytest.approx(660, abs=3)
    parts = ten_milliseconds(sound)
    last_of_first = int(np.flatnonzero(strength(parts, 440) > strength(parts, 660) + 0.05)[-1])
    around = np.sqrt(np.mean(parts**2, axis=1))[last_of_first - 10 : last_of_first + 11]
    assert around.min() > 0.25, "ten milliseconds of quiet between the two files"


def test_position_duration_and_state_are_told(
    player: Player, sound_server: SoundServer, tone: Callable[..., Path], qtbot: QtBot
) -> None:
    states: list[str] = []
    player.stateChanged.connect(states.append)
    player.play(tone("long.flac", seconds=30), start_s=10.0)
    qtbot.waitUntil(lambda: player.position_s > 10.3)
    assert player.duration_s == pytest.approx(30.0, abs=0.01)
    player.pause()
    qtbot.waitUntil(lambda: player.state == "paused")
    player.seek(20.0)
    player.toggle()
    qtbot.waitUntil(lambda: player.position_s > 20.2)
    player.stop()
    assert states == ["playing", "paused", "playing", "stopped"]


def test_a_file_whose_name_is_no_text_plays(
    player: Player, sound_server: SoundServer, tone: Callable[..., Path], tmp_path: Path, qtbot: QtBot
) -> None:
    odd = tmp_path / os.fsdecode(b"Bl\xe4ser.flac")
    try:
        tone("song.flac").rename(odd)
    except OSError:
        pytest.skip("this file system takes only names that are text")
    with qtbot.waitSignal(player.trackStarted) as started:
        player.play(odd)
    assert started.args == [odd]


def test_a_broken_file_is_named_and_the_next_one_plays(
    player: Player, sound_server: SoundServer, tone: Callable[..., Path], broken_file: Path, qtbot: QtBot
) -> None:
    good = tone("good.flac")
    failures: list[Refusal] = []
    player.failed.connect(failures.append)
    with qtbot.waitSignals([player.failed, player.trackStarted], order="strict"):
        player.play(broken_file)
        player.enqueue(good)
    assert len(failures) == 1
    assert "broken.mp3" in failures[0].message
    assert player.path == good


def test_an_engine_that_is_killed_is_reported_and_the_next_play_works(
    player: Player, sound_server: SoundServer, tone: Callable[..., Path], qtbot: QtBot
) -> None:
    song = tone("song.flac", seconds=20)
    with qtbot.waitSignal(player.trackStarted):
        player.play(song)
    with qtbot.waitSignal(player.failed) as failure:
        os.kill(engine_pid(player), signal.SIGKILL)
    assert failure.args[0].code == "player ended"
    assert player.state == "stopped"
    with qtbot.waitSignal(player.trackStarted):
        player.play(song)
    assert player.state == "playing"


def test_a_sound_server_that_dies_holds_the_position_and_play_goes_on_when_it_is_back(
    player: Player, sound_server: SoundServer, tone: Callable[..., Path], qtbot: QtBot, tmp_path: Path
) -> None:
    player.play(tone("song.flac", seconds=20), start_s=5.0)
    qtbot.waitUntil(lambda: player.position_s > 5.3)
    with qtbot.waitSignal(player.deviceMissing) as missing:
        sound_server.die()
    assert "paused" in missing.args[0].message
    assert player.state == "paused"
    assert player.position_s > 5.3
    (tmp_path / "sound-server" / "socket").unlink(missing_ok=True)
    again = start_sound_server(tmp_path / "sound-server")
    player.toggle()
    qtbot.waitUntil(lambda: player.state == "playing" and player.position_s > 5.5)
    player.close()
    again.end()


def test_the_mixer_shows_whose_sound_it_is(
    player: Player, sound_server: SoundServer, tone: Callable[..., Path], qtbot: QtBot
) -> None:
    with qtbot.waitSignal(player.trackStarted):
        player.play(tone("song.flac", seconds=20))
    streams = subprocess.run(
        ["pactl", "list", "sink-inputs"], env=sound_server.environment, capture_output=True, text=True, check=True
    ).stdout
    for line in (
        'application.name = "PEMR Desktop"',
        'application.icon_name = "org.pemr.Desktop"',
        'media.role = "music"',
    ):
        assert line in streams


def test_a_file_may_follow_itself(
    player: Player, sound_server: SoundServer, tone: Callable[..., Path], qtbot: QtBot
) -> None:
    song = tone("song.flac", seconds=0.5)
    followed: list[Path] = []
    player.followerStarted.connect(followed.append)
    with qtbot.waitSignals([player.trackStarted] * 3):
        player.play(song)
        player.enqueue(song)
        player.enqueue(song)
    qtbot.waitUntil(lambda: player.state == "stopped")
    assert followed == [song, song]


def test_a_held_file_needs_no_engine_and_goes_on_from_where_it_was(
    player: Player, sound_server: SoundServer, tone: Callable[..., Path], qtbot: QtBot
) -> None:
    first, second = tone("first.flac", seconds=20), tone("second.flac")
    player.hold(first, 5.0)
    assert (player.state, player.path, player.position_s, player._process) == ("paused", first, 5.0, None)
    player.enqueue(second)
    player.seek(19.0)
    player.warm_up()
    with qtbot.waitSignal(player.trackStarted):
        player.toggle()
    assert player.position_s >= 19.0
    with qtbot.waitSignal(player.followerStarted) as followed:
        pass
    assert followed.args == [second]


def test_a_file_is_held_while_another_plays(
    player: Player, sound_server: SoundServer, tone: Callable[..., Path], qtbot: QtBot
) -> None:
    first, second = tone("first.flac", seconds=20), tone("second.flac", hertz=523.25, seconds=20)
    with qtbot.waitSignal(player.trackStarted):
        player.play(first)
    player.hold(second, 7.0)
    with qtbot.waitSignal(player.trackStarted) as started:
        player.toggle()
    assert started.args == [second] and player.path == second and player.position_s >= 7.0


def test_jumps_in_a_row_add_up(
    player: Player, sound_server: SoundServer, tone: Callable[..., Path], qtbot: QtBot
) -> None:
    player.play(tone("song.flac", seconds=60))
    qtbot.waitUntil(lambda: player.position_s > 0.3)
    places: list[float] = []
    player.positionChanged.connect(places.append)
    for _ in range(5):
        player.seek(player.position_s + 5.0)
        qtbot.wait(30)
    qtbot.waitUntil(lambda: player.position_s > 26.0)
    assert all(later >= earlier for earlier, later in itertools.pairwise(places)), "what was said before a jump is late"


def test_the_output_devices_are_told(player: Player, sound_server: SoundServer, qtbot: QtBot) -> None:
    with qtbot.waitSignal(player.devicesChanged):
        player.warm_up()
    assert "pulse" in player.output_devices()
    assert output_devices() == player.output_devices()


def test_without_an_audio_device_playing_says_so_and_nothing_else_happens(
    player: Player, no_sound: None, tone: Callable[..., Path], qtbot: QtBot
) -> None:
    with qtbot.waitSignal(player.deviceMissing) as missing:
        player.play(tone("song.flac"))
    assert "Everything else works" in missing.args[0].message
    assert player.state == "stopped"
    assert player.output_devices() == []


def test_the_engine_ends_when_the_player_is_closed(player: Player, no_sound: None, qtbot: QtBot) -> None:
    with qtbot.waitSignal(player.devicesChanged):
        player.warm_up()
    pid = engine_pid(player)
    player.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_closed_player_starts_no_engine_and_says_nothing(player: Player, tmp_path: Path) -> None:
    said: list[str] = []
    player.stateChanged.connect(said.append)
    player.close()
    player.play(tmp_path / "song.flac")
    player.enqueue(tmp_path / "song.flac")
    player.warm_up()
    assert player._process is None
    assert player.state == "stopped"
    assert said == []
