"""The curve of one run: its probes against both kinds of hours, and its kept checkpoints judged by the teacher."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from pemr import events
from pemr.command import build
from pemr.comparison.run_curve import TAGS, Moment, probes_of, run_chart
from pemr.errors import CorpusError

TEACHERS = Path(__file__).parents[3] / "resources" / "models" / "teacher"
BATCH = 36


def started(step: int) -> events.Started:
    return events.Started("run", "tiny", "pemr", 9, 9, 2, 0, step, 9, 3, BATCH, 1, 1, "32-true", {})


def step(number: int, rate: float = 1.0, hours: float = 0.0, processor_hours: float = 0.0) -> events.Step:
    return events.Step(number, 9, 0, {}, rate, 0.0, 0.0, 0, hours, processor_hours)


def probe(number: int, value: float) -> events.Probe:
    return events.Probe(number, "other_half_mrr", value, 0.2)


def told(folder: Path, *said: events.AnyEvent) -> list[Moment]:
    with (folder / "events.jsonl").open("w", encoding="utf-8") as file:
        write = events.json_lines(file)
        for event in said:
            write(event)
        file.write('{"event":"step","st')
    return probes_of(folder)


def test_probes_have_the_hours_of_their_step(tmp_path: Path) -> None:
    first, second = told(tmp_path, started(0), probe(0, 0.3), step(1, hours=2.0, processor_hours=1.5), probe(1, 0.4))
    assert (first.step, first.hours, first.processor_hours) == (0, 0.0, 0.0)
    assert (second.step, second.hours, second.processor_hours, second.counted_from) == (1, 2.0, 1.5, 0)


def test_what_a_killed_run_did_again_counts_once(tmp_path: Path) -> None:
    moments = told(
        tmp_path,
        started(0), step(1, hours=1.0, processor_hours=1.0), step(2, hours=9.0, processor_hours=9.0), probe(2, 0.9),
        started(1), step(2, hours=2.0, processor_hours=1.2), probe(2, 0.5),
    )  # fmt: skip
    assert [(moment.step, moment.value, moment.hours) for moment in moments] == [(2, 0.5, 2.0)]


def test_hours_that_were_not_written_come_from_the_speed_of_the_steps(tmp_path: Path) -> None:
    moments = told(
        tmp_path,
        started(0), step(1, rate=0.01), step(2, rate=0.01), probe(2, 0.5),
        step(3, hours=4.0, processor_hours=0.5), probe(3, 0.6),
    )  # fmt: skip
    assert [moment.hours for moment in moments] == pytest.approx([2.0, 4.0])
    assert [(moment.processor_hours, moment.counted_from) for moment in moments] == [(None, 2), (0.5, 2)]


def test_there_is_a_panel_for_each_figure_and_each_kind_of_hours() -> None:
    moments = [Moment(name, at, 0.5 + at / 10, 0.2, at, at / 2) for name in ("a", "b") for at in (0, 1, 2)]
    drawn = ElementTree.fromstring(run_chart(moments))
    assert len(list(drawn.iter("{http://www.w3.org/2000/svg}polyline"))) == 4


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="folder of a run"):
        probes_of(tmp_path)


def test_the_command_draws_probes_and_judges_kept_checkpoints_once(music: Path, tmp_path: Path) -> None:
    recipe, run = tmp_path / "tiny.toml", tmp_path / "run"
    recipe.write_text(
        'base = "default"\n[front_end]\nsegment_samples = 16384\n[data]\nclip_s = 2.0\nheld_out = 0.34\n'
        "[train]\nbatch_size = 2\nthreads = 1\nmax_steps = 2\nkeep_steps = 1\n"
    )
    command = ["evaluate", "curve", str(run), "--data", str(music), "--teacher", str(TEACHERS), "--threads", "1"]
    for arguments in (["pretrain", str(music), "--out", str(run), "--recipe", str(recipe)], command):
        done = CliRunner().invoke(build(), arguments, env={"COLUMNS": "200"})
        assert done.exit_code == 0, done.output
    assert TAGS in done.stdout and "other_half_mrr" in done.stdout
    assert "hours of the processor" in (run / "curve.svg").read_text(encoding="utf-8")
    scores = {file: file.stat().st_mtime_ns for file in (run / "scores").iterdir()}
    assert [file.stem for file in sorted(scores)][-2:] == ["0000001", "0000002"]
    assert CliRunner().invoke(build(), command).exit_code == 0
    assert {file: file.stat().st_mtime_ns for file in (run / "scores").iterdir()} == scores
