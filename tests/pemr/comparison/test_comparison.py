"""Methods against each other on a tiny folder: one command, resumable, one table with intervals."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import numpy as np
import pytest
from typer.testing import CliRunner

from pemr.checkpoint import load_checkpoint
from pemr.command import build
from pemr.comparison.contenders import contenders
from pemr.comparison.encoders import NetworkEncoder, of_checkpoint
from pemr.comparison.scoring import Score, album_draws, interval
from pemr.comparison.table import Entry, Line, lines
from pemr.errors import RecipeError
from pemr.frontend import FrontEnd
from pemr.metrics import score_tags
from pemr.tags.teacher_labels import SEGMENTS_PER_TRACK
from pemr.time_spent import TimeSpent

TEACHERS = Path(__file__).parents[3] / "resources" / "models" / "teacher"


def compare(music: Path, out: Path, recipe_file: Path, *more: str) -> str:
    done = CliRunner().invoke(
        build(),
        ["evaluate", "methods", "--data", str(music), "--teacher", str(TEACHERS), "--out", str(out), "--budget-steps",
         "2", "--seeds", "2", "--methods", f"{recipe_file},{recipe_file}:method=simclr", "--threads", "1", *more],
        env={"COLUMNS": "240"},
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture(scope="module")
def recipe_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recipe") / "tiny.toml"
    path.write_text(
        'base = "default"\n[front_end]\nsegment_samples = 16384\n[data]\nclip_s = 2.0\nheld_out = 0.34\n'
        "[train]\nbatch_size = 2\nprobe_minutes = 0\n"
    )
    return path


@pytest.fixture(scope="module")
def finished(music: Path, recipe_file: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    out = tmp_path_factory.mktemp("comparison")
    return out, compare(music, out, recipe_file, "--curve-every", "1")


def test_every_method_has_a_line_beside_the_encoders_that_need_no_training(
    finished: tuple[Path, str], recipe_file: Path
) -> None:
    out, shown = finished
    rows = msgspec.json.decode((out / "table.json").read_bytes(), type=list[Line])
    names = ["MFCC + chroma", "random encoder", str(recipe_file), f"{recipe_file}:method=simclr"]
    assert [(row.name, row.seeds, row.steps) for row in rows] == [
        (names[0], 1, 0), (names[1], 2, 0), (names[2], 2, 2), (names[3], 2, 2)
    ]  # fmt: skip
    assert all(0 <= row.roc_auc <= 1 for row in rows)
    assert rows[2].difference is None
    assert rows[3].difference == pytest.approx(rows[3].roc_auc - rows[2].roc_auc)
    assert "MFCC + chroma" in shown


def test_the_same_command_again_trains_nothing_and_prints_the_same(
    finished: tuple[Path, str], music: Path, recipe_file: Path
) -> None:
    out, _ = finished
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.pt")}
    table = (out / "table.json").read_bytes()
    compare(music, out, recipe_file)
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*.pt")} == before
    assert (out / "table.json").read_bytes() == table


def test_the_curve_judges_what_was_kept_on_the_way(finished: tuple[Path, str]) -> None:
    out, shown = finished
    assert "over time" in shown
    kept = sorted(path.name.rpartition("-")[2] for path in (out / "scores").glob("tiny*method=simclr-seed1-*"))
    assert not kept or kept == ["0000001.safetensors", "0000002.safetensors"]
    assert len(list((out / "scores").glob("*simclr-seed1-*"))) == 2


def test_a_larger_budget_goes_on_from_the_runs_that_are_there(
    finished: tuple[Path, str], music: Path, recipe_file: Path
) -> None:
    out, _ = finished
    shown = compare(music, out, recipe_file, "--budget-steps", "3", "--seeds", "1")
    assert "goes on at step 2" in shown
    latest = next((out / "runs").glob("*simclr-seed1")) / "checkpoints" / "latest.pt"
    assert load_checkpoint(latest).step == 3


def test_only_show_prints_what_is_there_and_trains_nothing(music: Path, recipe_file: Path, tmp_path: Path) -> None:
    shown = compare(music, tmp_path / "empty", recipe_file, "--only-show")
    assert "MFCC + chroma" in shown
    assert not (tmp_path / "empty" / "runs").exists()


def test_a_stop_between_two_runs_judges_nothing_more_and_says_how_to_go_on(
    music: Path, recipe_file: Path, tmp_path: Path
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "pemr.command", "evaluate", "methods", "--data", str(music), "--teacher", str(TEACHERS),
         "--out", str(tmp_path), "--budget-steps", "1", "--seeds", "50", "--methods", str(recipe_file),
         "--threads", "1"],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    while not list((tmp_path / "scores").glob("*.safetensors")):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate()
    assert process.returncode == 0
    assert "the same command goes on from here" in said
    rows = msgspec.json.decode((tmp_path / "table.json").read_bytes(), type=list[Line])
    assert [row.name for row in rows] == [str(recipe_file)], "encoders that were not judged yet are left out"


def test_an_encoder_of_a_checkpoint_hears_the_segments_of_the_teacher(finished: tuple[Path, str]) -> None:
    out, _ = finished
    encoder = of_checkpoint(next(out.rglob("latest.pt")))
    samples = np.random.default_rng(1).uniform(-0.3, 0.3, 16_000 * 60).astype(np.float32)
    assert encoder.embed_samples(samples, max_segments=SEGMENTS_PER_TRACK).segments.shape == (SEGMENTS_PER_TRACK, 512)
    assert encoder.embed_samples(samples[:1000], max_segments=SEGMENTS_PER_TRACK).segments.shape == (1, 512)


def test_a_network_of_another_rate_hears_the_middle_of_the_same_segments() -> None:
    import torch

    class Middle(torch.nn.Module):
        def forward(self, samples: torch.Tensor) -> torch.Tensor:
            return samples.mean(dim=1, keepdim=True)

    ramp = np.linspace(0, 1, 16_000 * 30, dtype=np.float32)
    own = NetworkEncoder(Middle(), FrontEnd()).embed_samples(ramp, max_segments=5).segments
    other = NetworkEncoder(Middle(), FrontEnd(sample_rate=22_050, segment_samples=59_049))
    np.testing.assert_allclose(other.embed_samples(ramp, max_segments=5).segments, own, atol=1e-3)


def score(value: float, wobble: float = 0.0) -> Score:
    draws = value + wobble * np.linspace(-1, 1, 101)
    return Score(value, value / 2, draws, draws / 2)


def test_differences_are_paired_over_draws_and_seeds() -> None:
    entries = [
        Entry("pemr", 1, score(0.80, 0.05), 10, TimeSpent(3600.0, 1800.0)),
        Entry("pemr", 2, score(0.82, 0.05), 10, TimeSpent(3600.0, 1800.0)),
        Entry("simclr", 1, score(0.79, 0.05), 10, TimeSpent(1800.0, 900.0, counted_from=5)),
        Entry("random encoder", 1, score(0.70)),
    ]
    pemr, simclr, random = lines(entries, "pemr")
    assert (pemr.roc_auc, pemr.difference) == (pytest.approx(0.81), None)
    assert pemr.seed_spread == pytest.approx(0.0141, abs=1e-4)
    assert simclr.difference == pytest.approx(-0.01)  # seed 1 only, where both are there
    assert simclr.difference_interval == pytest.approx((-0.01, -0.01))
    assert simclr.hours == pytest.approx(0.5)
    assert (pemr.processor_hours, simclr.processor_hours) == (pytest.approx(0.5), None)
    assert random.difference == pytest.approx(-0.11)


def test_draws_of_albums_are_what_scoring_the_drawn_tracks_one_by_one_gives() -> None:
    random = np.random.default_rng(5)
    groups = [f"album {number}" for number in random.integers(0, 5, 40)]
    truth = random.random((40, 6)) < [0.5, 0.2, 0.03, 0.9, 0.0, 1.0]
    values = np.round(random.normal(size=(40, 6)) + truth, 1).astype(np.float32)  # rounded: ties
    found = album_draws(truth, values, groups, rounds=20)
    names = sorted(set(groups))
    for at, drawn in enumerate(np.random.default_rng(1).integers(0, 5, (20, 5))):
        chosen = np.concatenate([np.flatnonzero(np.asarray(groups) == names[index]) for index in drawn])
        expected = score_tags("abcdef", truth[chosen], values[chosen])
        assert found[:, at] == pytest.approx((expected.macro_roc_auc, expected.macro_pr_auc))


def test_an_interval_leaves_out_draws_that_could_not_be_measured() -> None:
    assert interval(np.array([np.nan, 0.5, 0.5])) == (0.5, 0.5)
    assert all(np.isnan(interval(np.array([np.nan]))))


@pytest.mark.parametrize("names", ["", "pemr,pemr", "nonesuch", "pemr:pemr.mask_ratoi=0.3"])
def test_a_wrong_list_of_methods_is_told_before_anything_starts(names: str) -> None:
    with pytest.raises(RecipeError):
        contenders(names)
