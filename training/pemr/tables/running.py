"""A whole table: its rows one after the other, printed beside the paper's numbers, kept as JSON."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from pemr.durable_files import write_output
from pemr.tables.cover_rows import cover_lines
from pemr.tables.paths import Roots, TablePaths, require_set
from pemr.tables.rows import Display, Line, Overrides, Result, Stopped, TableRun
from pemr.tables.table_recipe import TableRecipe, TableRow

log = logging.getLogger(__name__)


class Report(msgspec.Struct, frozen=True):
    """A table as far as it got. `about`: data, splits and what was left out, to be printed beside every number."""

    table: str
    lines: list[Line]
    about: list[str]
    stopped: bool = False


def run_table(
    table: TableRecipe,
    roots: Roots,
    out: Path,
    *,
    rows: str | None = None,
    overrides: list[str],
    display: Display,
    told: Callable[[Line], None] = lambda line: None,
) -> Report:
    """Measure the chosen rows. Stopped at any moment, the same call goes on. Raises `PemrError` subclasses."""
    paths = TablePaths(out)
    run = TableRun(table, roots, paths, Overrides.of(overrides), display)
    chosen = table.chosen(rows)
    for folder, name in [(roots.of(name), name) for name in table.data_sets]:
        log.info("%s is at %s", name, folder)
        require_set(name, roots)
    lines: dict[str, list[Line]] = {}
    about: dict[str, None] = {}
    stopped = False
    try:
        for row in chosen:
            for line, facts in cover_lines(run, row) if table.protocol == "covers" else _lines(run, row):
                lines.setdefault(row.name, []).append(line)
                about.update(dict.fromkeys(facts))
                told(line)
    except Stopped:
        stopped = True
    listed = [line for row in table.rows for line in lines.get(row.name, _printed(row))]
    report = Report(table.name, listed, [*about, *table.notes], stopped)
    write_output(paths.table(table.name), msgspec.json.format(msgspec.json.encode(report), indent=1))
    return report


def _lines(run: TableRun, row: TableRow) -> Iterator[tuple[Line, list[str]]]:
    for result in run.results(row):
        yield _line(result, row.paper if result.last else {}), _about(result)


def _printed(row: TableRow) -> list[Line]:
    """What the paper says of a row that was not measured."""
    several = [Line(f"{row.name}, {name}", {}, paper) for name, paper in row.paper_on.items()]
    return several or ([Line(row.name, {}, row.paper)] if row.paper else [])


def _line(result: Result, paper: dict[str, float]) -> Line:
    found = result.measured
    trained = (
        f"{result.epochs} epochs, {result.steps:,} steps, {result.pretraining_hours:.1f} h" if result.steps else ""
    )
    roc, pr = found.roc_auc_interval, found.pr_auc_interval
    spread = f"95 %: {100 * roc[0]:.1f}–{100 * roc[1]:.1f} / {100 * pr[0]:.1f}–{100 * pr[1]:.1f}"
    ours = {"roc_auc": 100 * found.roc_auc, "pr_auc": 100 * found.pr_auc}
    return Line(result.row, ours, paper, "; ".join(part for part in (trained, spread) if part))


def _about(result: Result) -> list[str]:
    found = result.measured
    counts = ", ".join(f"{count:,} {split}" for split, count in found.tracks.items())
    skipped = f"In no mean, no positive or no negative test track: {', '.join(found.skipped)}"
    return [f"{found.data_set} ({found.split}): {counts}", *found.notes, *([skipped] if found.skipped else [])]
