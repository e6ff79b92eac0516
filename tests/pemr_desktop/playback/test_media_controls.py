"""The player on a real session bus, spoken to as the desktop does."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SCRIPT = """
import subprocess, sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication, QProcess
from pemr_desktop.playback.media_controls import MediaControls, NowPlaying, PlayModes
from pemr_desktop.playback.player import Player

application = QCoreApplication([])
player = Player()
controls = MediaControls(player)
print("registered", controls.register(), flush=True)
controls.nextRequested.connect(lambda: print("next", flush=True))
controls.playRequested.connect(lambda: print("play", flush=True))
controls.stopRequested.connect(lambda: print("stop", flush=True))
controls.openRequested.connect(lambda url: print("open", url.toLocalFile(), flush=True))
controls.shuffleRequested.connect(lambda on: print("shuffle", on, flush=True))
controls.repeatRequested.connect(lambda repeat: print("repeat", repeat, flush=True))
if len(sys.argv) > 2:
    player.hold(Path(sys.argv[2]), 5.0, 200.0)
controls.show(
    NowPlaying(
        7, "Song", "Band", "Record", artwork=Path("/covers/a b.png"), album_artist="Bands", genres=("Folk",),
        track_number=3, disc_number=1, url="file:///music/a%20song.flac",
    )
)
controls.show_modes(PlayModes(shuffled=True, repeat="all", can_go_next=True))
desktop = QProcess()
desktop.setProcessChannelMode(QProcess.ProcessChannelMode.ForwardedChannels)
desktop.finished.connect(application.quit)
desktop.start("sh", ["-c", sys.argv[1]])
application.exec()
print("volume", player.volume, flush=True)
controls.unregister()
"""

ADDRESS = "org.mpris.MediaPlayer2.pemr_desktop /org/mpris/MediaPlayer2 org.mpris.MediaPlayer2.Player"


@pytest.fixture
def desktop(tmp_path: Path) -> Callable[..., list[str]]:
    """`desktop("get-property ADDRESS Metadata", ...)`: what busctl and the player say, on a bus of the test's own."""
    if sys.platform != "linux" or not shutil.which("dbus-run-session") or not shutil.which("busctl"):
        pytest.skip("needs a session bus: dbus-run-session and busctl (Debian: dbus, systemd)")

    def speak(*calls: str, program: str = "busctl --user", file: str = "") -> list[str]:
        script = tmp_path / "player.py"
        script.write_text(SCRIPT)
        commands = "; ".join(f"{program} {call}" for call in calls)
        command = ["dbus-run-session", "--", sys.executable, str(script), commands, *([file] if file else [])]
        done = subprocess.run(command, env=dict(os.environ), capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    return speak


def test_the_desktop_sees_what_plays(desktop: Callable[..., list[str]]) -> None:
    said = desktop(
        *(f"get-property {ADDRESS} {name}" for name in ("PlaybackStatus", "Position", "CanGoNext", "Metadata"))
    )
    assert said[:4] == ["registered True", 's "Stopped"', "x 0", "b true"]
    assert '"xesam:title" s "Song"' in said[4]
    assert '"xesam:artist" as 1 "Band"' in said[4]
    assert '"mpris:trackid" o "/org/pemr/Desktop/track/7"' in said[4]
    for part in (
        '"mpris:artUrl" s "file:///covers/a%20b.png"',
        '"xesam:url" s "file:///music/a%20song.flac"',
        '"xesam:albumArtist" as 1 "Bands"',
        '"xesam:genre" as 1 "Folk"',
        '"xesam:trackNumber" i 3',
    ):
        assert part in said[4]


def test_lengths_and_moments_are_64_bits_wide(desktop: Callable[..., list[str]]) -> None:
    said = desktop(*(f"get-property {ADDRESS} {name}" for name in ("Metadata", "Position")), file="/music/a.flac")
    assert '"mpris:length" x 200000000' in said[1]
    assert said[2] == "x 5000000"


def test_stopping_is_asked_for_as_stopping(desktop: Callable[..., list[str]]) -> None:
    assert desktop(f"call {ADDRESS} Stop", file="/music/a.flac")[1] == "stop"


def test_a_moment_is_gone_to_in_the_right_track_only(desktop: Callable[..., list[str]]) -> None:
    said = desktop(
        f"call {ADDRESS} SetPosition ox /org/pemr/Desktop/track/8 9000000",
        f"get-property {ADDRESS} Position",
        f"call {ADDRESS} SetPosition ox /org/pemr/Desktop/track/7 900000000",
        f"get-property {ADDRESS} Position",
        f"call {ADDRESS} SetPosition ox /org/pemr/Desktop/track/7 9000000",
        f"get-property {ADDRESS} Position",
        f"call {ADDRESS} Seek x -- -20000000",
        f"get-property {ADDRESS} Position",
        f"call {ADDRESS} Seek x 900000000",
        file="/music/a.flac",
    )
    assert said[1:] == ["x 5000000", "x 5000000", "x 9000000", "x 0", "next", "volume 1.0"]


def test_playerctl_understands_everything(desktop: Callable[..., list[str]]) -> None:
    if not shutil.which("playerctl"):
        pytest.skip("needs playerctl (Debian: playerctl)")
    said = desktop(
        "--list-all",
        "status",
        "metadata --format '{{title}} | {{artist}} | {{album}} | {{duration(mpris:length)}} | {{mpris:artUrl}}'",
        "metadata xesam:url",
        "position",
        "shuffle",
        "loop",
        "shuffle Off",
        "loop Track",
        "position 30",
        "position",
        "open file:///music/other%20song.flac",
        "stop",
        program="playerctl",
        file="/music/a.flac",
    )
    assert said[1:] == [
        "pemr_desktop",
        "Paused",
        "Song | Band | Record | 3:20 | file:///covers/a%20b.png",
        "file:///music/a%20song.flac",
        "5.000000",
        "On",
        "Playlist",
        "shuffle False",
        "repeat one",
        "30.000000",
        "open /music/other song.flac",
        "stop",
        "volume 1.0",
    ]


def test_a_second_player_has_a_name_of_its_own(tmp_path: Path, desktop: Callable[..., list[str]]) -> None:
    second = f"{sys.executable} {tmp_path / 'player.py'} true"
    said = desktop(second, program="")
    assert [line for line in said if line.startswith("registered")] == ["registered True", "registered True"]


def test_media_keys_reach_the_window(desktop: Callable[..., list[str]]) -> None:
    said = desktop(f"call {ADDRESS} Next", f"call {ADDRESS} PlayPause", f"set-property {ADDRESS} Volume d 0.25")
    assert said == ["registered True", "next", "play", "volume 0.25"]


def test_the_window_names_itself(desktop: Callable[..., list[str]]) -> None:
    service = "org.mpris.MediaPlayer2.pemr_desktop /org/mpris/MediaPlayer2 org.mpris.MediaPlayer2"
    assert desktop(f"get-property {service} DesktopEntry")[1] == 's "org.pemr.Desktop"'


def test_without_a_session_bus_nothing_is_registered_and_nothing_fails(tmp_path: Path) -> None:
    environment = os.environ | {"DBUS_SESSION_BUS_ADDRESS": f"unix:path={tmp_path / 'nobody'}"}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, "true"], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "registered False"
