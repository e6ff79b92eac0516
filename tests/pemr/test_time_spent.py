"""The clock runs while a process waits or is stopped; its processor time does not."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from pemr import events
from pemr.checkpoint import load_checkpoint
from pemr.export import export
from pemr.modelfile import load_model
from pemr.pretrain import pretrain
from pemr.recipe import load_recipe
from pemr.time_spent import Stopwatch, TimeSpent, stored_time


def test_waiting_takes_time_by_the_clock_and_none_of_the_processor() -> None:
    stopwatch = Stopwatch(TimeSpent(100.0, 10.0))
    waits = "import time; time.sleep(0.5)"
    subprocess.run([sys.executable, "-c", waits], check=True)
    spent = stopwatch.read()
    assert spent.seconds >= 100.5
    assert 10.0 <= spent.processor_seconds < 10.4


def test_work_takes_time_of_the_processor() -> None:
    stopwatch = Stopwatch(TimeSpent())
    began = time.process_time()
    while time.process_time() < began + 0.2:
        pass
    assert stopwatch.read().processor_seconds >= 0.2


def test_what_a_checkpoint_stores_is_read_back() -> None:
    spent = TimeSpent(7200.0, 3600.0, counted_from=5)
    assert stored_time({"step": 9, **spent.stored()}) == spent


def test_a_run_from_before_processor_time_was_counted_goes_on_and_says_from_where_it_is_known(
    recipe_file: Path, music: Path, tmp_path: Path
) -> None:
    def run(steps: int) -> list[events.AnyEvent]:
        received: list[events.AnyEvent] = []
        recipe = load_recipe(str(recipe_file), [f"train.max_steps={steps}"])
        pretrain(recipe, [music], tmp_path / "run", listener=received.append)
        return received

    *_, finished = run(1)
    assert isinstance(finished, events.Finished)
    assert finished.processor_hours > 0
    assert finished.processor_hours_from == 0
    latest = tmp_path / "run/checkpoints/latest.pt"
    content = torch.load(latest, weights_only=True)
    del content["processor_seconds"], content["processor_counted_from"]
    torch.save(content, latest)
    assert load_checkpoint(latest).spent == TimeSpent(content["seconds"], 0.0, counted_from=1)

    *_, finished = received = run(2)
    (step,) = [event for event in received if isinstance(event, events.Step)]
    assert step.hours > content["seconds"] / 3600
    assert step.processor_hours > 0
    assert isinstance(finished, events.Finished)
    assert finished.processor_hours_from == 1
    export(tmp_path / "run", tmp_path / "model.safetensors")
    provenance = load_model(tmp_path / "model.safetensors").info.provenance
    assert provenance["processor_hours_from_step"] == 1
    assert provenance["hours"] == pytest.approx(finished.hours, abs=1e-3)
