"""The command line as a person uses it: real processes, a home of their own, real music."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def run(home: Path) -> Run:
    """`run("scan", folder, code=0)` -> what the command printed; fails when the exit code is another."""

    def run_command(*arguments: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
        environ = {**os.environ, "PEMR_DESKTOP_HOME": str(home), "OMP_NUM_THREADS": "1", "COLUMNS": "200"}
        for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
            environ.pop(name, None)
        done = subprocess.run(
            [sys.executable, "-m", "pemr_desktop", *map(str, arguments)],
            env=environ,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == code, f"{done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    return run_command


@pytest.fixture
def music(tmp_path: Path, make_audio: Callable[..., Path]) -> Path:
    for number, genre in enumerate(("Folk", "Folk", "Rock")):
        tags = {"title": f"Tune {number}", "artist": "The Testers", "genre": genre}
        make_audio(tmp_path / "music" / f"tune {number}.flac", seconds=3.0, seed=number, tags=tags)
    return tmp_path / "music"
