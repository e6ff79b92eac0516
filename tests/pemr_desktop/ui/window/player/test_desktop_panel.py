"""The whole window on a session bus of the test's own, asked as the desktop's panel asks."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import sys
from pathlib import Path
from PySide6.QtCore import QProcess
from PySide6.QtWidgets import QApplication
from pemr_desktop.app import App
from pemr_desktop.library.rows import TrackRow
from pemr_desktop.paths import below
from pemr_desktop.ui.window.player.desktop_panel import join_desktop

application = QApplication(["test"])
app = App(application, below(Path(sys.argv[1])).create())
panel = join_desktop(app.window)
print("joined", panel is not None, flush=True)
row = TrackRow(5, b"/song.flac", "/song.flac", "Song", "Band", "Record", "", None, None, None, None, "flac", (), (), (),
               "present", False, False, None, 0.0)
app.window.context.queue.currentChanged.emit(row)
app.window.closed.connect(lambda: print("closed", flush=True))
desktop = QProcess()
desktop.setProcessChannelMode(QProcess.ProcessChannelMode.ForwardedChannels)
desktop.finished.connect(application.quit)
desktop.start("sh", ["-c", sys.argv[2]])
application.exec()
print("visible", app.window.isVisible(), flush=True)
if panel is not None:
    panel.controls.unregister()
app.stop()
"""
SERVICE = "org.mpris.MediaPlayer2.pemr_desktop /org/mpris/MediaPlayer2"


def run(tmp_path: Path, commands: str, *before: str, **environment: str) -> list[str]:
    script = tmp_path / "window.py"
    script.write_text(SCRIPT)
    command = [*before, sys.executable, str(script), str(tmp_path / "home"), commands]
    surroundings = os.environ | {"QT_QPA_PLATFORM": "offscreen"} | environment
    done = subprocess.run(command, env=surroundings, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_the_desktop_sees_the_track_and_can_raise_and_close_the_window(tmp_path: Path) -> None:
    if sys.platform != "linux" or not shutil.which("dbus-run-session") or not shutil.which("busctl"):
        pytest.skip("needs a session bus: dbus-run-session and busctl (Debian: dbus, systemd)")
    said = run(
        tmp_path,
        f"busctl --user get-property {SERVICE} org.mpris.MediaPlayer2.Player Metadata;"
        f"busctl --user call {SERVICE} org.mpris.MediaPlayer2 Raise;"
        f"busctl --user call {SERVICE} org.mpris.MediaPlayer2 Quit",
        "dbus-run-session",
        "--",
    )
    assert said[0] == "joined True"
    assert '"xesam:title" s "Song"' in said[1]
    assert said[2:] == ["closed", "visible False"]


def test_without_a_session_bus_the_window_opens_all_the_same(tmp_path: Path) -> None:
    said = run(tmp_path, "true", DBUS_SESSION_BUS_ADDRESS=f"unix:path={tmp_path / 'nobody'}")
    assert said[:2] == ["joined False", "visible False"]
