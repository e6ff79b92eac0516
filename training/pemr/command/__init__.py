"""`pemr-train`: one file a subcommand, put together here."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping
from typing import Annotated, ClassVar

import platformdirs
import typer

from pemr import __version__
from pemr.errors import PemrError
from pemr.lazy_commands import LazyCommand, LazyGroup
from pemr.pending_writes.notes import note_in, notes_folder
from pemr.pending_writes.strays import remove_strays
from pemr.training_extra import missing_libraries_explained


class Commands(LazyGroup):
    """Every subcommand by its name, in the order of `--help`."""

    package: ClassVar[str] = __name__
    lazy_commands: ClassVar[Mapping[str, LazyCommand]] = {
        "pretrain": LazyCommand(
            "pretrain:application",
            "Learn an encoder from folders of music, without any labels.",
            built=True,
        ),
        "probe": LazyCommand(
            "probe:application",
            "Measure frozen encoders by a small head on a labelled data set, as in Table 2 of the paper.",
            built=True,
        ),
        "finetune": LazyCommand("finetune:application", "Fit parts of a trained model to labels.", built=True),
        "covers": LazyCommand("covers:application", "Networks that find versions of a work.", built=True),
        "evaluate": LazyCommand("evaluate:application", "Measure trained models.", built=True),
        "embed": LazyCommand(
            "embed:application",
            "Embed every track below some folders into one Parquet file, one row a track, sorted by path.",
            built=True,
        ),
        "export": LazyCommand(
            "export:run",
            "Turn a checkpoint into one model file: encoder, predicting module, front end, provenance.",
        ),
        "recipes": LazyCommand(
            "recipes:application",
            "List the recipes that come with pemr-train, and the tables and figures of the paper.",
            built=True,
        ),
        "corpus": LazyCommand("corpus:application", "Bring or make free music to train on.", built=True),
    }


def _say_version(asked: bool) -> None:
    if asked:
        print(f"pemr-train {__version__}")
        raise typer.Exit


def build() -> typer.Typer:
    """The command with all its subcommands."""
    app = typer.Typer(
        name="pemr-train",
        cls=Commands,
        context_settings={"help_option_names": ["-h", "--help"]},
        no_args_is_help=True,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
    )
    app.callback()(_options)
    return app


def _note_unfinished_writes() -> None:
    """Where the application that started this process wants it, or in a place of our own; what was left goes."""
    if notes_folder() is None:
        note_in(platformdirs.user_state_path("pemr-train", appauthor=False) / "pending-writes")
    remove_strays()


def main() -> None:
    """Entry point. Errors that a person can act on are one line on standard error and exit code 1."""
    logging.basicConfig(level=os.environ.get("PEMR_LOG", "WARNING"), format="%(levelname)s %(name)s: %(message)s")
    _note_unfinished_writes()
    try:
        with missing_libraries_explained():
            build()()
    except PemrError as error:
        print(f"pemr-train: {error}", file=sys.stderr)
        sys.exit(1)


def _options(
    version: Annotated[
        bool, typer.Option("--version", "-V", is_eager=True, callback=_say_version, help="Say which version this is.")
    ] = False,
) -> None:
    """Train and evaluate music encoders: PEMR and its tag heads, on your own music or a data set."""
