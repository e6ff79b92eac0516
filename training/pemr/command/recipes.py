"""`pemr-train recipes`: what experiments there are, and every table of the paper as one command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from pemr.tables.rows import Line
    from pemr.tables.running import Report


def application() -> typer.Typer:
    """The group `pemr-train recipes`."""
    group = typer.Typer(invoke_without_command=True, add_completion=False)
    group.callback()(show)
    group.command("run")(run)
    return group


def show(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Every setting of every recipe, as JSON.")] = False,
) -> None:
    """List the recipes that come with pemr-train, and the tables and figures of the paper."""
    from pemr.recipe import available_recipes, load_recipe
    from pemr.tables.table_recipe import available_tables, load_table

    if context.invoked_subcommand is not None:
        return
    if as_json:
        print(msgspec.json.encode([load_recipe(name) for name in available_recipes()]).decode())
        return
    console = Console()
    table = Table("recipe", "method", "what it is", title="pemr-train pretrain --recipe NAME", title_justify="left")
    for name in available_recipes():
        recipe = load_recipe(name)
        table.add_row(name, recipe.method, recipe.description)
    console.print(table)
    table = Table("recipe", "of the paper", "what it does", title="pemr-train recipes run NAME", title_justify="left")
    for name in available_tables():
        known = load_table(name)
        table.add_row(name, known.title, known.description)
    console.print(table)


def run(
    name: Annotated[str, typer.Argument(help="A table or figure: see pemr-train recipes.")],
    root: Annotated[
        list[str],
        typer.Option(
            metavar="[NAME=]FOLDER",
            help="Where the data sets are: one folder that holds MagnaTagATune, GTZAN, SHS100K-SUB and Covers80, or "
            "each by its name, e.g. magnatagatune=DIR. Repeatable.",
        ),
    ],
    out: Annotated[Path, typer.Option(help="Runs, audio and figures of all tables; what is there is used.")] = Path(
        "runs/paper"
    ),
    rows: Annotated[
        str | None, typer.Option(help="Rows to measure, with commas, or all (default: those of PEMR).")
    ] = None,
    overrides: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="Change a setting of pre-training (train.epochs=30) or, with its name before it, of the protocol "
            "(probe.epochs=10, finetune.epochs=10, covers.steps=1000). Repeatable.",
        ),
    ] = None,
    threads: Annotated[int, typer.Option(help="Processor threads; 0 is torch's own choice.")] = 0,
) -> None:
    """Run a table of the paper: pre-train, apply the protocol, and print our row beside the paper's.

    Stopped at any moment, the same command goes on. Tables share what they can: Table 2 linear and MLP, Table 3 and
    the last row of Table 6 pre-train one and the same encoder.
    """
    from pemr.command.display import section, wide_console
    from pemr.command.listening import prepare
    from pemr.tables.paths import parse_roots
    from pemr.tables.running import run_table
    from pemr.tables.table_recipe import load_table

    table = load_table(name)
    prepare(threads)
    settings = [*(overrides or []), *([f"train.threads={threads}"] if threads else [])]
    console = wide_console()
    report = run_table(
        table, parse_roots(root), out, rows=rows, overrides=settings, display=section,
        told=lambda line: console.print(_told(line), highlight=False),
    )  # fmt: skip
    print_report(console, table.title, report)
    if report.stopped:
        console.print("Stopped; the same command goes on from here.")


def print_report(console: Console, title: str, report: Report) -> None:
    """Ours beside the paper's, and below what the numbers were measured on."""
    from pemr.tables.table_recipe import MEASURES

    measures = [key for key in MEASURES if any(key in line.ours or key in line.paper for line in report.lines)]
    table = Table(title=title, title_justify="left")
    table.add_column("method")
    for key in measures:
        table.add_column(MEASURES[key], justify="right")
        table.add_column("paper", justify="right")
    table.add_column("how")
    for line in report.lines:
        cells = [_cell(values.get(key), key) for key in measures for values in (line.ours, line.paper)]
        table.add_row(line.row, *cells, line.detail)
    console.print(table)
    for text in report.about:
        console.print(text, highlight=False)


def _told(line: Line) -> str:
    from pemr.tables.table_recipe import MEASURES

    figures = ", ".join(f"{MEASURES[key]} {_cell(value, key)}" for key, value in line.ours.items())
    return f"{line.row}: {figures} ({line.detail})"


def _cell(value: float | None, measure: str) -> str:
    if value is None:
        return ""
    return f"{value:.3f}" if measure in ("map", "precision_at_10") else f"{value:.2f}"
