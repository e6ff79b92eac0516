"""Opening the window, or saying why that is not possible here."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from pemr_desktop.commands.context import CommandContext
from pemr_desktop.demo_music import demo_folder

NO_DISPLAY = """There is no display here, so the window cannot be opened. Every job runs in the terminal too:
  pemr-desktop scan ~/Music     take a folder into the library
  pemr-desktop analyse          listen to it
  pemr-desktop tags             see what is suggested
  pemr-desktop --help           all commands"""


def window(
    context: typer.Context,
    folders: Annotated[list[Path] | None, typer.Argument(help="Folders to add to the library, files to play.")] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Add the demo music.")] = False,
) -> None:
    """Open the window."""
    command: CommandContext = context.obj
    wanted = [folder.expanduser().absolute() for folder in folders or []]
    if demo:
        wanted.append(demo_folder(command.paths))
    raise typer.Exit(open_window(wanted))


def open_window(folders: list[Path]) -> int:
    """Run the window until it is closed; its exit code. 1 when there is no display."""
    if not has_display(os.environ, sys.platform):
        print(NO_DISPLAY, file=sys.stderr)
        return 1
    from pemr_desktop.app import main

    return main([str(folder) for folder in folders])


def has_display(environ: Mapping[str, str], platform: str) -> bool:
    """Whether a window can appear. On Linux: an X or Wayland display, or a Qt platform that needs none."""
    if platform in ("win32", "darwin"):
        return True
    return any(environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))
