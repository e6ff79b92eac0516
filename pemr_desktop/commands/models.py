"""Which model listens."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from pemr_desktop.commands.clean_text import one_line
from pemr_desktop.commands.context import CommandContext
from pemr_desktop.library import queries
from pemr_desktop.protocol.messages import ActivateModel


def models(context: typer.Context) -> None:
    """List the models this library knows."""
    command: CommandContext = context.obj
    table = Table("model", "name", "tracks", "file", box=None, pad_edge=False)
    with command.reader() as conn:
        for model in queries.models(conn):
            name = model.name + (" (active)" if model.active else "")
            table.add_row(
                model.id, one_line(name), f"{model.embedded_count:,}", one_line(model.path.decode("utf-8", "replace"))
            )
    command.out.print(table)


def activate(context: typer.Context, model: Annotated[Path, typer.Argument(help="A model file.")]) -> None:
    """Listen with another model from now on."""
    command: CommandContext = context.obj
    with command.worker() as jobs:
        jobs.run(ActivateModel(os.fsencode(model.expanduser().absolute())), "Checking")
        if command.settings.analyse.automatic:
            jobs.run_what_follows()
