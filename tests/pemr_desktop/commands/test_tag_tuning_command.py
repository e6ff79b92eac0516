"""`pemr-desktop tune` where there is nothing to tune, or too much is asked at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

Run = Callable[..., Any]


def test_tuning_needs_music_and_going_back_needs_a_tuning(run: Run, music: Path) -> None:
    run("scan", music)
    said = run("tune", code=1).stderr
    assert "too little music" in said and "Your tags stay as they are" in said and "Traceback" not in said
    assert "as they were shipped" in run("tune", "--undo").stderr


def test_going_back_goes_alone(run: Run) -> None:
    assert "--undo goes alone" in run("tune", "--undo", "--dry-run", code=1).stderr
