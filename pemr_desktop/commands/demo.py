"""The main job from one end to the other, in the terminal: add, scan, listen, suggest, find versions."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Annotated, cast

import typer

from pemr_desktop.commands.clean_text import one_line
from pemr_desktop.commands.context import CommandContext, chosen_tracks, command_context
from pemr_desktop.commands.library import timing_table
from pemr_desktop.commands.tags import print_suggestions
from pemr_desktop.commands.versions import print_groups
from pemr_desktop.demo_music import demo_folder
from pemr_desktop.errors import JobRefused
from pemr_desktop.library import queries
from pemr_desktop.protocol.messages import AddFolders, Analyse, FindAllVersions
from pemr_desktop.protocol.results import AnalyseResult
from pemr_desktop.tagfiles.errors import readable


def demo(
    context: typer.Context,
    folder: Annotated[Path | None, typer.Argument(help="A folder of music. None: the demo music.")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Use your own library, not a temporary one.")] = False,
) -> None:
    """Do the whole job on a folder and print the suggested tags and the cover groups. No music file is changed."""
    command: CommandContext = context.obj
    if keep:
        whole_job(command, folder)
        return
    with tempfile.TemporaryDirectory(prefix="pemr-desktop-") as home:
        whole_job(command_context(Path(home), None, command.model), folder)


def whole_job(command: CommandContext, folder: Path | None) -> None:
    """Scan, analyse, find all versions; then print what came of it."""
    music = (folder or demo_folder(command.paths)).expanduser().absolute()
    if not music.exists():
        raise JobRefused("file not there", path=readable(music))
    with command.worker() as jobs:
        jobs.run(AddFolders((os.fsencode(music),)), f"Scanning {music.name}")
        analysed = cast("AnalyseResult", jobs.run(Analyse(), "Listening"))
        jobs.run(FindAllVersions(), "Finding versions")
    with command.reader() as conn:
        ids = chosen_tracks(conn, [])
        found = queries.problems(conn)
    print_suggestions(command, ids)
    command.out.rule("Versions of one another")
    print_groups(command)
    for problem in found:
        command.err.print(f"{one_line(problem.location)}: {one_line(problem.reason)}")
    if analysed.analysed:
        command.out.print(timing_table(analysed))
