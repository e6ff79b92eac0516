"""Everything but training where torch cannot be imported: the demo music is listened to, tuned to and searched.

Slow: twelve clips are listened to by the bundled encoder and by the teacher.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pemr.training_extra import INSTALL

ROOT = Path(__file__).resolve().parents[2]
NOT_THERE = """
import sys

sys.modules.update(dict.fromkeys(("torch", "torchaudio", "lightning", "pyarrow")))
"""

Run = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """`run(module, *arguments)` -> all that it printed, in a Python that has no torch, nor have its children."""
    (tmp_path / "blocked").mkdir()
    (tmp_path / "blocked" / "sitecustomize.py").write_text(NOT_THERE)
    paths = [str(tmp_path / "blocked"), *filter(None, [os.environ.get("PYTHONPATH")])]
    environ = {
        **os.environ, "PYTHONPATH": os.pathsep.join(paths), "PEMR_DESKTOP_HOME": str(tmp_path / "home"),
        "COLUMNS": "200", "OMP_NUM_THREADS": "1",
    }  # fmt: skip

    def run_module(module: str, *arguments: str | Path, code: int = 0) -> str:
        command = [sys.executable, "-m", module, *map(str, arguments)]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=280, check=False)
        assert done.returncode == code, f"{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    return run_module


@pytest.mark.slow
def test_the_demo_music_is_listened_to_tuned_to_and_searched_for_covers(run: Run) -> None:
    demo = run("pemr_desktop", "demo", "--keep")
    assert "Listened to 12 tracks" in demo
    assert "5 pairs of versions found" in demo
    assert "12 tracks" in run("pemr_desktop", "tune")
    covers = run("pemr_desktop", "covers", ROOT / "resources" / "demo" / "kitchen-session-1.opus")
    assert "ersion" in covers
    told = " ".join(run("pemr_desktop", "doctor").split())
    assert "Training needs torch, which is not installed." in told
    assert INSTALL in told


def test_training_says_what_is_missing_and_how_to_get_it(run: Run, tmp_path: Path) -> None:
    sentence = f"pemr-train: Training needs torch, which is not installed. Install it with: {INSTALL}\n"
    assert run("pemr.command", "pretrain", tmp_path, "--out", tmp_path / "run", code=1) == sentence
    assert run("pemr.command", "export", tmp_path, "--out", tmp_path / "model.safetensors", code=1) == sentence
    model = ROOT / "resources" / "models" / "bundled.safetensors"
    rows = tmp_path / "rows.parquet"
    assert "needs pyarrow" in run("pemr.command", "embed", tmp_path, "--model", model, "--out", rows, code=1)
    assert "pretrain" in run("pemr.command", "--help")
