"""`pemr-train`: one file a subcommand, put together here."""

import logging
import os
import sys

import typer

from pemr.errors import PemrError


def build() -> typer.Typer:
    """The command with all its subcommands; each module registers its own."""
    from pemr.command import corpus, covers, embed, evaluate, export, finetune, pretrain, probe, recipes

    app = typer.Typer(
        name="pemr-train",
        help="Train and evaluate music encoders: PEMR and its tag heads, on your own music or a data set.",
        no_args_is_help=True,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
    )
    for module in (pretrain, probe, finetune, covers, evaluate, embed, export, recipes):
        module.register(app)
    app.add_typer(corpus.app, name="corpus")
    return app


def main() -> None:
    """Entry point. Errors that a person can act on are one line on standard error and exit code 1."""
    logging.basicConfig(level=os.environ.get("PEMR_LOG", "WARNING"), format="%(levelname)s %(name)s: %(message)s")
    try:
        build()()
    except PemrError as error:
        print(f"pemr-train: {error}", file=sys.stderr)
        sys.exit(1)
