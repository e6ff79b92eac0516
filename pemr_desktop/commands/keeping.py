"""What one does once in a while: export, import, choose a model, change settings, look after the library."""

from __future__ import annotations

import logging
import os
import platform
import sqlite3
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, cast

import typer
from rich.table import Table
from rich.text import Text

from pemr_desktop import __version__
from pemr_desktop.commands.music import Tracks
from pemr_desktop.commands.place import Place, chosen_tracks
from pemr_desktop.errors import JobRefused, PemrDesktopError
from pemr_desktop.library import queries
from pemr_desktop.protocol.messages import ActivateModel, ImportPlaylist
from pemr_desktop.protocol.results import PlaylistResult
from pemr_desktop.resources import bundled_model
from pemr_desktop.settings import SETTINGS
from pemr_desktop.settings_file import SettingsStore

log = logging.getLogger(__name__)

LIBRARIES = ("PySide6-Essentials", "torch", "av", "mutagen", "faiss-cpu", "numpy", "sounddevice")


def export(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="What to write: .csv, .json or .m3u8.")],
    tracks: Tracks = None,
    playlist: Annotated[str | None, typer.Option(help="A playlist, by name or number.")] = None,
) -> None:
    """Write a table of tracks (CSV, JSON) or a playlist file (M3U8)."""
    from pemr_desktop.library.playlists.export import export_tracks

    place: Place = context.obj
    with place.reader() as conn:
        ids = _playlist_tracks(conn, playlist) if playlist is not None else chosen_tracks(conn, tracks or [])
        export_tracks(conn, ids, file.expanduser().absolute())
    place.err.print(f"Wrote {len(ids):,} tracks to {file}.", markup=False)


def import_(context: typer.Context, playlist: Annotated[Path, typer.Argument(help="An M3U or M3U8 file.")]) -> None:
    """Read a playlist file into the library."""
    place: Place = context.obj
    request = ImportPlaylist(os.fsencode(playlist.expanduser().absolute()))
    result = cast("PlaylistResult", place.run(request, "Importing"))
    for entry in result.not_found:
        place.err.print(f"Not in the library: {entry}", markup=False)


def models(context: typer.Context) -> None:
    """List the models this library knows."""
    place: Place = context.obj
    table = Table("model", "name", "tracks", "file", box=None, pad_edge=False)
    with place.reader() as conn:
        for model in queries.models(conn):
            name = model.name + (" (active)" if model.active else "")
            table.add_row(model.id, name, f"{model.embedded_count:,}", Text(model.path.decode("utf-8", "replace")))
    place.out.print(table)


def activate(context: typer.Context, model: Annotated[Path, typer.Argument(help="A model file.")]) -> None:
    """Listen with another model from now on."""
    place: Place = context.obj
    place.run(ActivateModel(os.fsencode(model.expanduser().absolute())), "Checking")


def settings(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="Such as tags.write_mode.")] = None,
    value: Annotated[str | None, typer.Argument(help="The new value, as in TOML; text needs no quotes.")] = None,
) -> None:
    """Show settings, or change one."""
    place: Place = context.obj
    store = SettingsStore(place.paths.settings_file)
    if name is not None and value is not None:
        store.set(name, _value(value))
        return
    for setting in SETTINGS:
        if name is None or setting.name == name:
            place.out.print(Text(f"{setting.name} = {store.current.value(setting.name)!r}", style="bold"))
            place.out.print(Text(f"  {setting.label}. {setting.help}", style="dim"))
    if name is not None:
        store.current.value(name)


def doctor(
    context: typer.Context,
    repair: Annotated[
        bool, typer.Option("--repair", help="Keep a copy of the library, then build its indexes and counts anew.")
    ] = False,
) -> None:
    """Check the installation and the library. Exit code 1 when something is wrong. Only --repair changes anything."""
    from pemr_desktop.library.opening import open_library
    from pemr_desktop.library.upkeep.integrity import doctor as check

    place: Place = context.obj
    place.out.print(f"PEMR Desktop {__version__}, Python {platform.python_version()}, {platform.platform()}")
    place.out.print(", ".join(f"{name} {_installed(name)}" for name in LIBRARIES))
    place.out.print(
        f"Settings {place.paths.settings_file}\nLibrary {place.library}\nLogs {place.paths.log}", markup=False
    )
    faults = 0
    model = place.model or bundled_model()
    if model is None or not model.is_file():
        place.out.print("[red]fault[/] No model is installed: music cannot be listened to. Install PEMR Desktop again.")
        faults += 1
    else:
        place.out.print(f"[green]ok[/] The model {model.name} is there ({model.stat().st_size / 1e6:.1f} MB).")
    colours = {"ok": "green", "note": "yellow", "fault": "red"}
    try:
        findings = check(place.library)
        if repair:
            with open_library(place.library) as library:
                findings = [*library.repair(), *check(place.library)]
    except PemrDesktopError as error:
        place.out.print(Text.assemble(("fault ", "red"), str(error)))
        raise typer.Exit(1) from error
    for finding in findings:
        place.out.print(Text.assemble((finding.severity + " ", colours[finding.severity]), finding.sentence))
        faults += finding.severity == "fault"
    if faults:
        raise typer.Exit(1)


def _playlist_tracks(conn: sqlite3.Connection, wanted: str) -> tuple[int, ...]:
    for row in queries.playlists(conn):
        if wanted in (row.name, str(row.id)):
            return tuple(queries.playlist_tracks(conn, row.id))
    raise JobRefused(f"There is no playlist “{wanted}”.")


def _value(text: str) -> object:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"
