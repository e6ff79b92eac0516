"""Music in and out of the library, and listening to it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, cast

import typer
from rich.table import Table

from pemr_desktop.commands.clean_text import one_line
from pemr_desktop.commands.context import CommandContext, chosen_tracks
from pemr_desktop.errors import JobRefused
from pemr_desktop.library import queries
from pemr_desktop.protocol.messages import AddFolders, Analyse, RemoveRoot, Scan
from pemr_desktop.protocol.results import AnalyseResult
from pemr_desktop.tagfiles.errors import readable

Tracks = Annotated[list[str] | None, typer.Argument(help="Track numbers, files, folders or a query. None: all.")]


def scan(
    context: typer.Context,
    folders: Annotated[list[Path] | None, typer.Argument(help="Folders or files to add. None: all known ones.")] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Read the tags of all files anew, also of those that look as they were.")
    ] = False,
) -> None:
    """Take folders into the library and look for new, changed and moved files.

    What is new is listened to, unless the setting analyse.automatic is off.
    """
    command: CommandContext = context.obj
    if folders:
        paths = tuple(os.fsencode(folder.expanduser().absolute()) for folder in folders)
        command.run(AddFolders(paths, again), "Scanning")
    else:
        command.run(Scan(again=again), "Scanning")


def remove(context: typer.Context, folder: Annotated[Path, typer.Argument(help="A folder of the library.")]) -> None:
    """Forget a folder. Its files are not touched."""
    command: CommandContext = context.obj
    wanted = os.fsencode(folder.expanduser().absolute())
    with command.reader() as conn:
        ids = [root.id for root in queries.roots(conn) if root.path == wanted]
    if not ids:
        raise JobRefused("folder not in library", folder=readable(folder))
    command.run(RemoveRoot(ids[0]), "Removing")


def analyse(
    context: typer.Context,
    tracks: Tracks = None,
    again: Annotated[bool, typer.Option("--again", help="Also tracks that have been listened to before.")] = False,
    timings: Annotated[bool, typer.Option("--timings", help="Say how long each part took.")] = False,
) -> None:
    """Listen to tracks: embed them and suggest tags."""
    command: CommandContext = context.obj
    ids: tuple[int, ...] = ()
    if tracks:
        with command.reader() as conn:
            ids = chosen_tracks(conn, tracks)
    result = cast("AnalyseResult", command.run(Analyse(ids, again), "Listening"))
    if timings and result.analysed:
        command.out.print(timing_table(result))


def status(context: typer.Context) -> None:
    """Say what the library holds."""
    command: CommandContext = context.obj
    with command.reader() as conn:
        counts = queries.counts(conn)
        roots = queries.roots(conn)
        model = queries.active_model(conn)
    table = Table(show_header=False, box=None)
    table.add_row("Library", str(command.library))
    for root in roots:
        table.add_row(
            "Folder",
            f"{one_line(root.location)} ({root.track_count:,} tracks{'' if root.online else ', not reachable'})",
        )
    table.add_row("Tracks", f"{counts.tracks:,} ({counts.offline:,} not reachable)")
    table.add_row("Listened to", f"{counts.analysed:,}" + (f" with model {model.name} ({model.id})" if model else ""))
    table.add_row("With suggestions", f"{counts.with_suggestions:,}")
    table.add_row("Accepted, to be written", f"{counts.pending_writes:,}")
    table.add_row("Cover groups", f"{counts.cover_groups:,}")
    table.add_row("Problems", f"{counts.problems:,}")
    command.out.print(table)


def problems(context: typer.Context) -> None:
    """List files that something could not be done with, and why."""
    command: CommandContext = context.obj
    with command.reader() as conn:
        found = queries.problems(conn)
    for problem in found:
        command.out.print(f"{one_line(problem.location)}\n  {problem.stage}: {one_line(problem.reason)}")
    if not found:
        command.err.print("No problems.")


def timing_table(result: AnalyseResult) -> Table:
    """Seconds by part, in all and per track, and tracks per minute."""
    table = Table(title="Time spent")
    for heading in ("part", "seconds", "s per track"):
        table.add_column(heading, justify="left" if heading == "part" else "right")
    for part, seconds in result.spent_s.items():
        table.add_row(part, f"{seconds:.2f}", f"{seconds / result.analysed:.3f}")
    table.add_row("wall clock", f"{result.wall_s:.2f}", f"{result.wall_s / result.analysed:.3f}", end_section=True)
    table.add_row("tracks per minute", f"{60 * result.analysed / result.wall_s:.1f}", "")
    table.add_row("times faster than real time", f"{result.audio_s / result.wall_s:.0f}", "")
    return table
