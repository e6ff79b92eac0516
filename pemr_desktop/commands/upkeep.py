"""Looking after the library: new files, copies of it, files it holds twice, and what is wrong."""

from __future__ import annotations

import platform
import time
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from pemr.training_extra import TrainingNotInstalled, missing_library
from pemr_desktop import __version__
from pemr_desktop.commands.clean_text import one_line
from pemr_desktop.commands.context import CommandContext
from pemr_desktop.errors import JobRefused, PemrDesktopError
from pemr_desktop.library import queries
from pemr_desktop.protocol.messages import Scan
from pemr_desktop.resources import bundled_model
from pemr_desktop.sentences import counted

LIBRARIES = ("PySide6-Essentials", "onnxruntime", "av", "mutagen", "faiss-cpu", "numpy", "sounddevice")


def watch(
    context: typer.Context,
    every: Annotated[float, typer.Option(min=0.05, help="Minutes from one look to the next.")] = 10.0,
) -> None:
    """Look for new, changed and moved files again and again, until Ctrl+C.

    Unchanged folders are passed over. What is new is listened to, unless the setting analyse.automatic is off.
    """
    command: CommandContext = context.obj
    while True:
        try:
            command.run(Scan(), "Scanning")
        except JobRefused as error:
            command.err.print(f"Not this time: {error}")
        time.sleep(every * 60)


def backup(context: typer.Context) -> None:
    """Copy the library to its folder of backups now. A copy is also made every day by itself."""
    from pemr_desktop.library.opening import open_library

    command: CommandContext = context.obj
    with open_library(command.library) as library:
        made = library.backup(f"by-hand-{datetime.now():%Y%m%d-%H%M%S}")
    command.out.print(f"Copied the library to {made}.")


def restore(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="A backup; without it the newest.", show_default=False)] = None,
) -> None:
    """Put a backup in the library's place. The library as it is now is kept beside it."""
    from pemr_desktop.library.upkeep.restore import restore as put_back

    command: CommandContext = context.obj
    source, kept = put_back(command.library, file.expanduser().absolute() if file else None)
    command.out.print(f"The library is now as in {source}.")
    if kept is not None:
        command.out.print(f"What was there before is {kept}.")


def duplicates(context: typer.Context) -> None:
    """Find files with the very same sound, and the same recording in other encodings. Nothing is deleted."""
    from pemr_desktop.library.opening import open_library

    command: CommandContext = context.obj
    with open_library(command.library) as library:
        groups = library.find_duplicates()
        for group in groups:
            rows = library.read(queries.rows, group)
            command.out.print(Text(one_line(f"{rows[0].artist or '?'}: {rows[0].title}"), style="bold"))
            for row in rows:
                length_s = round(row.duration_s or 0)
                command.out.print(f"  {length_s // 60}:{length_s % 60:02}  {row.format}  {one_line(row.location)}")
    command.err.print(f"{counted(len(groups), 'group')} of duplicates." if groups else "There are no duplicates.")


def doctor(
    context: typer.Context,
    repair: Annotated[
        bool, typer.Option("--repair", help="Keep a copy of the library, then build its indexes and counts anew.")
    ] = False,
) -> None:
    """Check the installation and the library. Exit code 1 when something is wrong. Only --repair changes anything."""
    from pemr_desktop.library.opening import open_library
    from pemr_desktop.library.upkeep.integrity import doctor as check

    command: CommandContext = context.obj
    command.out.print(f"PEMR Desktop {__version__}, Python {platform.python_version()}, {platform.platform()}")
    command.out.print(", ".join(f"{name} {_installed(name)}" for name in LIBRARIES))
    command.out.print(f"Settings {command.paths.settings_file}\nLibrary {command.library}\nLogs {command.paths.log}")
    faults = 0
    model = command.model or bundled_model()
    if model is None or not model.is_file():
        sentence = "No model is installed: music cannot be listened to. Install PEMR Desktop again."
        command.out.print(Text.assemble(("fault ", "red"), sentence))
        faults += 1
    else:
        sentence = f"The model {one_line(model.name)} is there ({model.stat().st_size / 1e6:.1f} MB)."
        command.out.print(Text.assemble(("ok ", "green"), sentence))
    command.out.print(_training_installed())
    colours = {"ok": "green", "note": "yellow", "fault": "red"}
    try:
        findings = check(command.library)
        if repair:
            with open_library(command.library) as library:
                findings = [*library.repair(), *check(command.library)]
    except PemrDesktopError as error:
        command.out.print(Text.assemble(("fault ", "red"), str(error)))
        raise typer.Exit(1) from error
    for finding in findings:
        command.out.print(Text.assemble((finding.severity + " ", colours[finding.severity]), finding.sentence))
        faults += finding.severity == "fault"
    if faults:
        raise typer.Exit(1)


def _training_installed() -> Text:
    """Whether the extra `training` is there. Nothing else needs it, so its absence is no fault."""
    library = missing_library()
    if library is None:
        return Text.assemble(("ok ", "green"), f"Training is installed (torch {_installed('torch')}).")
    return Text.assemble(("note ", "yellow"), f"{TrainingNotInstalled(library)}. Everything else works without.")


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"
