"""`pemr-train embed`: folders of music become one Parquet file of embeddings."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress as Bar
from typer.core import TyperCommand

from pemr.errors import ArchiveError
from pemr.training_extra import INSTALL

SHOWN_ERRORS = 20
RAY_ADDRESS = re.compile(r"auto|local|ray://.+|[\w.\-]+:\d+")


class EmbedCommand(TyperCommand):
    """Lets `--ray` stand alone, which then means a cluster inside this machine."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        for at, argument in enumerate(args):
            if argument == "--ray" and not RAY_ADDRESS.fullmatch(args[at + 1] if at + 1 < len(args) else ""):
                args = [*args[: at + 1], "local", *args[at + 1 :]]
                break
        return super().parse_args(ctx, args)


def application() -> typer.Typer:
    """The command `pemr-train embed`."""
    app = typer.Typer(add_completion=False)
    app.command("embed", cls=EmbedCommand)(run)
    return app


def run(
    folders: Annotated[list[Path], typer.Argument(metavar="FOLDERS...", help="Folders (or files) of audio.")],
    model: Annotated[Path, typer.Option(help="A model file (.safetensors).")],
    out: Annotated[Path, typer.Option(help="The Parquet file to write.")],
    jobs: Annotated[int, typer.Option(min=0, help="Processes on this machine; 0 is one a processor.")] = 0,
    ray: Annotated[
        str | None,
        typer.Option(
            metavar="[ADDRESS]",
            help="Work on a Ray cluster (auto, host:port or ray://host:port); without an address on one inside this "
            "machine. The music has to lie under the same path on every node.",
        ),
    ] = None,
    segments: Annotated[
        int | None,
        typer.Option(min=1, help="At most this many segments a track (default: the application's)."),
    ] = None,
) -> None:
    """Embed every track below some folders into one Parquet file, one row a track, sorted by path.

    Columns: path, seconds, track (512), segments (n x 512), segment_starts_s, tag_probabilities, silent, truncated,
    model_id, error. Unreadable files are rows with an error. Stopped at any moment, the same command goes on where it
    stopped; when nothing has changed it has nothing to do.
    """
    try:
        import pyarrow  # noqa: F401
    except ImportError as error:
        raise ArchiveError(
            f"embed writes Parquet and needs pyarrow, which is not installed. Install it with: {INSTALL}"
        ) from error
    from pemr.archive.embedding import embed_folders
    from pemr.embed import DEFAULT_SEGMENTS

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with Bar(transient=True) as bar:
        task = bar.add_task("embedding", total=None)

        def progress(done: int, total: int, failed: int) -> None:
            bar.update(task, description=f"embedding, {failed} unreadable", completed=done, total=total)

        try:
            report = embed_folders(
                folders, model, out, jobs=jobs or os.cpu_count() or 1, ray=ray,
                max_segments=segments or DEFAULT_SEGMENTS, progress=progress,
            )  # fmt: skip
        except KeyboardInterrupt:
            typer.echo("Stopped. What is done is kept; the same command goes on from here.", err=True)
            raise typer.Exit(130) from None
    for path, reason in report.errors[:SHOWN_ERRORS]:
        typer.echo(f"skipped {path}: {reason}", err=True)
    if len(report.errors) > SHOWN_ERRORS:
        typer.echo(f"… and {len(report.errors) - SHOWN_ERRORS} more, in the column error", err=True)
    news = "nothing has changed" if report.up_to_date else f"{report.made} new"
    typer.echo(f"{out}: {report.tracks} tracks ({news}), {len(report.errors)} unreadable")
