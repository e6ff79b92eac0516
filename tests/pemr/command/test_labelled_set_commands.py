"""`pemr-train probe` and `finetune encoder` on small labelled sets of real files."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from pemr import events
from pemr.command import build
from pemr.embed import Encoder
from pemr.errors import CorpusError, RecipeError
from pemr.modelfile import load_model

TEACHERS = Path(__file__).parents[3] / "resources" / "models" / "teacher"
TINY = ["threads=1", "accelerator=cpu", "batch_size=4", "epochs=2", "checkpoint_minutes=0"]


def invoke(*arguments: object) -> str:
    done = CliRunner().invoke(build(), [str(argument) for argument in arguments], env={"COLUMNS": "200"})
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.stdout


def settings(*changes: str) -> list[str]:
    return [part for change in (*TINY, *changes) for part in ("--set", change)]


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nine tracks of three artists, labelled with their instrument and with a mood nobody in test has."""
    from sounds import melody, write_audio

    folder = tmp_path_factory.mktemp("labelled")
    lines = ["path,tags,split,group"]
    for number in range(9):
        split = ("train", "validation", "test")[number // 3]
        tags = ["instrument:flute"] if number % 2 else ["instrument:tuba"]
        tags += ["mood:gloomy"] if split != "test" and number % 3 == 0 else []
        write_audio(folder / f"{number}.wav", melody(3.0, 16_000, seed=number, transpose=24 * (number % 2)), 16_000)
        lines.append(f"{number}.wav,{'; '.join(tags)},{split},artist {number // 3}")
    (folder / "labels.csv").write_text("\n".join(lines))
    return folder / "labels.csv"


def test_a_probe_prints_the_split_beside_its_numbers_and_names_what_is_in_no_mean(table: Path, tmp_path: Path) -> None:
    said = invoke(
        "probe", "mfcc-chroma", "--data-set", "csv", "--root", table, "--head", "knn", "--cache", tmp_path, "--per-tag",
        "--threads", 1, "--out", tmp_path / "rows.jsonl",
    )  # fmt: skip
    assert "its own split, 3 / 3 / 3" in said
    assert "In no mean, no positive or no negative test track: gloomy" in said
    assert "flute" in said
    row = events.parse((tmp_path / "rows.jsonl").read_bytes())
    assert isinstance(row, events.Measured)
    assert row.skipped == ["gloomy"]


def test_a_probe_as_events_ends_with_its_figures(table: Path, tmp_path: Path) -> None:
    said = invoke(
        "probe", "mfcc-chroma", "--data-set", "csv", "--root", table, "--cache", tmp_path, "--events",
        "--set", "epochs=2", "--tags", "flute,tuba", "--threads", 1,
    )  # fmt: skip
    received = [events.parse(line) for line in said.splitlines()]
    assert isinstance(received[-1], events.Measured)
    assert [tag.name for tag in received[-1].tags] == ["flute", "tuba"]


def test_a_dry_run_says_what_there_is_and_writes_nothing(table: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    said = invoke("probe", "random", "--data-set", "csv", "--root", table, "--cache", cache, "--dry-run")
    assert "3 train, 3 validation, 3 test" in said
    assert "ms a segment here" in said
    assert not cache.exists()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (["--data-set", "csv", "--tags", "polka"], CorpusError, "there is no tag polka. The tags: flute, gloomy, tuba"),
        (["--data-set", "csv", "--share", "0"], CorpusError, "lies between 0 and 1"),
        (["--data-set", "fma"], CorpusError, "There is no data set fma"),
        (["--data-set", "csv", "--set", "head=oracle"], RecipeError, "oracle"),
        (["--data-set", "csv", "--set", "epochz=1"], RecipeError, "Known settings: head, hidden_width"),
    ],
)
def test_mistakes_are_named_errors(
    table: Path, tmp_path: Path, arguments: list[str], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message.replace(".", r"\.")):
        invoke("probe", "mfcc-chroma", "--root", table, "--cache", tmp_path, *arguments)


def test_supervised_training_on_a_share_of_the_labels_is_measured_on_all_test_tracks(
    table: Path, tmp_path: Path, recipe_file: Path
) -> None:
    said = invoke(
        "finetune", "encoder", "--data-set", "csv", "--root", table, "--tags", "flute,tuba", "--share", "0.7",
        "--recipe", recipe_file, "--out", tmp_path / "run", "--cache", tmp_path / "cache", *settings(),
    )  # fmt: skip
    assert "70% of train, seed 1" in said
    assert "2 train, 3 validation, 3 test" in said
    model = load_model(tmp_path / "run" / "model.safetensors")
    assert [(tag.name, tag.group) for tag in model.info.tags] == [("flute", "instrument"), ("tuba", "instrument")]
    assert Encoder.load(tmp_path / "run" / "model.safetensors").embed_file(table.parent / "0.wav").track.shape == (512,)
    kept = [events.parse(line) for line in (tmp_path / "run" / "events.jsonl").read_bytes().splitlines()]
    assert isinstance(kept[-1], events.Measured)


def test_heads_are_tuned_on_the_teacher_s_answers_and_a_frozen_encoder_stays_what_it_is(
    music: Path, tiny_model: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    arguments = ["finetune", "encoder", "--model", tiny_model, "--data", music, "--teacher", TEACHERS,
                 "--cache", tmp_path / "cache", "--out", out, "--segments", 2, *settings("encoder=frozen")]  # fmt: skip
    said = invoke(*arguments)
    assert "of 64 tags are switched on" in said
    tuned, before = load_model(out / "model.safetensors"), load_model(tiny_model)
    assert tuned.model_id == before.model_id  # a frozen encoder is the same encoder
    assert tuned.info.provenance["supervised"]["labelled_segments"] == 2
    assert tuned.digest != before.digest


def test_labels_have_to_come_from_somewhere(tmp_path: Path) -> None:
    done = CliRunner().invoke(build(), ["finetune", "encoder", "--out", str(tmp_path / "run"), "--events"])
    assert done.exit_code == 1
    failed = msgspec.json.decode(done.stdout)
    assert failed["event"] == "failed"
    assert "--data with --teacher, or --data-set with --root" in failed["message"]


@pytest.mark.skipif(os.name != "posix", reason="SIGTERM is a request only on POSIX")
def test_sigterm_ends_fine_tuning_with_a_model_and_the_same_command_goes_on(
    table: Path, tmp_path: Path, recipe_file: Path
) -> None:
    out = tmp_path / "run"
    arguments = ["finetune", "encoder", "--data-set", "csv", "--root", table, "--tags", "flute,tuba", "--out", out,
                 "--recipe", recipe_file, "--cache", tmp_path / "cache", "--events",
                 *settings("stop_patience=100000")]  # fmt: skip
    command = [sys.executable, "-m", "pemr.command", *map(str, arguments), "--set", "epochs=100000"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}
    ) as process:
        assert process.stdout is not None
        received = []
        for line in process.stdout:
            received.append(events.parse(line))
            if isinstance(received[-1], events.Step) and received[-1].step == 1:
                process.send_signal(signal.SIGTERM)
    assert process.returncode == 0
    last = received[-1]
    assert isinstance(last, events.Finished)
    assert last.reason == "stopped"
    assert load_model(out / "model.safetensors").info.tags
    said = invoke(*[part for part in arguments if part != "--events"], "--set", f"epochs={last.step + 1}")
    assert f"goes on at step {last.step}" in said
