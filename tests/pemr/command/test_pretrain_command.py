"""`pemr-train pretrain` as a process of its own: events, signals, exit codes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from tensorboard.backend.event_processing import event_accumulator as reading
from typer.testing import CliRunner

from pemr import events
from pemr.command import build
from pemr.embed import Encoder

TEACHERS = Path(__file__).parents[3] / "resources" / "models" / "teacher"


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "pemr.command", *map(str, arguments)]


def environment() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "200", "NO_COLOR": "1"}


def test_one_iteration_from_folder_to_model_file(music: Path, recipe_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    done = subprocess.run(
        command("pretrain", music, "--out", out, "--recipe", recipe_file, "--set", "train.epochs=1", "--events"),
        capture_output=True, text=True, env=environment(), timeout=200, stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    received = [events.parse(line) for line in done.stdout.splitlines()]
    kinds = [type(event).__name__ for event in received]
    assert kinds[0] == "Preparing"
    assert "Started" in kinds
    assert kinds[-1] == "Finished"
    assert [events.parse(line) for line in (out / "events.jsonl").read_text().splitlines()] == received
    exported = subprocess.run(
        command("export", out, "--out", tmp_path / "model.safetensors"),
        capture_output=True, text=True, env=environment(), timeout=100, check=False,
    )  # fmt: skip
    assert exported.returncode == 0, exported.stderr
    encoder = Encoder.load(tmp_path / "model.safetensors")
    assert encoder.model_id in exported.stdout
    assert encoder.embed_file(music / "album 0" / "track 0.wav").track.shape == (512,)


def test_a_run_probes_with_the_teachers_tags_and_draws_curves_for_tensorboard(
    music: Path, recipe_file: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    asked = ["pretrain", music, "--out", out, "--recipe", recipe_file, "--max-steps", 1, "--events", "--tensorboard"]
    done = CliRunner().invoke(build(), [*map(str, asked), "--teacher", str(TEACHERS)])
    assert done.exit_code == 0, done.output
    received = [events.parse(line) for line in done.stdout.splitlines() if line.startswith("{")]
    probes = {event.name for event in received if isinstance(event, events.Probe)}
    # which of the others can be measured depends on which tracks are held out, and that on where the folder lies
    assert "other_half_mrr" in probes
    assert list((out / "audio-cache").glob("musicnn*.safetensors")), "what the teacher said is kept"
    curves = reading.EventAccumulator(str(out / "tensorboard"))
    curves.Reload()
    assert {"loss/total", "floor/positive", "speed/data_wait"} | {f"probe/{name}" for name in probes} <= set(
        curves.Tags()["scalars"]
    )


@pytest.mark.skipif(os.name != "posix", reason="SIGTERM is a request only on POSIX")
def test_sigterm_finishes_the_step_saves_and_exits_cleanly(music: Path, recipe_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    process = subprocess.Popen(
        command("pretrain", music, "--out", out, "--recipe", recipe_file, "--set", "train.epochs=100000", "--events"),
        stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, env=environment(),
    )  # fmt: skip
    assert process.stdout is not None
    received = []
    for line in process.stdout:
        received.append(events.parse(line))
        if isinstance(received[-1], events.Step) and received[-1].step == 1:
            process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
    process.stdout.close()
    assert isinstance(received[-1], events.Finished)
    assert received[-1].reason == "stopped"
    assert (out / "checkpoints/latest.pt").exists()


def test_the_line_stop_on_standard_input_does_the_same(music: Path, recipe_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    with subprocess.Popen(
        command("pretrain", music, "--out", out, "--recipe", recipe_file, "--set", "train.epochs=100000", "--events"),
        stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True, env=environment(),
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdin is not None
        received = []
        for line in process.stdout:
            received.append(events.parse(line))
            if isinstance(received[-1], events.Step) and received[-1].step == 1:
                process.stdin.write("stop\n")
                process.stdin.flush()
    assert process.returncode == 0
    assert isinstance(received[-1], events.Finished)


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        (["--set", "train.batch_siez=3"], "RecipeError", "batch_siez"),
        (["--set", "train.batch_size=many"], "RecipeError", "batch_size"),
        (["--recipe", "nonesuch"], "RecipeError", "no recipe nonesuch"),
    ],
)
def test_mistakes_are_one_failed_event_and_exit_code_1(
    music: Path, tmp_path: Path, arguments: list[str], kind: str, message: str
) -> None:
    done = CliRunner().invoke(build(), ["pretrain", str(music), "--out", str(tmp_path / "run"), "--events", *arguments])
    assert done.exit_code == 1
    failed = events.parse(done.stdout.splitlines()[-1])
    assert isinstance(failed, events.Failed)
    assert failed.kind == kind
    assert message in failed.message


def test_a_mistake_is_one_line_for_a_person(music: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        command("pretrain", music, "--out", tmp_path / "run", "--recipe", "nonesuch"),
        capture_output=True, text=True, env=environment(), timeout=100, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("pemr-train: There is no recipe nonesuch")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["pretrain"],
        ["export"],
        ["finetune", "tags"],
        ["finetune", "encoder"],
        ["probe"],
        ["evaluate"],
        ["evaluate", "tags"],
        ["recipes"],
        ["corpus"],
    ],
)
def test_help_of_every_command_can_be_read(arguments: list[str]) -> None:
    shown = CliRunner().invoke(build(), [*arguments, "--help"])
    assert shown.exit_code == 0
    assert "Usage" in shown.stdout


def test_recipes_can_be_listed_as_json() -> None:
    shown = CliRunner().invoke(build(), ["recipes", "--json"])
    names = [recipe["name"] for recipe in msgspec.json.decode(shown.stdout)]
    assert {"default", "paper", "bundled"} <= set(names)


def test_a_dry_run_says_what_would_happen_and_writes_nothing(music: Path, recipe_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    shown = CliRunner().invoke(
        build(), ["pretrain", str(music), "--out", str(out), "--recipe", str(recipe_file), "--dry-run"]
    )
    assert shown.exit_code == 0, shown.output
    assert "8 files, 2 with no readable header" in shown.stdout
    assert not out.exists()
