"""The user's own edits, in the terminal: set, add and remove values, as a plan first and written only when asked to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from pemr_desktop.commands.place import Place, chosen_tracks
from pemr_desktop.commands.tagging import Apply, Links, checked_links, plan_and_write
from pemr_desktop.errors import JobRefused
from pemr_desktop.protocol.messages import PlanEdits


def edit(
    context: typer.Context,
    tracks: Annotated[list[str], typer.Argument(help="Track numbers, files, folders or a query.")],
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="field=value: these values and no others; “field=” empties it.")
    ] = None,
    add: Annotated[list[str] | None, typer.Option(help="field=value: put behind what is there.")] = None,
    remove: Annotated[
        list[str] | None, typer.Option(help="field=value: take out; the field alone: take out all of it.")
    ] = None,
    apply: Apply = False,
    hard_links: Links = "refuse",
) -> None:
    """Change tags by hand; without --apply only show what would change. Each option may be given several times."""
    place: Place = context.obj
    links = checked_links(hard_links)
    setting = _values(set_ or [])
    adding = _values(add or [])
    removing = _values(remove or [], alone=True)
    if not (setting or adding or removing):
        raise JobRefused("Say what to change, for example: --set genre=Jazz --add mood=calm --remove grouping.")
    with place.reader() as conn:
        ids = chosen_tracks(conn, tracks)
    request = PlanEdits(dict.fromkeys(ids, setting), links, add=adding, remove=removing)
    plan_and_write(place, request, links, apply=apply)


def _values(words: Sequence[str], *, alone: bool = False) -> dict[str, tuple[str, ...]]:
    """“genre=Jazz”, “genre=Modal” -> {"genre": ("Jazz", "Modal")}. `alone`: a field may stand without a value."""
    found: dict[str, list[str]] = {}
    for word in words:
        field, equals, value = word.partition("=")
        field = field.strip().lower()
        if not field or not (equals or alone):
            raise JobRefused(f"“{word}” is not of the form field=value.")
        values = found.setdefault(field, [])
        if value.strip():
            values.append(value.strip())
    return {field: tuple(values) for field, values in found.items()}
