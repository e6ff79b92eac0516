"""A checkpoint and a model file are on disk before they take their name: seen in the calls of the real commands."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from strace import assert_replaced_durably, needs_strace, run_traced

QUIET = {"OMP_NUM_THREADS": "1", "COLUMNS": "200", "NO_COLOR": "1"}


@needs_strace
@pytest.mark.slow
def test_checkpoint_and_model_file_are_on_disk_before_they_take_their_name(
    music: Path, recipe_file: Path, tmp_path: Path
) -> None:
    """Slow: trains a step and exports it, in two processes that load torch, both of them traced."""
    out, model, calls = tmp_path / "run", tmp_path / "models" / "model.safetensors", tmp_path / "calls"
    environ = {**QUIET, "PEMR_PENDING_WRITES": str(tmp_path / "notes")}
    command = [sys.executable, "-m", "pemr.command"]
    training: list[str | Path] = [
        "pretrain",
        music,
        "--out",
        out,
        "--recipe",
        recipe_file,
        "--max-steps",
        "1",
        "--events",
    ]
    done = run_traced([*command, *training], calls, environ=environ)
    assert done.returncode == 0, done.stderr
    assert_replaced_durably(calls, out / "checkpoints" / "latest.pt")
    done = run_traced([*command, "export", out, "--out", model], calls, environ=environ)
    assert done.returncode == 0, done.stderr
    assert_replaced_durably(calls, model)
    assert list((tmp_path / "notes").iterdir()) == []
