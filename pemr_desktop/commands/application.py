"""All commands in one application, and what becomes of their errors."""

from __future__ import annotations

import io
import logging
import sqlite3
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, ClassVar

import typer

from pemr.errors import PemrError
from pemr.lazy_commands import LazyCommand, LazyGroup
from pemr_desktop import __version__
from pemr_desktop.commands.clean_text import clean
from pemr_desktop.errors import JobCancelled, PemrDesktopError
from pemr_desktop.reasons import reason_of

log = logging.getLogger(__name__)


class Commands(LazyGroup):
    """Every command by its name, in the order of `--help`."""

    package: ClassVar[str] = "pemr_desktop.commands"
    lazy_commands: ClassVar[Mapping[str, LazyCommand]] = {
        "window": LazyCommand("window:window", "Open the window."),
        "scan": LazyCommand(
            "library:scan",
            "Take folders into the library and look for new, changed and moved files.",
        ),
        "analyse": LazyCommand("library:analyse", "Listen to tracks: embed them and suggest tags."),
        "tags": LazyCommand(
            "tags:tags",
            "Show what the ear suggests, most likely first; or accept what is sure enough.",
        ),
        "accept": LazyCommand("tags:accept", "Accept suggested tags."),
        "reject": LazyCommand("tags:reject", "Reject suggested tags, so that they are not suggested again."),
        "tune": LazyCommand("tag_tuning:tune", "Tune the suggested tags to your music."),
        "covers": LazyCommand(
            "covers:application",
            "Find versions of a track, check that, and teach it.",
            built=True,
        ),
        "versions": LazyCommand("versions:versions", "Compare all tracks with one another and print the cover groups."),
        "judge": LazyCommand("versions:judge", "Say whether two tracks are versions of one another."),
        "similar": LazyCommand("versions:similar", "List tracks that sound alike, nearest first."),
        "edit": LazyCommand("tags:edit", "Change tags by hand; without --apply only show what would change."),
        "recode": LazyCommand(
            "code_pages:recode",
            "Put tags in an old code page into Unicode; without --apply only show what would change.",
        ),
        "write": LazyCommand(
            "tags:write",
            "Write accepted tags to files; without --apply only show what would change.",
        ),
        "undo": LazyCommand(
            "history:undo",
            "Bring back the tags that a write has changed: a batch, or all that was done to a file or on a day.",
        ),
        "history": LazyCommand(
            "history:history",
            "List what was written and undone, newest first: all of it, or of a batch, a file, a day.",
        ),
        "playlist": LazyCommand("playlists:application", "List, make, fill, import and export playlists.", built=True),
        "export": LazyCommand("exchange:export", "Write a table of tracks (CSV, JSON) or a playlist file (M3U8)."),
        "import": LazyCommand("exchange:import_", "Read a playlist file into the library."),
        "status": LazyCommand("library:status", "Say what the library holds."),
        "problems": LazyCommand("library:problems", "List files that something could not be done with, and why."),
        "remove": LazyCommand("library:remove", "Forget a folder. Its files are not touched."),
        "models": LazyCommand("models:models", "List the models this library knows."),
        "activate": LazyCommand("models:activate", "Listen with another model from now on."),
        "settings": LazyCommand("settings:settings", "Show settings, or change one."),
        "doctor": LazyCommand("upkeep:doctor", "Check the installation and the library."),
        "watch": LazyCommand("upkeep:watch", "Look for new, changed and moved files again and again, until Ctrl+C."),
        "backup": LazyCommand("upkeep:backup", "Copy the library to its folder of backups now."),
        "restore": LazyCommand("upkeep:restore", "Put a backup in the library's place."),
        "duplicates": LazyCommand(
            "upkeep:duplicates",
            "Find files with the very same sound, and the same recording in other encodings.",
        ),
        "demo": LazyCommand(
            "demo:demo",
            "Do the whole job on a folder and print the suggested tags and the cover groups.",
        ),
        "open": LazyCommand("window:window", "Open the window.", hidden=True),
    }


def application() -> typer.Typer:
    """The command line with all its commands."""
    app = typer.Typer(
        name="pemr-desktop",
        cls=Commands,
        context_settings={"help_option_names": ["-h", "--help"]},
        help="Listens to your music library: suggests tags, finds covers, writes tags safely. No command: the window.",
        no_args_is_help=False,
        add_completion=True,
        pretty_exceptions_enable=False,
    )
    app.callback(invoke_without_command=True)(_options)
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
    except (PemrDesktopError, PemrError, sqlite3.Error, UnicodeDecodeError, OSError) as error:
        log.debug("The command cannot be carried out", exc_info=True)
        print(clean(reason_of(error).message), file=sys.stderr)
        return 1
    return 0


def _say_version(asked: bool) -> None:
    if asked:
        print(f"pemr-desktop {__version__}")
        raise typer.Exit


def _options(
    context: typer.Context,
    home: Annotated[
        Path | None, typer.Option(help="Keep settings, library and all else below this folder.", show_default=False)
    ] = None,
    library: Annotated[Path | None, typer.Option(help="Use this library file.", show_default=False)] = None,
    model: Annotated[Path | None, typer.Option(help="Listen with this model file.", show_default=False)] = None,
    verbose: Annotated[bool, typer.Option("--verbose", help="Say what happens inside.")] = False,
    version: Annotated[
        bool, typer.Option("--version", "-V", is_eager=True, callback=_say_version, help="Say which version this is.")
    ] = False,
) -> None:
    """PEMR Desktop."""
    from pemr_desktop.commands.context import command_context
    from pemr_desktop.commands.window import open_window

    to_terminal = logging.StreamHandler()
    to_terminal.setLevel(logging.DEBUG if verbose else logging.ERROR)
    logging.basicConfig(level=to_terminal.level, format="%(levelname)s %(name)s: %(message)s", handlers=[to_terminal])
    context.obj = command_context(home, library, model)
    if context.invoked_subcommand is None:
        raise typer.Exit(open_window([]))
