"""The program as it is started: a window on a folder, and an end that leaves nothing behind."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from patience import PATIENCE_S
from pemr_desktop.paths import below
from pemr_desktop.ui.play_queue import KeptQueue
from sound_server import SoundServer, own_sound_server


def wait_for(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.05)  # another process: there is no signal to wait for


def track_count(library: Path) -> int:
    if not library.exists():
        return 0
    try:
        connection = sqlite3.connect(f"{library.as_uri()}?mode=ro", uri=True)
        try:
            return int(connection.execute("SELECT count(*) FROM tracks").fetchone()[0])
        finally:
            connection.close()
    except sqlite3.OperationalError:
        return 0


def processes_of(home: Path) -> list[str]:
    """Command lines of running processes that name this home."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = entry.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        if str(home) in command:
            found.append(command)
    return found


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks for processes in /proc")
def test_a_folder_on_the_command_line_is_added_and_a_signal_ends_everything(
    tmp_path: Path, make_audio: Callable[..., Path]
) -> None:
    music, home = tmp_path / "tunes", tmp_path / "home"
    make_audio(music / "a.flac", seconds=1)
    environment = os.environ | {"PEMR_DESKTOP_HOME": str(home), "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-m", "pemr_desktop", "window", str(music)]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            wait_for(lambda: track_count(below(home).library_file) == 1, "the track in the library")
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=PATIENCE_S) == 0
        finally:
            process.kill()
    wait_for(lambda: processes_of(home) == [], "the worker to end")
    assert "PEMR Desktop" in (below(home).log / "window.log").read_text()
    assert not (below(home).log / "crash.log").exists()


@pytest.fixture
def sound_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SoundServer]:
    yield from own_sound_server(tmp_path / "sound-server", monkeypatch)


def kept_path(home: Path) -> bytes:
    """The file from outside the library that plays, as the window keeps it."""
    try:
        kept = (below(home).library_file.with_name("play-queue.json")).read_bytes()
    except FileNotFoundError:
        return b""
    return msgspec.json.decode(kept, type=KeptQueue).path


@pytest.mark.skipif(os.name != "posix", reason="ends the window by a signal")
def test_a_second_start_hands_its_file_to_the_window_that_is_open(
    tmp_path: Path, make_audio: Callable[..., Path], sound_server: SoundServer
) -> None:
    home = tmp_path / "home"
    first, second = (make_audio(tmp_path / "tunes" / name, seconds=60) for name in ("a.wav", "b.wav"))
    environment = os.environ | {"PEMR_DESKTOP_HOME": str(home), "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-m", "pemr_desktop", "window"]
    with subprocess.Popen([*command, str(first)], env=environment) as process:
        try:
            wait_for(lambda: kept_path(home) == os.fsencode(first), "the first file to play")
            again = subprocess.run([*command, str(second)], env=environment, timeout=PATIENCE_S, check=False)
            assert again.returncode == 0
            assert process.poll() is None
            wait_for(lambda: kept_path(home) == os.fsencode(second), "the second file to play")
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=PATIENCE_S) == 0
        finally:
            process.kill()


OPENS = """
import sys
from PySide6.QtCore import QCoreApplication, QUrl
from PySide6.QtGui import QFileOpenEvent
from pemr_desktop.ui.window.application import Application
application = Application(["test"])
application.fileOpened.connect(lambda paths: print(*paths))
QCoreApplication.sendEvent(application, QFileOpenEvent(QUrl.fromLocalFile(sys.argv[1])))
"""


def test_a_file_that_macos_wants_opened_is_heard_of() -> None:
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [sys.executable, "-c", OPENS, "/music/a song.flac"], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == "/music/a song.flac\n"
