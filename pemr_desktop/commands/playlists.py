"""Playlists in the terminal."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from pemr_desktop.commands.clean_text import one_line
from pemr_desktop.commands.context import CommandContext, chosen_tracks
from pemr_desktop.commands.exchange import import_, print_left_out
from pemr_desktop.commands.tags import named
from pemr_desktop.errors import JobRefused
from pemr_desktop.library import queries
from pemr_desktop.library.rows import PlaylistRow
from pemr_desktop.protocol.messages import DeletePlaylist, SavePlaylist

Name = Annotated[str, typer.Argument(help="Name or number of a playlist.")]
Chosen = Annotated[list[str], typer.Argument(help="Track numbers, files, folders or a query.")]


def application() -> typer.Typer:
    """The group `pemr-desktop playlist`."""
    app = typer.Typer(no_args_is_help=True, add_completion=False, help="List, make, fill, import and export playlists.")
    for command in (list_, show, make, add, take_out, delete, export):
        app.command(command.__name__.rstrip("_").replace("_", "-"))(command)
    app.command("import")(import_)
    return app


def list_(context: typer.Context) -> None:
    """List all playlists."""
    command: CommandContext = context.obj
    table = Table("playlist", "name", "tracks", "minutes", box=None, pad_edge=False)
    with command.reader() as conn:
        found = queries.playlists(conn)
    for row in found:
        table.add_row(str(row.id), Text(one_line(row.name)), f"{row.track_count:,}", f"{row.duration_s / 60:.0f}")
    if found:
        command.out.print(table)
    else:
        command.err.print("There is no playlist yet. Make one: pemr-desktop playlist make NAME TRACKS.")


def show(context: typer.Context, playlist: Name) -> None:
    """List the tracks of a playlist, in order."""
    command: CommandContext = context.obj
    with command.reader() as conn:
        for row in queries.rows(conn, queries.playlist_tracks(conn, _find(conn, playlist).id)):
            command.out.print(Text(f"{row.id:>7}  {named(row)}"))


def make(context: typer.Context, name: Annotated[str, typer.Argument()], tracks: Chosen) -> None:
    """Make a playlist of tracks."""
    command: CommandContext = context.obj
    with command.reader() as conn:
        if any(row.name == name for row in queries.playlists(conn)):
            raise JobRefused("already a playlist", name=name)
        ids = chosen_tracks(conn, tracks)
    command.run(SavePlaylist(name, ids), "Saving")


def add(context: typer.Context, playlist: Name, tracks: Chosen) -> None:
    """Put tracks at the end of a playlist; those that are in it stay where they are."""
    command: CommandContext = context.obj
    with command.reader() as conn:
        row = _find(conn, playlist)
        before = queries.playlist_tracks(conn, row.id)
        ids = dict.fromkeys((*before, *chosen_tracks(conn, tracks)))
    command.run(SavePlaylist(row.name, tuple(ids), row.id), "Saving")


def take_out(context: typer.Context, playlist: Name, tracks: Chosen) -> None:
    """Take tracks out of a playlist. The tracks stay in the library."""
    command: CommandContext = context.obj
    with command.reader() as conn:
        row = _find(conn, playlist)
        unwanted = set(chosen_tracks(conn, tracks))
        left = tuple(track for track in queries.playlist_tracks(conn, row.id) if track not in unwanted)
    command.run(SavePlaylist(row.name, left, row.id), "Saving")


def delete(context: typer.Context, playlist: Name) -> None:
    """Delete a playlist. No track is touched."""
    command: CommandContext = context.obj
    with command.reader() as conn:
        row = _find(conn, playlist)
    command.run(DeletePlaylist(row.id), "Deleting")


def export(
    context: typer.Context,
    playlist: Name,
    file: Annotated[Path, typer.Argument(help="What to write: .m3u8, with paths relative to it.")],
) -> None:
    """Write a playlist as an M3U8 file, which other players read."""
    from pemr_desktop.library.playlists.m3u8 import export_playlist

    command: CommandContext = context.obj
    target = Path(os.path.abspath(file.expanduser()))  # noqa: PTH100 - links stay as the user chose them
    if target.suffix.lower() not in (".m3u8", ".m3u"):
        raise JobRefused("playlist file ending")
    with command.reader() as conn:
        row = _find(conn, playlist)
        left_out = export_playlist(conn, row.id, target)
    print_left_out(command, left_out)
    command.err.print(f"Wrote {row.track_count - len(left_out):,} tracks to {file}.")


def _find(conn: sqlite3.Connection, wanted: str) -> PlaylistRow:
    for row in queries.playlists(conn):
        if wanted in (row.name, str(row.id)):
            return row
    raise JobRefused("no playlist, see list", name=wanted)
