"""What the commands that listen to labelled music share: options, a progress bar, and the tables they print."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress as Bar
from rich.table import Table

if TYPE_CHECKING:
    from pemr.tags.tag_tuning import TagChange
    from pemr.tags.teacher_labels import Progress
    from pemr.tags.training import Row

ModelFile = Annotated[Path, typer.Option("--model", help="A model file (.safetensors).")]
Data = Annotated[Path, typer.Option("--data", help="Training music, one folder an album or soundtrack.")]
Validation = Annotated[
    Path | None, typer.Option("--validation", help="Other music to judge on (default: every fifth folder of --data).")
]
TeacherDir = Annotated[Path, typer.Option("--teacher", help="The folder that holds mtt_ and msd_musicnn.safetensors.")]
Cache = Annotated[Path, typer.Option("--cache", help="Where decoded audio and the teacher's answers are kept.")]
Threads = Annotated[int, typer.Option(help="Processor threads; 0 is torch's own choice.")]


def prepare(threads: int) -> None:
    import torch

    from pemr.runs.memory import reuse_freed_memory

    reuse_freed_memory()
    torch.set_num_threads(threads or min(4, os.cpu_count() or 1))


def listener(bar: Bar) -> Progress:
    task = bar.add_task("starting", total=1)

    def progress(doing: str, done: int, total: int) -> None:
        bar.update(task, description=doing, completed=done, total=total)

    return progress


def print_rows(rows: list[Row]) -> None:
    table = Table("encoder", "ROC-AUC", "95 % interval", "PR-AUC", "tags measured", "tags on")
    for row in rows:
        low, high = row.interval
        table.add_row(
            row.name,
            f"{row.scores.macro_roc_auc:.4f}",
            f"{low:.3f} .. {high:.3f}",
            f"{row.scores.macro_pr_auc:.4f}",
            str(len(row.scores.names)),
            str(sum(tag.supported for tag in row.tags)),
        )
    console = Console()
    console.print(table)
    console.print(f"Left out, too few positives: {', '.join(rows[0].scores.skipped) or 'none'}", highlight=False)


def print_tags(row: Row) -> None:
    measured = dict(zip(row.scores.names, zip(row.scores.roc_auc, row.scores.pr_auc, strict=True), strict=True))
    table = Table("tag", "group", "ROC-AUC", "PR-AUC", "threshold", "right / suggested / true", "why it is off")
    for calibrated in row.calibrated_tags:
        tag, held_out = calibrated.head, calibrated.held_out
        roc, pr = measured.get(tag.name, (float("nan"), float("nan")))
        shown = f"{tag.threshold:.2f}" if tag.supported else "off"
        right = f"{held_out.right} / {held_out.shown} / {held_out.positives}"
        table.add_row(tag.name, tag.group, _shown(roc), _shown(pr), shown, right, tag.reason)
    Console().print(table)


def print_calibration(row: Row) -> None:
    """Held-out calibration of the tags that are on: error per group of tags, and the points of its reliability plot."""
    table = Table("tags of", "how many", "calibration error", "promised -> observed (points)")
    for group in row.calibration:
        points = "  ".join(f"{p.predicted:.2f} -> {p.observed:.2f} ({p.count})" for p in group.points)
        table.add_row(group.group, str(group.tags), f"{group.error:.3f}", points)
    Console().print(table)


def print_changes(changes: list[TagChange]) -> None:
    """What tuning did to each tag, changed ones first; figures are of albums that had no part in the fit."""
    table = Table("tag", "group", "what", "judged by", "ROC-AUC", "PR-AUC", "right / suggested / true", "why it is off")
    for change in sorted(changes, key=lambda change: (change.change == "kept", change.group, change.name)):
        pairs = [
            f"{_shown(_number(old))} -> {_shown(_number(new))}"
            for old, new in (
                (change.before.roc_auc, change.after.roc_auc),
                (change.before.pr_auc, change.after.pr_auc),
            )
        ]
        hits = [f"{figures.right} / {figures.shown} / {figures.positives}" for figures in (change.before, change.after)]
        table.add_row(
            change.name, change.group, change.change, change.judged_by, *pairs, " -> ".join(hits), change.reason
        )
    Console().print(table)


def _number(value: float | None) -> float:
    return float("nan") if value is None else value


def _shown(value: float) -> str:
    return f"{value:.3f}" if math.isfinite(value) else "–"
