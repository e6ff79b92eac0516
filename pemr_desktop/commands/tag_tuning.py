"""Tags tuned to the library's own music, from a terminal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, cast

import typer

from pemr_desktop.commands.context import CommandContext
from pemr_desktop.errors import JobRefused
from pemr_desktop.protocol.messages import TuneTags, UntuneTags
from pemr_desktop.protocol.results import TagFigures, TagTuningResult, TunedTag
from pemr_desktop.protocol.sentences import tag_reason
from pemr_desktop.sentences import counted


def tune(
    context: typer.Context,
    undo: Annotated[bool, typer.Option("--undo", help="Back to the tags as they were shipped.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change; change no tag.")] = False,
    teach_only: Annotated[
        bool, typer.Option("--teach-only", help="Learn from your single answers and file tags only; the teacher rests.")
    ] = False,
    all_tags: Annotated[bool, typer.Option("--all", help="Also list the tags that stay as they are.")] = False,
) -> None:
    """Tune the suggested tags to your music. A tag changes only where it gets better on albums it was not fitted on."""
    command: CommandContext = context.obj
    if undo and (dry_run or teach_only):
        raise JobRefused("undo goes alone")
    if undo:
        command.run(UntuneTags(), "Going back")
        return
    result = cast("TagTuningResult", command.run(TuneTags(not teach_only, dry_run), "Tuning"))
    command.err.print(
        f"Learned from {counted(result.tracks, 'track')} of {counted(result.albums, 'album')}; the teacher listened to "
        f"{result.listened:,} of them now, fitting took {result.fit_s:.1f} s."
    )
    shown = [tag for tag in result.tags if all_tags or tag.change != "kept"]
    if not shown:
        return
    for tag in sorted(shown, key=lambda tag: (tag.change == "kept", tag.group, tag.name)):
        command.out.print(_line(tag))
    if result.in_use:
        command.err.print("To go back: pemr-desktop tune --undo")


def _line(tag: TunedTag) -> str:
    """One tag in words: what happened and why, and its figures before and after on albums that were kept aside."""
    happened = f"{tag.change}, {reason}" if (reason := tag_reason(tag)) else tag.change
    figures = (
        ("right", _both(tag, _right)),
        ("found", _both(tag, _found)),
        ("tells apart", _both(tag, _tells_apart)),
    )
    judge = "you" if tag.judged_by == "you" else "the teacher"
    return f"{tag.name} ({happened}): {'; '.join(f'{name} {value}' for name, value in figures)}; judged by {judge}"


def _both(tag: TunedTag, words: Callable[[TagFigures], str]) -> str:
    before, after = words(tag.before), words(tag.after)
    return after if before == after else f"{before} -> {after}"


def _tells_apart(figures: TagFigures) -> str:
    return "–" if figures.tells_apart is None else f"{figures.tells_apart:.0%}"


def _right(figures: TagFigures) -> str:
    return f"{figures.right} of {figures.shown} suggestions" if figures.shown else "no suggestions"


def _found(figures: TagFigures) -> str:
    return f"{figures.right} of {figures.positives} tracks that have it"
