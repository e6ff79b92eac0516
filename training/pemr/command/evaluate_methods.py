"""`pemr-train evaluate methods`: pre-training methods against each other at the same budget."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import Progress as Bar
from rich.table import Table

from pemr.command.listening import Data, TeacherDir, Threads, Validation, listener, prepare
from pemr.durable_files import write_output

if TYPE_CHECKING:
    from pemr.comparison.table import Entry, Line
    from pemr.tags.teacher_labels import Progress
    from pemr.tags.training import Corpus


def methods(
    data: Data,
    teacher: TeacherDir,
    out: Annotated[Path, typer.Option(help="Where runs, scores and the table are kept.")],
    budget_steps: Annotated[int, typer.Option(min=1, help="Optimiser steps of every method and seed.")] = 1000,
    names: Annotated[
        str, typer.Option("--methods", help="Recipes, with commas; NAME:KEY=VALUE changes a setting of one.")
    ] = "pemr,simclr,byol,moco,no-mask,positive-mask",
    seeds: Annotated[int, typer.Option(min=1, help="Each method is trained with the seeds 1 to this.")] = 3,
    validation: Validation = None,
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change one setting of every method. Repeatable."),
    ] = None,
    curve_every: Annotated[
        int, typer.Option(min=0, help="Also judge every method after each so many steps (Figure 4).")
    ] = 0,
    cache: Annotated[
        Path | None, typer.Option(help="Decoded audio and the teacher's answers (default: in OUT).")
    ] = None,
    max_hours: Annotated[float | None, typer.Option(help="Stop with a checkpoint after this many hours.")] = None,
    only_show: Annotated[bool, typer.Option("--only-show", help="Train nothing; print what is there.")] = False,
    threads: Threads = 0,
) -> None:
    """Pre-train every method at the same budget, judge all on the teacher's tags, and print one table.

    Beside them stand a random encoder and MFCC + chroma. Linear heads are fitted on the training music and judged on
    the validation music; the interval draws its albums with replacement, and the difference to the first method is
    taken draw by draw. Stopped at any moment, the same command goes on: finished runs and scores are kept in OUT.
    """
    from pemr.command.display import section, wide_console
    from pemr.comparison.contenders import contenders
    from pemr.comparison.running import Plan, Stopped, compare, curve, entries
    from pemr.runs.stopping import raised_on_signal
    from pemr.tags.training import load_corpus

    prepare(threads)
    cache = cache or out / "cache"
    settings = [*(overrides or []), *([f"train.threads={threads}"] if threads else [])]
    plan = Plan(contenders(names), seeds, budget_steps, data, out, cache, settings, curve_every)
    for method in plan.methods:
        method.recipe(1, plan.settings())
    console = wide_console()
    progress: Progress | None = _quiet
    with raised_on_signal(Stopped):
        try:
            with Bar(transient=True) as bar:
                corpus = load_corpus(data, validation, cache, teacher, listener(bar))
        except Stopped:
            console.print("Stopped while the teacher listened; the same command goes on from here.")
            return
        try:
            if only_show:
                found = entries(plan, corpus, progress)
            else:
                found = compare(
                    plan, corpus, display=section, progress=_quiet, told=lambda entry: _tell(console, entry),
                    max_hours=max_hours,
                )  # fmt: skip
        except Stopped:
            progress = None
            found = entries(plan, corpus, progress)
        show(console, found, plan.methods[0].name, corpus, out)
        if curve_every:
            for method in plan.methods:
                _show_curve(console, curve(plan, method, corpus, progress))
    if progress is None:
        console.print(
            "Stopped; the same command goes on from here, and with --only-show it judges and prints what is there. "
            "The table holds what was judged before.",
            highlight=False,
        )


def show(console: Console, found: list[Entry], reference: str, corpus: Corpus, out: Path) -> None:
    """Print the table and keep it in OUT as table.json."""
    from pemr.comparison.table import lines

    rows = lines(found, reference)
    console.print(_table(rows, reference))
    albums = len({track.group for track in corpus.validation})
    console.print(
        f"{len(corpus.train)} training tracks, {len(corpus.validation)} validation tracks of {albums} albums. "
        "Intervals draw these albums with replacement; they say nothing about other seeds. ± is the spread over seeds. "
        "Hours are by the clock and of the processor (all threads); – where a run did not count them from its start.",
        highlight=False,
    )
    write_output(out / "table.json", msgspec.json.format(msgspec.json.encode(rows), indent=1))


def _table(rows: list[Line], reference: str) -> Table:
    table = Table(
        "method", "seeds", "steps", "hours", "processor", "ROC-AUC", "95 %", "PR-AUC", f"minus {reference}", "95 %"
    )
    for row in rows:
        spread = "" if row.seed_spread is None else f" ± {row.seed_spread:.4f}"
        table.add_row(
            row.name, str(row.seeds), str(row.steps or "–"), f"{row.hours:.2f}" if row.steps else "–",
            _hours(row.processor_hours if row.steps else None),
            f"{row.roc_auc:.4f}{spread}", _interval(row.interval), f"{row.pr_auc:.4f}",
            "" if row.difference is None else f"{row.difference:+.4f}",
            "" if row.difference_interval is None else _interval(row.difference_interval, "+"),
        )  # fmt: skip
    return table


def _hours(hours: float | None) -> str:
    return "–" if hours is None else f"{hours:.2f}"


def _interval(interval: tuple[float, float], sign: str = "") -> str:
    return " .. ".join(format(value, f"{sign}.3f") for value in interval)


def _show_curve(console: Console, found: list[Entry]) -> None:
    from pemr.comparison.table import mean_hours, mean_processor_hours

    if not found:
        return
    table = Table("steps", "hours", "processor", "seeds", "ROC-AUC", "PR-AUC", title=f"{found[0].name} over time")
    for steps in dict.fromkeys(entry.steps for entry in found):
        here = [entry for entry in found if entry.steps == steps]
        hours, processor = mean_hours(here), _hours(mean_processor_hours(here))
        roc = sum(entry.score.roc_auc for entry in here) / len(here)
        pr = sum(entry.score.pr_auc for entry in here) / len(here)
        table.add_row(str(steps), f"{hours:.2f}", processor, str(len(here)), f"{roc:.4f}", f"{pr:.4f}")
    console.print(table)


def _tell(console: Console, entry: Entry) -> None:
    console.print(
        f"{entry.name}, seed {entry.seed}, step {entry.steps}: ROC-AUC {entry.score.roc_auc:.4f}, "
        f"PR-AUC {entry.score.pr_auc:.4f}, {entry.spent.seconds / max(1, entry.steps):.2f} s a step",
        highlight=False,
    )


def _quiet(doing: str, done: int, total: int) -> None:
    """Judging takes a minute at most; its result is a line of its own."""
