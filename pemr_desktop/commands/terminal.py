"""What a command says, safe for the terminal: names come from untrusted files, and a terminal obeys what it is sent."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from pemr_desktop.commands.clean_text import clean


class Terminal(Console):
    """The one console of all commands. It knows no markup, and cleans whatever is drawn: lines, tables, progress."""

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, soft_wrap=True, highlight=False, markup=False, emoji=False)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """The pieces of a renderable; those that are commands of the console itself stay."""
        for segment in super().render(renderable, options):
            yield segment if segment.is_control else Segment(clean(segment.text), segment.style)
