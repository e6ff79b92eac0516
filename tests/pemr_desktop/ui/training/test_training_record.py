from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from pemr import events
from pemr_desktop.ui.training.training_record import (
    EVENTS_FILE,
    TrainingRecord,
    TrainingRequest,
    bytes_used,
    keep_request,
    read_record,
    read_records,
)


def started(step: int = 0) -> events.Started:
    return events.Started(
        run_dir="run", recipe="default", method="pemr", tracks=40, clips=40, held_out_tracks=2, skipped_files=1,
        step=step, steps=100, steps_per_epoch=10, batch_size=4, parameters=370_562, segment_frames=230,
        precision="32-true", floors={},
    )  # fmt: skip


def step(number: int, total: float) -> events.Step:
    return events.Step(number, 100, number // 10, {"total": total, "positive": total / 2}, 12.0, 60.0, 0.1)


def written(folder: Path, *happened: events.AnyEvent, rest: str = "") -> Path:
    folder.mkdir(parents=True)
    with (folder / EVENTS_FILE).open("w", encoding="utf-8") as file:
        write = events.json_lines(file)
        for event in happened:
            write(event)
        file.write(rest)
    return folder


def test_a_run_is_read_back_from_its_folder(tmp_path: Path) -> None:
    run = tmp_path / "run"
    checkpoint = run / "checkpoints" / "latest.pt"
    written(
        run,
        events.Preparing(3, 40, 1),
        started(),
        step(1, 8.0),
        step(2, 6.0),
        events.Probe(2, "other_half_mrr", 0.4, 0.1),
        events.CheckpointSaved(str(checkpoint), 2, "latest"),
        events.Finished(2, "stopped", str(checkpoint), 0.1),
    )
    checkpoint.parent.mkdir()
    checkpoint.write_bytes(b"x" * 1000)
    record = read_record(run)
    assert record.state == "paused"
    assert record.losses["total"].points == [(1, 8.0), (2, 6.0)]
    assert record.probes["other_half_mrr"].points == [(2, 0.4)]
    (row,) = record.sorted_checkpoints()
    assert (row.kind, row.step, row.score, row.losses["total"], row.size) == ("latest", 2, 0.4, 6.0, 1000)


def test_a_run_without_a_last_word_was_interrupted_and_a_half_written_line_is_left_out(tmp_path: Path) -> None:
    run = written(tmp_path / "run", started(), step(1, 8.0), rest='{"event":"step","step":2,"ste')
    keep_request(run, TrainingRequest((b"/music",)))
    record = read_record(run)
    assert record.state == "interrupted"
    assert record.can_resume
    assert record.step is not None and record.step.step == 1


def test_going_on_from_a_checkpoint_replaces_the_steps_after_it() -> None:
    record = TrainingRecord(Path("run"))
    for event in (started(), step(1, 8.0), step(2, 7.0), step(3, 99.0), started(step=2), step(3, 5.0)):
        record.take(event)
    assert record.losses["total"].points == [(1, 8.0), (2, 7.0), (3, 5.0)]


def test_a_failure_keeps_its_sentence_and_going_on_clears_it() -> None:
    record = TrainingRecord(Path("run"), request=TrainingRequest((b"/music",)))
    record.take(events.Failed("CorpusError", "There is no music in /music."))
    assert record.state == "failed"
    assert record.failure == "There is no music in /music."
    record.take(started(step=2))
    assert record.state == "training"
    assert record.failure == ""


def test_a_finished_run_has_nothing_left_to_do() -> None:
    record = TrainingRecord(Path("run"), request=TrainingRequest((b"/music",)))
    record.take(events.Finished(100, "completed", "", 1.0))
    assert record.state == "finished"
    assert not record.can_resume


def test_a_checkpoint_that_is_gone_is_not_offered(tmp_path: Path) -> None:
    run = tmp_path / "run"
    written(run, started(), step(1, 8.0), events.CheckpointSaved(str(run / "checkpoints" / "best.pt"), 1, "best"))
    assert read_record(run).sorted_checkpoints() == []


def test_a_request_survives_any_folder_name(tmp_path: Path) -> None:
    request = TrainingRequest((os.fsencode(tmp_path) + b"/caf\xe9",), "paper", ("train.epochs=2",), 0.5)
    keep_request(tmp_path / "run", request)
    assert read_record(tmp_path / "run").request == request


def test_the_arguments_are_those_of_pemr_train() -> None:
    request = TrainingRequest((b"/music", b"/more"), "paper", ("train.epochs=2", "train.seed=7"), 0.25)
    assert request.arguments(Path("/runs/one")) == [
        "pretrain", "/music", "/more", "--out", "/runs/one", "--recipe", "paper", "--events",
        "--set", "train.epochs=2", "--set", "train.seed=7", "--max-hours", "0.25",
    ]  # fmt: skip


def test_the_newest_run_comes_first_and_other_folders_are_no_runs(tmp_path: Path) -> None:
    old = written(tmp_path / "old", started())
    new = written(tmp_path / "new", started())
    os.utime(old / EVENTS_FILE, (1, 1))
    (tmp_path / "something else").mkdir()
    assert [record.folder for record in read_records(tmp_path)] == [new, old]
    assert read_records(tmp_path / "nowhere") == []


def test_the_disk_a_run_takes_is_all_of_its_files(tmp_path: Path) -> None:
    (tmp_path / "audio-cache").mkdir()
    (tmp_path / "audio-cache" / "a").write_bytes(b"x" * 300)
    (tmp_path / "b").write_bytes(b"x" * 20)
    assert bytes_used(tmp_path) == 320


def test_a_damaged_request_is_as_good_as_none(tmp_path: Path) -> None:
    run = written(tmp_path / "run", started())
    (run / "request.json").write_text("{")
    assert read_record(run).request is None
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode((run / "request.json").read_bytes())
