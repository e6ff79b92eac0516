"""The curves of a run, read back with TensorBoard's own reader."""

from __future__ import annotations

from pathlib import Path

import pytest
from tensorboard.backend.event_processing import event_accumulator as reading

from pemr import events
from pemr.runs.tensorboard import tensorboard_curves


def started(step: int) -> events.Started:
    return events.Started("run", "default", "pemr", 4, 8, 2, 0, step, 10, 2, 4, 1, 65, "32-true", {"positive": 5.69})


def step(number: int, loss: float) -> events.Step:
    return events.Step(number, 10, 0, {"positive": loss}, 20.0, 1.0, 0.01, 3_000_000_000)


def read(folder: Path, name: str) -> list[tuple[int, object]]:
    accumulator = reading.EventAccumulator(str(folder))
    accumulator.Reload()
    return [(each.step, pytest.approx(each.value)) for each in accumulator.Scalars(name)]


def test_losses_floors_speed_and_probes_can_be_read(tmp_path: Path) -> None:
    with tensorboard_curves(tmp_path) as listener:
        for event in (started(0), events.Probe(0, "other_half_mrr", 0.4, 0.1), step(1, 60.0), step(2, 50.0)):
            listener(event)
    assert read(tmp_path, "loss/positive") == [(1, 60.0), (2, 50.0)]
    assert read(tmp_path, "floor/positive") == [(0, 5.69)]
    assert read(tmp_path, "probe/other_half_mrr") == [(0, 0.4)]
    assert read(tmp_path, "chance/other_half_mrr") == [(0, 0.1)]
    assert read(tmp_path, "speed/data_wait") == [(1, 0.01), (2, 0.01)]
    assert read(tmp_path, "memory/resident_gigabytes") == [(1, 3.0), (2, 3.0)]


def test_a_run_that_goes_on_from_a_checkpoint_replaces_the_curve_behind_it(tmp_path: Path) -> None:
    with tensorboard_curves(tmp_path) as listener:
        for event in (started(0), step(1, 60.0), step(2, 50.0), step(3, 40.0)):
            listener(event)
    with tensorboard_curves(tmp_path) as listener:
        for event in (started(1), step(2, 51.0)):
            listener(event)
    assert read(tmp_path, "loss/positive") == [(1, 60.0), (2, 51.0)]
