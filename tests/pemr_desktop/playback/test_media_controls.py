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
from pemr_desktop.playback.media_controls import MediaControls, NowPlaying
from pemr_desktop.playback.player import Player

application = QCoreApplication([])
player = Player()
controls = MediaControls(player)
print("registered", controls.register(), flush=True)
controls.nextRequested.connect(lambda: print("next", flush=True))
controls.playRequested.connect(lambda: print("play", flush=True))
controls.show(NowPlaying(7, "Song", "Band", "Record"), can_go_next=True)
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

    def speak(*calls: str) -> list[str]:
        script = tmp_path / "player.py"
        script.write_text(SCRIPT)
        commands = "; ".join(f"busctl --user {call}" for call in calls)
        command = ["dbus-run-session", "--", sys.executable, str(script), commands]
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
