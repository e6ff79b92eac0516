"""A command line whose subcommands are loaded when they are called for, so that asking for help costs no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar

import typer
from typer.core import TyperGroup
from typer.main import get_command


@dataclass(frozen=True)
class LazyCommand:
    """Where a subcommand is, and its line in the list of all.

    `source` is "module:name", in the package of the group, of the function that does it; or, when `built`, of one that
    makes its `typer.Typer`. `help` is the beginning of what its own `--help` says, here too because the list loads
    nothing.
    """

    source: str
    help: str
    built: bool = False
    hidden: bool = False

    def load(self, package: str, name: str) -> Any:
        """The command itself, called `name`. Imports its module."""
        module, attribute = self.source.split(":")
        function = getattr(import_module(f"{package}.{module}"), attribute)
        if self.built:
            app = function()
        else:
            app = typer.Typer(add_completion=False)
            app.command(name)(function)
        command = get_command(app)
        command.name = name
        return command


class LazyGroup(TyperGroup):
    """A group that lists its subcommands without loading one. Subclasses say which there are."""

    package: ClassVar[str]
    lazy_commands: ClassVar[Mapping[str, LazyCommand]]

    def list_commands(self, ctx: Any) -> list[str]:
        """The names of all subcommands, hidden ones too, in the order of the list."""
        return list(self.lazy_commands)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The subcommand of this name, or None."""
        lazy = self.lazy_commands.get(cmd_name)
        return lazy.load(self.package, cmd_name) if lazy else None

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Plain help: the boxes of Rich would cost more time than all the rest. Subcommands keep them."""
        super(TyperGroup, self).format_help(ctx, formatter)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write a line for each subcommand that is not hidden."""
        shown = [(name, lazy.help) for name, lazy in self.lazy_commands.items() if not lazy.hidden]
        with formatter.section("Commands"):
            formatter.write_dl(shown)
