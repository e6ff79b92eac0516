"""Old code pages: which are likely, what tags would say in one of them, and putting that into Unicode."""

from __future__ import annotations

from typing import Annotated, cast

import typer
from rich.table import Table
from rich.text import Text

from pemr_desktop.commands.clean_text import one_line
from pemr_desktop.commands.context import CommandContext, chosen_tracks
from pemr_desktop.commands.tags import (
    Apply,
    Choice,
    Except,
    Links,
    Only,
    checked_links,
    plan_and_write,
    print_refused,
)
from pemr_desktop.errors import JobRefused
from pemr_desktop.protocol.messages import FindLegacyTexts, PlanRecoding
from pemr_desktop.protocol.results import LegacyTextsResult
from pemr_desktop.tagfiles.code_pages import PAGES, decoded, find_page

SAMPLES = 3
MOST_PAGES = 12


def recode(
    context: typer.Context,
    tracks: Annotated[list[str], typer.Argument(help="Track numbers, files, folders or a query.")],
    from_: Annotated[
        str | None,
        typer.Option("--from", help="The code page of the text, such as cp1251.", show_default=False),
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="Say which code pages are likely, and what they read.")] = False,
    only: Only = None,
    except_: Except = None,
    apply: Apply = False,
    hard_links: Links = "refuse",
) -> None:
    """Put tags in an old code page into Unicode; without --apply only show what would change.

    Text that is in Unicode already keeps its bytes, and so does what cannot be in that page.
    """
    command: CommandContext = context.obj
    links = checked_links(hard_links)
    if from_ is not None and find_page(from_) is None:
        names = ", ".join(page.name for page in PAGES)
        raise JobRefused("code page not known", name=from_, known=names)
    with command.reader() as conn:
        ids = chosen_tracks(conn, tracks)
    if from_ is None or list_:
        _list(command, ids)
        return
    page = find_page(from_)
    assert page is not None
    plan_and_write(command, PlanRecoding(ids, page.name, links), links, Choice(only, except_), apply=apply)


def _list(command: CommandContext, ids: tuple[int, ...]) -> None:
    """The likeliest pages with what some of the texts would say in them."""
    result = cast("LegacyTextsResult", command.run(FindLegacyTexts(ids), "Reading"))
    print_refused(command, result.refused)
    raws = [text.raw for track in result.tracks for text in track.texts]
    samples = list(dict.fromkeys(raws))[:SAMPLES]
    if not samples:
        return
    table = Table("--from", "letters", "likely", "reads")
    for likely in result.pages[:MOST_PAGES]:
        page = find_page(likely.name)
        if page is not None:
            read = " · ".join(decoded(raw, page) or "–" for raw in samples)
            table.add_row(page.name, f"{page.script} ({page.label})", f"{likely.share:.0%}", Text(one_line(read)))
    command.out.print(table)
    command.err.print("Nothing was written. Choose the one that reads right with --from.")
