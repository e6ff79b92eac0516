"""A real `pemr-train` on a few seconds of made music."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from pemr import events
from pemr_desktop.ui.training_process import TrainingProcess
from pemr_desktop.ui.training_record import TrainingRecord, TrainingRequest, read_record

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


def run(
    qtbot: QtBot, process: TrainingProcess, request: TrainingRequest, folder: Path, stop_after: int
) -> TrainingRecord:
    """Train until a step, ask it to stop, wait until it has."""
    record = TrainingRecord(folder)

    def take(event: events.AnyEvent) -> None:
        record.take(event)
        if isinstance(event, events.Step) and event.step == stop_after:
            process.stop()

    process.happened.connect(take)
    with qtbot.waitSignal(process.ended, timeout=60_000) as ended:
        process.start(request, folder)
    process.happened.disconnect(take)
    assert ended.args == [0], process.last_words
    return record


def test_a_training_stops_with_a_checkpoint_and_goes_on_from_there(
    qtbot: QtBot, process: TrainingProcess, music: Path, tmp_path: Path
) -> None:
    request = TrainingRequest((bytes(music),), "default", SMALL)
    folder = tmp_path / "run"
    first = run(qtbot, process, request, folder, stop_after=3)
    assert first.state == "paused"
    assert [row.kind for row in first.sorted_checkpoints()][:1] == ["latest"]
    reached = first.sorted_checkpoints()[0].step
    assert reached >= 3
    second = run(qtbot, process, request, folder, stop_after=reached + 2)
    assert second.started is not None and second.started.step == reached
    kept = read_record(folder)
    assert kept.request == request
    assert [x for x, _ in kept.losses["total"].points] == list(range(1, int(kept.losses["total"].points[-1][0]) + 1))


def test_a_folder_without_music_fails_with_a_sentence(qtbot: QtBot, process: TrainingProcess, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    record = TrainingRecord(tmp_path / "run")
    process.happened.connect(record.take)
    with qtbot.waitSignal(process.ended, timeout=60_000) as ended:
        process.start(TrainingRequest((bytes(tmp_path / "empty"),)), tmp_path / "run")
    assert ended.args[0] != 0
    assert record.state == "failed"
    assert str(tmp_path / "empty") in record.failure


def test_a_killed_training_is_reported(qtbot: QtBot, process: TrainingProcess, music: Path, tmp_path: Path) -> None:
    request = TrainingRequest((bytes(music),), "default", SMALL)
    with qtbot.waitSignal(process.happened, timeout=60_000):
        process.start(request, tmp_path / "run")
    with qtbot.waitSignal(process.ended, timeout=10_000) as ended:
        process.kill()
    assert ended.args == [-1]
    assert not process.is_running()
