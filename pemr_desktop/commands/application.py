"""All commands in one application, and what becomes of their errors."""

from __future__ import annotations

import io
import logging
import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from pemr.errors import PemrError
from pemr_desktop import __version__
from pemr_desktop.commands import (
    covers,
    demo,
    exchange,
    history,
    library,
    models,
    playlists,
    settings,
    tag_tuning,
    tags,
    upkeep,
    versions,
    window,
)
from pemr_desktop.commands.context import command_context
from pemr_desktop.errors import JobCancelled, PemrDesktopError

log = logging.getLogger(__name__)

COMMANDS = (
    window.window,
    library.scan,
    library.analyse,
    tags.tags,
    tags.accept,
    tags.reject,
    tag_tuning.tune,
    versions.versions,
    versions.judge,
    versions.similar,
    tags.edit,
    tags.write,
    history.undo,
    history.history,
    exchange.export,
    exchange.import_,
    library.status,
    library.problems,
    library.remove,
    models.models,
    models.activate,
    settings.settings,
    upkeep.doctor,
    upkeep.watch,
    upkeep.backup,
    upkeep.restore,
    upkeep.duplicates,
    demo.demo,
)


def application() -> typer.Typer:
    """The command line with all its commands."""
    app = typer.Typer(
        name="pemr-desktop",
        help="Listens to your music library: suggests tags, finds covers, writes tags safely. No command: the window.",
        no_args_is_help=False,
        add_completion=True,
        pretty_exceptions_enable=False,
    )
    app.callback(invoke_without_command=True)(_options)
    for command in COMMANDS:
        app.command(command.__name__.rstrip("_"))(command)
    app.add_typer(covers.application(), name="covers")
    app.add_typer(playlists.application(), name="playlist")
    app.command("open", hidden=True)(window.window)
    return app


def run(arguments: Sequence[str]) -> int:
    """Run one command line; its exit code. Errors made for people are printed as one sentence."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # file names need not be Unicode
    try:
        application()(list(arguments))
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except (JobCancelled, KeyboardInterrupt):
        print("Cancelled. What was finished stays.", file=sys.stderr)
        return 130
    except (PemrDesktopError, PemrError) as error:
        print(error, file=sys.stderr)
        return 1
    except (sqlite3.Error, OSError) as error:
        log.debug("Refused by the system", exc_info=True)
        print(f"The system refused: {error}.", file=sys.stderr)
        return 1
    return 0


def _options(
    context: typer.Context,
    home: Annotated[
        Path | None, typer.Option(help="Keep settings, library and all else below this folder.", show_default=False)
    ] = None,
    library: Annotated[Path | None, typer.Option(help="Use this library file.", show_default=False)] = None,
    model: Annotated[Path | None, typer.Option(help="Listen with this model file.", show_default=False)] = None,
    verbose: Annotated[bool, typer.Option("--verbose", help="Say what happens inside.")] = False,
    version: Annotated[bool, typer.Option("--version", help="Say which version this is.")] = False,
) -> None:
    """PEMR Desktop."""
    if version:
        print(f"pemr-desktop {__version__}")
        raise typer.Exit
    to_terminal = logging.StreamHandler()
    to_terminal.setLevel(logging.DEBUG if verbose else logging.ERROR)
    logging.basicConfig(level=to_terminal.level, format="%(levelname)s %(name)s: %(message)s", handlers=[to_terminal])
    context.obj = command_context(home, library, model)
    if context.invoked_subcommand is None:
        raise typer.Exit(window.open_window([]))
