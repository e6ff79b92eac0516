"""Tracks and playlists as files, out and in."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, cast

import typer

from pemr_desktop.commands.clean_text import one_line
from pemr_desktop.commands.context import CommandContext, chosen_tracks
from pemr_desktop.commands.library import Tracks
from pemr_desktop.errors import JobRefused
from pemr_desktop.library import queries
from pemr_desktop.protocol.messages import ImportPlaylist
from pemr_desktop.protocol.results import PlaylistResult


def export(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="What to write: .csv, .json or .m3u8.")],
    tracks: Tracks = None,
    playlist: Annotated[str | None, typer.Option(help="A playlist, by name or number.")] = None,
) -> None:
    """Write a table of tracks (CSV, JSON) or a playlist file (M3U8)."""
    from pemr_desktop.library.playlists.export import export_tracks

    command: CommandContext = context.obj
    with command.reader() as conn:
        ids = _playlist_tracks(conn, playlist) if playlist is not None else chosen_tracks(conn, tracks or [])
        left_out = export_tracks(conn, ids, file.expanduser().absolute())
    print_left_out(command, left_out)
    command.err.print(f"Wrote {len(ids) - len(left_out):,} tracks to {file}.")


def print_left_out(command: CommandContext, left_out: Sequence[str]) -> None:
    """Files that a playlist cannot name."""
    for location in left_out:
        command.err.print(
            f"Left out, since a playlist file cannot hold the line break in its name: {one_line(location)}"
        )


def import_(
    context: typer.Context, playlist: Annotated[Path, typer.Argument(help="An M3U, M3U8, PLS or XSPF file.")]
) -> None:
    """Read a playlist file into the library."""
    command: CommandContext = context.obj
    request = ImportPlaylist(os.fsencode(playlist.expanduser().absolute()))
    result = cast("PlaylistResult", command.run(request, "Importing"))
    for entry in result.not_found:
        command.err.print(f"Not in the library: {one_line(entry)}")


def _playlist_tracks(conn: sqlite3.Connection, wanted: str) -> tuple[int, ...]:
    for row in queries.playlists(conn):
        if wanted in (row.name, str(row.id)):
            return tuple(queries.playlist_tracks(conn, row.id))
    raise JobRefused("no playlist", name=wanted)
