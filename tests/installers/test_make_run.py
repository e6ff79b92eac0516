"""`make run` chooses: the window where there is a display, the terminal where there is none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "installers" / "run.sh"


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A bin folder whose `pemr-desktop` says how it was called."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "pemr-desktop"
    program.write_text('#!/bin/sh\nfor word in "$@"; do echo "[$word]"; done\n')
    program.chmod(0o755)
    return folder


def start(programs: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY", "MUSIC")}
    return subprocess.run(
        [str(SCRIPT)], env=clean | {"BIN": str(programs)} | environment, capture_output=True, text=True, check=False
    )


needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is always a display")


@needs_linux
def test_without_a_display_the_demo_runs_in_the_terminal(programs: Path) -> None:
    assert start(programs).stdout.splitlines()[1:] == ["[demo]"]


@needs_linux
def test_without_a_display_your_own_music_is_taken_in_the_terminal(programs: Path, tmp_path: Path) -> None:
    music = tmp_path / "My Music"
    music.mkdir()
    assert start(programs, MUSIC=str(music)).stdout.splitlines()[1:] == ["[demo]", f"[{music}]"]


@pytest.mark.parametrize("variable", ["DISPLAY", "WAYLAND_DISPLAY"])
def test_with_a_display_the_window_opens_on_the_demo_library_which_is_not_yours(
    programs: Path, variable: str, tmp_path: Path
) -> None:
    done = start(programs, **{variable: ":0"}, XDG_DATA_HOME=str(tmp_path))
    assert done.stdout.splitlines() == ["[--home]", f"[{tmp_path}/pemr-desktop-demo]", "[window]", "[--demo]"]


def test_a_tilde_means_the_home_folder(programs: Path, tmp_path: Path) -> None:
    (tmp_path / "Music").mkdir()
    done = start(programs, DISPLAY=":0", HOME=str(tmp_path), MUSIC="~/Music")
    assert done.stdout.splitlines() == ["[window]", f"[{tmp_path}/Music]"]


def test_a_folder_that_is_not_there_is_named_and_nothing_starts(programs: Path) -> None:
    done = start(programs, MUSIC="/no/such/folder")
    assert done.returncode == 1
    assert "/no/such/folder" in done.stderr
    assert done.stdout == ""
