"""The main job from one end to the other, in the terminal: add, scan, listen, suggest, find versions."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Annotated, cast

import typer

from pemr_desktop.commands.context import Place, chosen_tracks, make_place
from pemr_desktop.commands.library import timing_table
from pemr_desktop.commands.tags import print_suggestions
from pemr_desktop.commands.versions import print_groups
from pemr_desktop.demo_music import demo_folder
from pemr_desktop.errors import JobRefused
from pemr_desktop.library import queries
from pemr_desktop.protocol.messages import AddFolders, Analyse, FindAllVersions
from pemr_desktop.protocol.results import AnalyseResult


def demo(
    context: typer.Context,
    folder: Annotated[Path | None, typer.Argument(help="A folder of music. None: the demo music.")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Use your own library, not a temporary one.")] = False,
) -> None:
    """Do the whole job on a folder and print the suggested tags and the cover groups. No music file is changed."""
    place: Place = context.obj
    if keep:
        whole_job(place, folder)
        return
    with tempfile.TemporaryDirectory(prefix="pemr-desktop-") as home:
        whole_job(make_place(Path(home), None, place.model), folder)


def whole_job(place: Place, folder: Path | None) -> None:
    """Scan, analyse, find all versions; then print what came of it."""
    music = (folder or demo_folder(place.paths)).expanduser().absolute()
    if not music.exists():
        raise JobRefused(f"{music} is not there.")
    with place.worker() as jobs:
        jobs.run(AddFolders((os.fsencode(music),)), f"Scanning {music.name}")
        analysed = cast("AnalyseResult", jobs.run(Analyse(), "Listening"))
        jobs.run(FindAllVersions(), "Finding versions")
    with place.reader() as conn:
        ids = chosen_tracks(conn, [])
        found = queries.problems(conn)
    print_suggestions(place, ids)
    place.out.rule("Versions of one another")
    print_groups(place)
    for problem in found:
        place.err.print(f"{problem.location}: {problem.reason}", markup=False)
    if analysed.analysed:
        place.out.print(timing_table(analysed))
