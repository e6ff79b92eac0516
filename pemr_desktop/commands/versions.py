"""Versions in the whole library, the user's word on a pair, and what sounds alike."""

from __future__ import annotations

from typing import Annotated, cast

import typer
from rich.table import Table
from rich.text import Text

from pemr_desktop.commands.clean_text import one_line
from pemr_desktop.commands.context import CommandContext, chosen_tracks
from pemr_desktop.commands.tags import named
from pemr_desktop.errors import JobRefused
from pemr_desktop.library import queries
from pemr_desktop.protocol.messages import FindAllVersions, JudgeVersion, MoreLikeThis
from pemr_desktop.protocol.results import SimilarResult

VERDICTS = {"same": "same recording", "version": "version", "not": "not a version", "undecided": "undecided"}


def versions(context: typer.Context) -> None:
    """Compare all tracks with one another and print the cover groups."""
    command: CommandContext = context.obj
    command.run(FindAllVersions(), "Finding all versions")
    print_groups(command)


def judge(
    context: typer.Context,
    track_a: Annotated[int, typer.Argument()],
    track_b: Annotated[int, typer.Argument()],
    verdict: Annotated[str, typer.Argument(help="same, version, not, or undecided.")],
) -> None:
    """Say whether two tracks are versions of one another."""
    command: CommandContext = context.obj
    if verdict not in VERDICTS:
        raise JobRefused("verdict choice", verdicts=", ".join(VERDICTS))
    command.run(JudgeVersion(track_a, track_b, VERDICTS[verdict]), "Noting")  # type: ignore[arg-type]


def similar(
    context: typer.Context,
    tracks: Annotated[list[str], typer.Argument(help="Track numbers, files or a query.")],
    limit: Annotated[int, typer.Option(help="How many at most.")] = 20,
) -> None:
    """List tracks that sound alike, nearest first."""
    command: CommandContext = context.obj
    with command.reader() as conn:
        ids = chosen_tracks(conn, tracks)
    result = cast("SimilarResult", command.run(MoreLikeThis(ids, limit), "Comparing"))
    with command.reader() as conn:
        rows = {row.id: row for row in queries.rows(conn, [track.track_id for track in result.tracks])}
    table = Table("track", "artist – title", "similarity", box=None, pad_edge=False)
    for track in result.tracks:
        if track.track_id in rows:
            table.add_row(str(track.track_id), Text(named(rows[track.track_id])), f"{track.similarity:.2f}")
    command.out.print(table)


def print_groups(command: CommandContext) -> None:
    """All cover groups with their tracks."""
    with command.reader() as conn:
        groups = queries.cover_groups(conn)
        for group in groups:
            command.out.print(Text(one_line(group.title), style="bold"))
            for row in queries.rows(conn, group.track_ids):
                command.out.print(Text(f"  {row.id:>5}  {named(row)}"))
    if not groups:
        command.out.print("No two tracks are versions of one another.")
