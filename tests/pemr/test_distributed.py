"""Two processes that share each batch are one process, in every method, on one machine or two; they stop as one."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor

from patience import PATIENCE_S
from pemr import events
from pemr.checkpoint import load_checkpoint
from pemr.pretrain import pretrain
from pemr.recipe import load_recipe

pytestmark = pytest.mark.skipif(
    not torch.distributed.is_available(), reason="this torch has no processes to share with"
)

METHODS = ["method=pemr", "pemr.masks=none", "method=simclr", "method=byol", "method=moco"]
# float64, because Adam turns the last bit of a gradient that should be zero into a step of full size;
# no dropout, which each process draws for itself
EXACT = ["train.precision=64-true", "train.accelerator=cpu", "pemr.dropout=0.0", "moco.queue_length=32"]
STEPS = 3
STEP = 3e-4
EACH_METHOD = """
import sys
from pathlib import Path
from pemr.pretrain import pretrain
from pemr.recipe import load_recipe

recipe, music, out, *settings = sys.argv[1:]
for method in settings.pop().split(","):
    pretrain(load_recipe(recipe, [*settings, method]), [Path(music)], Path(out, method), listener=print)
"""


def in_two_processes(arguments: list[object]) -> list[str]:
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    return [sys.executable, *launcher, *map(str, arguments)]


def as_machines(number: int, port: int, arguments: list[object]) -> list[str]:
    """One of two `torchrun`s that meet at a port, as on two machines that share no folder."""
    meeting = ["--nnodes", "2", "--node-rank", str(number), "--master-addr", "127.0.0.1", "--master-port", str(port)]
    return [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "1", *meeting, *map(str, arguments)]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1", "NO_COLOR": "1"}


def run(arguments: list[object]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        in_two_processes(arguments),
        capture_output=True, text=True, env=environment(), timeout=250, stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip


def train_alone(recipe_file: Path, music: Path, out: Path, settings: list[str]) -> list[dict[str, float]]:
    """The losses of each step."""
    received: list[events.AnyEvent] = []
    pretrain(load_recipe(str(recipe_file), settings), [music], out, listener=received.append)
    return [event.losses for event in received if isinstance(event, events.Step)]


def weights(out: Path) -> dict[str, Tensor]:
    model: dict[str, Tensor] = load_checkpoint(out / "checkpoints/latest.pt").model
    return {name: value for name, value in model.items() if value.is_floating_point()}


def largest_difference(first: Path, second: Path) -> float:
    before, after = weights(first), weights(second)
    assert before.keys() == after.keys()
    return max(float((before[name] - after[name]).abs().max()) for name in before)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_two_machines_learn_what_one_process_learns_from_the_same_batches(
    music: Path, recipe_file: Path, tmp_path: Path
) -> None:
    """Weights, running statistics and queues, after three steps of every method. Only the first machine writes.

    Slow: three processes load torch, and five methods train twice.
    """
    script = tmp_path / "each_method.py"
    script.write_text(EACH_METHOD)
    settings = [*EXACT, f"train.max_steps={STEPS}"]
    port = free_port()
    machines = [
        subprocess.Popen(
            as_machines(number, port, [script, recipe_file, music, tmp_path / name, *settings, ",".join(METHODS)]),
            stdout=subprocess.PIPE, text=True, env=environment(), stdin=subprocess.DEVNULL,
        )
        for number, name in enumerate(("two", "other machine"))
    ]  # fmt: skip
    said = [machine.communicate(timeout=PATIENCE_S)[0] for machine in machines]
    assert [machine.returncode for machine in machines] == [0, 0]
    assert [words.count("processes=2") for words in said] == [len(METHODS), 0], "one process speaks for both"
    assert not list((tmp_path / "other machine").rglob("*.pt"))
    for method in METHODS:
        train_alone(recipe_file, music, tmp_path / "one" / method, [*settings, method])
        assert largest_difference(tmp_path / "one" / method, tmp_path / "two" / method) < STEP / 1000, method


@pytest.mark.slow
def test_a_stop_file_stops_all_processes_and_one_alone_can_go_on(
    music: Path, recipe_file: Path, tmp_path: Path
) -> None:
    """Slow: two processes load torch."""
    shared, alone = tmp_path / "shared", tmp_path / "alone"
    overrides = [word for setting in [*EXACT, "train.max_steps=100000"] for word in ("--set", setting)]
    pretrain_there = ["-m", "pemr.command", "pretrain", music, "--out", shared, "--recipe", recipe_file, "--events"]
    received = []
    with subprocess.Popen(
        in_two_processes([*pretrain_there, *overrides]),
        stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, env=environment(),
    ) as running:  # fmt: skip
        assert running.stdout is not None
        for line in running.stdout:
            received.append(events.parse(line))
            if isinstance(received[-1], events.Step) and received[-1].step == 2:
                (shared / "stop").touch()
    assert running.returncode == 0
    assert isinstance(received[-1], events.Finished)
    assert received[-1].reason == "stopped"
    assert not (shared / "stop").exists()
    budget = [*EXACT, f"train.max_steps={received[-1].step + 1}"]
    first = train_alone(recipe_file, music, alone, budget)
    after = train_alone(recipe_file, music, shared, budget)
    together = [event.losses for event in received if isinstance(event, events.Step)]
    for expected, losses in zip(first, [*together, *after], strict=True):
        assert losses == pytest.approx(expected, rel=1e-6)
    assert largest_difference(alone, shared) < STEP / 1000


def test_a_batch_that_cannot_be_shared_equally_is_refused(music: Path, recipe_file: Path, tmp_path: Path) -> None:
    asked = ["pretrain", music, "--out", tmp_path / "run", "--recipe", recipe_file, "--set", "train.batch_size=5"]
    done = run(["-m", "pemr.command", *asked, "--events"])
    assert done.returncode != 0
    failures = [events.parse(line) for line in done.stdout.splitlines()]
    assert any(isinstance(e, events.Failed) and "shared equally by 2 processes" in e.message for e in failures)
