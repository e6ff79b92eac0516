"""`scan` and `watch` analyse what they find, once, if that is set: as the window does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pemr_desktop.settings_file import SettingsStore
from random_model import write_random_model

Run = Callable[..., Any]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.safetensors"
    write_random_model(path)
    return path


def test_a_scan_analyses_what_it_found_if_that_is_set(
    run: Run, music: Path, model: Path, settings: SettingsStore
) -> None:
    assert "Listened" not in run("--model", model, "scan", music).stderr
    settings.set("analyse.automatic", True)
    assert "Listened" not in run("--model", model, "scan").stderr  # it found nothing new
    (music / "tune 0.flac").rename(music / "renamed.flac")
    said = run("--model", model, "scan").stderr
    assert said.count("Listened to 3 tracks.") == 1 and said.index("1 track moved") < said.index("Listened")


@pytest.mark.skipif(os.name == "nt", reason="a signal that Windows has not got")
def test_watching_analyses_what_has_come_if_that_is_set(
    run: Run, home: Path, music: Path, model: Path, settings: SettingsStore
) -> None:
    newcomer = (music / "tune 2.flac").rename(music.with_name("newcomer.flac"))
    run("scan", music)
    settings.set("analyse.automatic", True)
    command = [sys.executable, "-m", "pemr_desktop", "--home", home, "--model", model, "watch", "--every", "0.05"]
    with subprocess.Popen(list(map(str, command)), stderr=subprocess.PIPE, text=True) as watching:
        assert watching.stderr is not None
        said = [watching.stderr.readline()]
        newcomer.rename(music / "tune 2.flac")
        while "Listened" not in said[-1]:
            said.append(watching.stderr.readline())
            assert said[-1], said
        watching.send_signal(signal.SIGINT)
        said += watching.stderr.readlines()
    assert "nothing new" in said[0]
    told = "".join(said)
    assert "1 track added" in told and told.count("Listened to 3 tracks.") == 1
