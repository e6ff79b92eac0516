"""Every table and figure of the paper runs from one command, on tiny sets in the true layout, in one epoch."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from pemr.command import build
from pemr.errors import CorpusError, RecipeError
from pemr.recipe import available_recipes
from pemr.tables.running import Report
from pemr.tables.table_recipe import RANDOM, available_tables, load_table

PRINTED = {
    "table2-linear": (89.6, 36.9), "table2-mlp": (90.3, 38.0), "table3-1pct": (77.3, 24.4),
    "table3-10pct": (88.0, 34.0), "table4-linear": (87.9, 33.8), "table4-finetuned": (90.0, 37.3),
    "table6": (89.6, 36.9), "figure3": (89.6, 36.9), "figure4": (89.6, 36.9),
}  # fmt: skip
ONE_EPOCH = (
    "train.epochs=1", "train.batch_size=4", "train.probe_minutes=0", "front_end.segment_samples=16384",
    "data.clip_s=4.0", "probe.epochs=1", "finetune.epochs=1", "finetune.batch_size=4",
)  # fmt: skip


def run(name: str, root: str, out: Path, *more: str, settings: tuple[str, ...] = ONE_EPOCH) -> str:
    done = CliRunner().invoke(
        build(),
        ["recipes", "run", name, "--root", root, "--out", str(out), "--threads", "1",
         *(part for setting in settings for part in ("--set", setting)), *more],
        env={"COLUMNS": "220"},
    )  # fmt: skip
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.stdout


def report_of(name: str, out: Path) -> Report:
    return msgspec.json.decode((out / f"{name}.json").read_bytes(), type=Report)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all tables, as a person would use it: they share what they can."""
    return tmp_path_factory.mktemp("paper")


def test_every_table_and_figure_of_the_paper_has_a_recipe() -> None:
    assert set(PRINTED) <= set(available_tables())


@pytest.mark.parametrize("name", PRINTED)
def test_a_recipe_holds_the_printed_numbers_and_known_methods(name: str) -> None:
    table = load_table(name)
    assert PRINTED[name] in [(row.paper.get("roc_auc"), row.paper.get("pr_auc")) for row in table.rows if row.ours]
    assert {row.recipe for row in table.rows} <= {"", RANDOM, *available_recipes()}
    for row in table.chosen("all"):
        assert table.pretraining(row, []).front_end.n_fft == 256


@pytest.mark.parametrize("name", PRINTED)
def test_one_epoch_runs_from_sound_to_the_row_beside_the_papers(name: str, data_sets: Path, out: Path) -> None:
    shown = run(name, str(data_sets), out)
    report = report_of(name, out)
    assert not report.stopped
    ours = [line for line in report.lines if line.ours]
    assert {line.row for line in ours} == {row.name for row in load_table(name).chosen(None)}
    assert all(0 <= value <= 100 for line in ours for value in line.ours.values())
    roc_auc, pr_auc = PRINTED[name]
    assert f"{roc_auc:.2f}" in shown
    assert f"{pr_auc:.2f}" in shown
    assert "MagnaTagATune" in shown


def test_one_step_of_the_cover_table_runs_from_sound_to_the_rows_beside_the_papers(data_sets: Path, out: Path) -> None:
    settings = (*ONE_EPOCH, "covers.steps=1", "covers.clips.works=2", "covers.clips.lengths=[16]")
    shown = run("table5-covers", str(data_sets), out, settings=settings)
    lines = {line.row: line for line in report_of("table5-covers", out).lines}
    for row in ("(rand. FCN) + CQT-Net", "(pre. FCN) + CQT-Net"):
        for data_set in ("shs100k-sub", "covers80"):
            line = lines[f"{row}, {data_set}"]
            assert 0 < line.ours["map"] <= 1
            assert 1 <= line.ours["mr1"] <= 3
    assert lines["(pre. FCN) + CQT-Net, shs100k-sub"].paper == {"map": 0.484, "precision_at_10": 0.341, "mr1": 20.68}
    assert lines["CQT-Net, covers80"].paper["map"] == 0.666
    assert not lines["CQT-Net, covers80"].ours
    assert "1 of 5 recordings are missing" in shown


def test_tables_share_the_encoder_they_pre_train(data_sets: Path, out: Path) -> None:
    run("table2-linear", str(data_sets), out)
    before = sorted((out / "pretrained").iterdir())
    run("table2-mlp", str(data_sets), out)
    assert sorted((out / "pretrained").iterdir()) == before


def test_what_was_measured_is_not_measured_again(data_sets: Path, out: Path) -> None:
    run("table3-1pct", str(data_sets), out)
    kept = {file: file.stat().st_mtime_ns for file in out.rglob("*") if file.suffix in (".pt", ".i16")}
    measured = [file.read_bytes() for file in sorted((out / "measured" / "table3-1pct").iterdir())]
    run("table3-1pct", str(data_sets), out)
    assert [file.read_bytes() for file in sorted((out / "measured" / "table3-1pct").iterdir())] == measured
    assert {file: file.stat().st_mtime_ns for file in kept if "finetuned" in file.parts} == {
        file: time for file, time in kept.items() if "finetuned" in file.parts
    }


def test_every_method_of_a_table_can_be_asked_for(data_sets: Path, tmp_path: Path) -> None:
    """The whole Table 2 but supervised FCN-4: MoCo, MoCo v2, CLMR, SimCLR, BYOL and PEMR."""
    settings = (*ONE_EPOCH, "front_end.segment_samples=59049", "train.batch_size=2", "front_end.hop_length=512")
    run("table2-linear", str(data_sets), tmp_path, "--rows", "moco,moco v2,CLMR,SimCLR,BYOL", settings=settings)
    measured = {line.row for line in report_of("table2-linear", tmp_path).lines if line.ours}
    assert measured == {"MoCo", "MoCo v2", "CLMR", "SimCLR", "BYOL"}


def test_a_longer_run_goes_on_from_a_shorter_one(data_sets: Path, out: Path) -> None:
    run("table2-linear", str(data_sets), out)
    shown = run("table2-linear", str(data_sets), out, "--set", "train.epochs=2")
    assert "goes on at step" in shown
    assert "2 epochs" in shown


def test_an_unknown_row_is_told_the_known_ones(data_sets: Path, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"w\.o\. mask"):
        run("table6", str(data_sets), tmp_path, "--rows", "half a mask")


def test_a_missing_set_is_told_what_to_put_where_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="annotations_final"):
        run("table2-linear", str(tmp_path), tmp_path / "out")
    with pytest.raises(CorpusError, match="--root magnatagatune=FOLDER"):
        run("table4-linear", f"gtzan={tmp_path}", tmp_path / "out")


def test_an_unknown_table_is_told_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="table2-linear"):
        run("table7", str(tmp_path), tmp_path)
