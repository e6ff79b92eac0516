"""Saying the version or what can be done loads nothing heavy, in either command."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pemr import __version__ as pemr_version
from pemr.command import Commands as TrainCommands
from pemr.lazy_commands import LazyGroup
from pemr_desktop import __version__
from pemr_desktop.commands.application import Commands as DesktopCommands

HEAVY = {"PySide6", "av", "faiss", "lightning", "mutagen", "numpy", "soxr", "torch"}
MODULES = {"pemr-desktop": "pemr_desktop", "pemr-train": "pemr.command"}
GROUPS = {"pemr-desktop": DesktopCommands, "pemr-train": TrainCommands}
VERSIONS = {"pemr-desktop": __version__, "pemr-train": pemr_version}


def started(command: str, *arguments: str) -> tuple[str, set[str]]:
    """What a command says in a Python of its own, and the heavy modules it has loaded at its end."""
    code = (
        "import atexit, runpy, sys\n"
        f"atexit.register(lambda: print(*sorted({HEAVY!r} & set(sys.modules)), file=sys.stderr))\n"
        f"sys.argv = [{command!r}, *{arguments!r}]\n"
        f"runpy.run_module({MODULES[command]!r}, run_name='__main__', alter_sys=True)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout, set(done.stderr.split())


@pytest.mark.parametrize("option", ["--version", "-V"])
@pytest.mark.parametrize("command", MODULES)
def test_the_version_is_said_and_nothing_heavy_loaded(command: str, option: str, tmp_path: Path) -> None:
    said, loaded = started(command, option)
    assert said == f"{command} {VERSIONS[command]}\n"
    assert loaded == set()


@pytest.mark.parametrize("option", ["--help", "-h"])
@pytest.mark.parametrize("command", MODULES)
def test_help_lists_every_command_and_loads_nothing_heavy(command: str, option: str) -> None:
    said, loaded = started(command, option)
    shown = [name for name, lazy in GROUPS[command].lazy_commands.items() if not lazy.hidden]
    assert [line.split()[0] for line in said.split("Commands:\n")[1].splitlines() if line[2:3].strip()] == shown
    assert loaded == set()


@pytest.mark.parametrize("name", TrainCommands.lazy_commands)
def test_help_of_a_subcommand_of_training_loads_nothing_heavy(name: str) -> None:
    said, loaded = started("pemr-train", name, "--help")
    assert "Usage:" in said and "--help" in said
    assert loaded == set()


@pytest.mark.parametrize(
    ("group", "name"), [(group, name) for group in GROUPS.values() for name in group.lazy_commands]
)
def test_the_line_in_the_list_is_how_the_help_of_the_command_begins(group: type[LazyGroup], name: str) -> None:
    lazy = group.lazy_commands[name]
    command: Any = lazy.load(group.package, name)
    assert command.name == name
    assert " ".join(command.help.split()).startswith(lazy.help)
