"""Settings, shown and changed."""

from __future__ import annotations

import tomllib
from typing import Annotated

import typer
from rich.text import Text

from pemr_desktop.commands.context import CommandContext
from pemr_desktop.settings import SETTINGS
from pemr_desktop.settings_file import SettingsStore


def settings(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="Such as tags.write_mode.")] = None,
    value: Annotated[str | None, typer.Argument(help="The new value, as in TOML; text needs no quotes.")] = None,
) -> None:
    """Show settings, or change one."""
    command: CommandContext = context.obj
    store = SettingsStore(command.paths.settings_file)
    if name is not None and value is not None:
        store.set(name, _value(value))
        return
    for setting in SETTINGS:
        if name is None or setting.name == name:
            command.out.print(Text(f"{setting.name} = {store.current.value(setting.name)!r}", style="bold"))
            command.out.print(Text(f"  {setting.label}. {setting.help}", style="dim"))
    if name is not None:
        store.current.value(name)


def _value(text: str) -> object:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
