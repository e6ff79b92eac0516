"""A real `pemr-train` on a few seconds of made music."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from pemr_desktop.ui.training.training_process import TrainingProcess
from pemr_desktop.ui.training.training_record import TrainingRequest

SMALL = (
    "train.batch_size=2", "train.epochs=2000", "train.threads=1", "train.probe_minutes=0",
    "front_end.segment_samples=20480", "data.clip_s=2.0", "data.held_out=0.4", "pemr.layers=1",
)  # fmt: skip


@pytest.fixture
def music(tmp_path: Path, make_audio: Callable[..., Path]) -> Path:
    for seed in range(5):
        make_audio(tmp_path / "music" / f"{seed}.wav", seconds=3, seed=seed, sample_rate=16000)
    return tmp_path / "music"


@pytest.fixture
def process(qtbot: QtBot) -> TrainingProcess:
    return TrainingProcess()


def test_a_killed_training_is_reported(qtbot: QtBot, process: TrainingProcess, music: Path, tmp_path: Path) -> None:
    request = TrainingRequest((bytes(music),), "default", SMALL)
    with qtbot.waitSignal(process.happened):
        process.start(request, tmp_path / "run")
    with qtbot.waitSignal(process.ended) as ended:
        process.kill()
    assert ended.args == [-1]
    assert not process.is_running()
