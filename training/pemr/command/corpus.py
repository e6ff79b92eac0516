"""`pemr-train corpus`: bring or make the free material that the bundled model is made from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pemr.datasets import free_game_music

app = typer.Typer(help="Bring or make free music to train on.", no_args_is_help=True)
fetch_app = typer.Typer(help="Download a corpus that others publish.", no_args_is_help=True)
app.add_typer(fetch_app, name="fetch")


@fetch_app.command("free-game-music")
def fetch_free_game_music(
    folder: Annotated[Path, typer.Argument(help="Where the music goes; made if it is not there.")],
) -> None:
    """Bring 21 hours of free game music (362 tracks, 27 soundtracks) out of Debian packages.

    The packages are downloaded and unpacked, never installed. Every file is checked against its digest; run the
    command again to go on after an interruption. Licences are gathered in FOLDER/LICENCES.
    """
    report = free_game_music.fetch(folder, said=lambda line: typer.echo(line, err=True))
    typer.echo(f"{report.present + report.fetched} tracks in {folder} ({report.fetched} new).")
    for fault in report.faults:
        typer.echo(fault, err=True)
    if report.faults:
        raise typer.Exit(1)
