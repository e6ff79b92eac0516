"""One window for one library: found by the second start, whatever became of the one before."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtNetwork import QLocalSocket
from pytestqt.qtbot import QtBot

from pemr_desktop.ui.window.single_instance import SingleInstance, address_of

SECOND = """
import sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from pemr_desktop.ui.window.single_instance import SingleInstance
application = QCoreApplication([])
print(SingleInstance(Path(sys.argv[1])).claim([Path(name) for name in sys.argv[2:]]))
"""


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    runtime = tmp_path / "run"
    runtime.mkdir(0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    return tmp_path / "library.sqlite"


@pytest.fixture
def first(library: Path) -> Iterator[SingleInstance]:
    instance = SingleInstance(library)
    assert instance.claim([])
    yield instance
    instance.close()


def start_second(library: Path, *names: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", SECOND, str(library), *names], stdout=subprocess.PIPE, text=True)


def test_a_second_start_hands_over_its_files(qtbot: QtBot, first: SingleInstance, library: Path) -> None:
    odd = os.fsdecode(b"/music/Bl\xe4ser.flac")
    with qtbot.waitSignal(first.openRequested) as asked:
        second = start_second(library, "/music/a song.flac", odd)
    assert asked.args == [[Path("/music/a song.flac"), Path(odd)]]
    assert second.communicate()[0] == "False\n"


def test_another_library_has_a_window_of_its_own(first: SingleInstance, library: Path) -> None:
    assert start_second(library.with_name("other.sqlite")).communicate()[0] == "True\n"


def test_a_window_that_was_killed_is_not_in_the_way(library: Path) -> None:
    killed = SECOND + "import os; os._exit(9)\n"
    subprocess.run([sys.executable, "-u", "-c", killed, str(library)], stdout=subprocess.DEVNULL, check=False)
    instance = SingleInstance(library)
    assert instance.claim([])
    instance.close()


def test_nonsense_is_not_opened(qtbot: QtBot, first: SingleInstance, library: Path) -> None:
    asked: list[object] = []
    first.openRequested.connect(asked.append)
    socket = QLocalSocket()
    socket.connectToServer(address_of(library))
    with qtbot.waitSignal(socket.disconnected):
        socket.write(b'{"paths": 7}\n')
    assert asked == []


def test_a_place_that_others_can_reach_is_not_used(library: Path) -> None:
    Path(os.environ["XDG_RUNTIME_DIR"]).chmod(0o755)
    with pytest.raises(PermissionError):
        address_of(library)
    instance = SingleInstance(library)
    assert instance.claim([])
