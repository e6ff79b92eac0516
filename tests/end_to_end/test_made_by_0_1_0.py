"""A library, settings and a training run made by version 0.1.0 are opened and used as they are.

`data/home-0.1.0.tar.xz` holds what that version left behind after: scan, analyse, accept and write tags, edit a tag,
find and confirm a version, choose the dark colours, pre-train for two epochs.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from pemr_desktop.tagfiles.read import read_tags

MADE = Path(__file__).parent / "data" / "home-0.1.0.tar.xz"
MADE_IN = b"/tmp/made_by_0_1_0/music"
TRACKS = ("Fourth.m4a", "Other.mp3", "Third.opus", "Tune again.ogg", "Tune.flac")

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The home of then, with its music in another folder, as after a move to a new computer."""
    with tarfile.open(MADE) as archive:
        archive.extraction_filter = getattr(tarfile, "data_filter", None)  # from 3.11.4 on
        archive.extractall(tmp_path)
    with closing(sqlite3.connect(tmp_path / "home" / "data" / "library.sqlite")) as library, library:
        moved = library.execute("UPDATE roots SET path = ? WHERE path = ?", (os.fsencode(tmp_path / "music"), MADE_IN))
        assert moved.rowcount == 1
    return tmp_path / "home"


@pytest.fixture
def run(home: Path) -> Run:
    environ = {**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "200"}

    def run_command(*arguments: str | Path, module: str = "pemr_desktop") -> subprocess.CompletedProcess[str]:
        of_home = ["--home", str(home)] if module == "pemr_desktop" else []
        command = [sys.executable, "-m", module, *of_home, *map(str, arguments)]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=200, check=False)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done

    return run_command


def test_nothing_is_heard_or_asked_again(run: Run, home: Path) -> None:
    status = run("status").stdout
    assert "Tracks 5 (0 not reachable)" in " ".join(status.split())
    assert "Listened to 5 with model bundled (efd79508bfcb1e52)" in " ".join(status.split())
    run("scan")
    assert "Listened to 5 with model bundled" in " ".join(run("status").stdout.split())
    assert "Every track has been listened to" in run("analyse").stderr
    suggested = run("tags").stdout
    assert "slow 53%" in suggested and "indie 67%" in suggested
    assert "'dark'" in run("settings", "appearance.scheme").stdout


def test_versions_and_what_was_said_of_them_are_known(run: Run) -> None:
    found = run("versions").stdout
    assert "Tune again" in found
    with_others = run("covers", "5").stdout
    assert "version" in with_others and "+2 semitones" in with_others


def test_what_was_written_then_is_taken_back_now(run: Run, home: Path) -> None:
    music = home.parent / "music"
    assert read_tags(music / "Other.mp3").fields["mood"] == ("chill",)
    assert read_tags(music / "Tune.flac").fields["mood"] == ("Calm",)
    run("scan")
    assert "3 files" in run("undo", "1").stderr
    run("undo", "2")
    for name in TRACKS:
        assert not {"mood", "pemr_tags"} & read_tags(music / name).fields.keys(), name


def test_a_run_becomes_a_model_that_listens(run: Run, home: Path) -> None:
    model = home.parent / "mine.safetensors"
    run("export", home / "data" / "runs" / "mine", "--which", "best", "--out", model, module="pemr.command")
    assert "Listened to 5 tracks" in run("activate", model).stderr
    assert "mine (active)" in run("models").stdout
    assert "Every track has been listened to" in run("analyse").stderr
