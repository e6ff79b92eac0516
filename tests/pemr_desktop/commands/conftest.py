"""The command line as a person uses it, in a home of its own, on real music. Jobs run in a real worker process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from pemr_desktop.__main__ import main
from pemr_desktop.paths import below
from pemr_desktop.settings_file import SettingsStore


class Said(NamedTuple):
    """What a command printed."""

    stdout: str
    stderr: str


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """What a scan finds is not analysed at once here: most commands need no ear."""
    settings = below(tmp_path / "home").settings_file
    settings.parent.mkdir(parents=True)
    SettingsStore(settings).set("analyse.automatic", False)
    return tmp_path / "home"


@pytest.fixture
def settings(home: Path) -> SettingsStore:
    return SettingsStore(below(home).settings_file)


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """`run("scan", folder, code=0)` -> what the command printed; fails when the exit code is another."""
    monkeypatch.setenv("PEMR_DESKTOP_HOME", str(home))
    monkeypatch.setenv("COLUMNS", "200")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)

    def run_command(*arguments: str | Path, code: int = 0) -> Said:
        ended = main([str(argument) for argument in arguments])
        said = Said(*capsys.readouterr())
        assert ended == code, f"{ended}\n{said.stdout}\n{said.stderr}"
        return said

    return run_command


@pytest.fixture
def music(tmp_path: Path, make_audio: Callable[..., Path]) -> Path:
    for number, genre in enumerate(("Folk", "Folk", "Rock")):
        tags = {"title": f"Tune {number}", "artist": "The Testers", "genre": genre}
        make_audio(tmp_path / "music" / f"tune {number}.flac", seconds=3.0, seed=number, tags=tags)
    return tmp_path / "music"
