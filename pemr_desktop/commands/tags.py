"""Suggestions and what becomes of them: look, accept, reject, write, undo."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, cast

import typer
from rich.table import Table
from rich.text import Text

from pemr_desktop.commands.clean_text import one_line
from pemr_desktop.commands.context import CommandContext, chosen_tracks
from pemr_desktop.commands.library import Tracks
from pemr_desktop.errors import JobRefused
from pemr_desktop.library import queries
from pemr_desktop.library.rows import TrackRow
from pemr_desktop.library.writing.choice import choosable, chosen_plans
from pemr_desktop.library.writing.note import PROVENANCE
from pemr_desktop.protocol.messages import AcceptAbove, ApplyWrites, Decide, PlanEdits, PlanRecoding, PlanWrites
from pemr_desktop.protocol.results import PlanResult, WriteResult
from pemr_desktop.refusals import Refusal, said
from pemr_desktop.tagfiles.plan import FilePlan, HardLinks

ROWS_AT_A_TIME = 200

OnlyTags = Annotated[list[str], typer.Option("--tag", help="Only these tags; may be given several times.")]

Links = Annotated[str, typer.Option(help="Files with several names: refuse, break, or 'in place'.")]
Apply = Annotated[bool, typer.Option("--apply", help="Write. Without it, only show what would change.")]
Only = Annotated[
    list[str] | None, typer.Option("--only", help="Only changes of this field; may be given several times.")
]
Except = Annotated[
    list[str] | None, typer.Option("--except", help="No change of this field; may be given several times.")
]


def tags(
    context: typer.Context,
    tracks: Tracks = None,
    accept_above: Annotated[
        float | None, typer.Option(help="Accept suggestions at least this likely (0 to 1).", min=0.0, max=1.0)
    ] = None,
) -> None:
    """Show what the ear suggests, most likely first; or accept what is sure enough.

    What is accepted by its probability takes the model's word, and teaches the tags nothing.
    """
    command: CommandContext = context.obj
    with command.reader() as conn:
        ids = chosen_tracks(conn, tracks or [])
    if accept_above is not None:
        command.run(AcceptAbove(accept_above, ids if tracks else ()), "Accepting")
    print_suggestions(command, ids)


def accept(context: typer.Context, tracks: Annotated[list[str], typer.Argument()], tag: OnlyTags) -> None:
    """Accept suggested tags. One tag of one track is an answer that `tune` learns from; many at once are not."""
    _decide(context.obj, tracks, tag, "accepted")


def reject(context: typer.Context, tracks: Annotated[list[str], typer.Argument()], tag: OnlyTags) -> None:
    """Reject suggested tags, so that they are not suggested again."""
    _decide(context.obj, tracks, tag, "rejected")


def write(
    context: typer.Context,
    tracks: Tracks = None,
    only: Only = None,
    except_: Except = None,
    apply: Apply = False,
    hard_links: Links = "refuse",
) -> None:
    """Write accepted tags to files; without --apply only show what would change.

    What --only and --except leave out stays accepted and is offered again.
    """
    command: CommandContext = context.obj
    links = checked_links(hard_links)
    ids: tuple[int, ...] = ()
    if tracks:
        with command.reader() as conn:
            ids = chosen_tracks(conn, tracks)
    plan_and_write(command, PlanWrites(ids, links), links, Choice(only, except_), apply=apply)


@dataclass(frozen=True)
class Choice:
    """Which fields are written: these alone (`only`; none named: all), and none of others (`but`)."""

    only: Sequence[str] | None = None
    but: Sequence[str] | None = None

    def of(self, plans: Sequence[FilePlan]) -> tuple[FilePlan, ...]:
        """The plans with the chosen changes."""
        only, but = ([field.strip().lower() for field in fields or ()] for fields in (self.only, self.but))
        return chosen_plans(plans, only, but)


def plan_and_write(
    command: CommandContext,
    request: PlanWrites | PlanEdits | PlanRecoding,
    links: HardLinks,
    choice: Choice = Choice(),
    *,
    apply: bool,
) -> None:
    """Show word by word what would change, and write it if asked to. Exit code 1 when a file was left untouched."""
    with command.worker() as jobs:
        planned = cast("PlanResult", jobs.run(request, "Preparing"))
        plans = choice.of(planned.plans)
        for plan in plans:
            command.out.print(plan_text(plan))
        _print_left_out(command, planned, plans)
        print_refused(command, planned.refused)
        if not apply:
            if plans:
                command.err.print("Nothing was written. Add --apply to write.")
            return
        refused = dict(planned.refused)
        if plans:
            written = cast("WriteResult", jobs.run(ApplyWrites(plans, links), "Writing"))
            print_refused(command, written.refused)
            refused |= written.refused
            if written.batch_id is not None:
                command.err.print(f"To bring it back: pemr-desktop undo {written.batch_id}")
    if refused:
        raise typer.Exit(1)


def _print_left_out(command: CommandContext, planned: PlanResult, chosen: Sequence[FilePlan]) -> None:
    """What is not written although it was accepted, and what only the note says."""
    noted = Counter(tag for plan in chosen for tag in plan.only_noted if PROVENANCE in _fields(plan))
    if noted:
        names = one_line(", ".join(sorted(noted)))
        command.err.print(f"In the note PEMR_TAGS only, because files have no field for them: {names}.")
    nowhere = Counter(tag for tags in planned.without_field.values() for tag in tags)
    if nowhere:
        names = one_line(", ".join(sorted(nowhere)))
        command.err.print(f"Not written, because files have no field for them: {names}. They stay accepted here.")
    left = sum(len(choosable(plan)) for plan in planned.plans) - sum(len(choosable(plan)) for plan in chosen)
    if left:
        changes = "1 change was" if left == 1 else f"{left} changes were"
        command.err.print(f"{changes} left out and can be written another time.")


def _fields(plan: FilePlan) -> set[str]:
    return {change.field for change in plan.changes}


def checked_links(word: str) -> HardLinks:
    """What to do with files that have several names. Raises `JobRefused` for an unknown word."""
    if word not in ("refuse", "break", "in place"):
        raise JobRefused("hard links choice")
    return cast("HardLinks", word)


def print_suggestions(command: CommandContext, ids: tuple[int, ...]) -> None:
    """One line a track: number, artist and title, what its file says, what is suggested."""
    table = Table("track", "artist – title", "genre and mood in the file", "suggested", box=None, pad_edge=False)
    with command.reader() as conn:
        for start in range(0, len(ids), ROWS_AT_A_TIME):
            for row in queries.rows(conn, ids[start : start + ROWS_AT_A_TIME]):
                own = ", ".join((*row.genres, *row.moods))
                table.add_row(str(row.id), Text(named(row)), Text(one_line(own)), Text(_suggested(row)))
    command.out.print(table)


def named(row: TrackRow) -> str:
    """Artist and title, or the file name where the file does not say."""
    title = row.title or row.location.rsplit("/", 1)[-1]
    return one_line(f"{row.artist} – {title}" if row.artist else title)


def plan_text(plan: FilePlan) -> Text:
    """What would change in one file, word by word: - before, + after."""
    text = Text(one_line(plan.path.decode("utf-8", "replace")), style="bold")
    text.append("\n")
    text.append_text(changes_text(plan.changes))
    for warning in plan.warnings:
        text.append(f"  {said(warning)}\n", style="yellow")
    return text


def changes_text(changes: tuple[object, ...]) -> Text:
    text = Text()
    for change in changes:
        before, after = list(change.before), list(change.after)  # type: ignore[attr-defined]
        text.append(f"  {change.field}: ", style="dim")  # type: ignore[attr-defined]
        for value in before:
            text.append(one_line(value if value in after else f"-{value}"), style="" if value in after else "red")
            text.append("; ")
        for value in after:
            if value not in before:
                text.append(one_line(f"+{value}"), style="green")
                text.append("; ")
        text.right_crop(2)
        text.append("\n")
    return text


def _suggested(row: TrackRow) -> str:
    return ", ".join(
        f"{suggestion.tag} {suggestion.probability:.0%}{' ✓' if suggestion.decision == 'accepted' else ''}"
        for suggestion in row.suggestions
    )


def _decide(
    command: CommandContext, words: list[str], wanted: list[str], decision: Literal["accepted", "rejected"]
) -> None:
    with command.reader() as conn:
        ids = chosen_tracks(conn, words)
    command.run(Decide(ids, tuple(wanted), decision), "Noting")


def print_refused(command: CommandContext, refused: dict[str, Refusal]) -> None:
    for location, why in refused.items():
        command.err.print(f"Left untouched: {one_line(location)}: {one_line(said(why))}")


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
    only: Only = None,
    except_: Except = None,
    apply: Apply = False,
    hard_links: Links = "refuse",
) -> None:
    """Change tags by hand; without --apply only show what would change. Each option may be given several times."""
    command: CommandContext = context.obj
    links = checked_links(hard_links)
    setting = _values(set_ or [])
    adding = _values(add or [])
    removing = _values(remove or [], alone=True)
    if not (setting or adding or removing):
        raise JobRefused("no change named")
    with command.reader() as conn:
        ids = chosen_tracks(conn, tracks)
    request = PlanEdits(dict.fromkeys(ids, setting), links, add=adding, remove=removing)
    plan_and_write(command, request, links, Choice(only, except_), apply=apply)


def _values(words: Sequence[str], *, alone: bool = False) -> dict[str, tuple[str, ...]]:
    """“genre=Jazz”, “genre=Modal” -> {"genre": ("Jazz", "Modal")}. `alone`: a field may stand without a value."""
    found: dict[str, list[str]] = {}
    for word in words:
        field, equals, value = word.partition("=")
        field = field.strip().lower()
        if not field or not (equals or alone):
            raise JobRefused("not field=value", word=word)
        values = found.setdefault(field, [])
        if value.strip():
            values.append(value.strip())
    return {field: tuple(values) for field, values in found.items()}
