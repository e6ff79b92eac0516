"""What was written and how to take it back: by batch, by file, by day."""

from __future__ import annotations

import sqlite3
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, cast

import typer
from rich.table import Table
from rich.text import Text

from pemr_desktop.commands.clean_text import one_line
from pemr_desktop.commands.context import CommandContext, Jobs
from pemr_desktop.commands.tags import changes_text, print_refused
from pemr_desktop.errors import JobRefused
from pemr_desktop.library import queries
from pemr_desktop.library.browsing import NO_LIMIT, file_entries, is_open_write
from pemr_desktop.library.paths import encode, show
from pemr_desktop.library.rows import JournalBatch, JournalEntry
from pemr_desktop.library.writing.plan import WriteOptions
from pemr_desktop.library.writing.undo_plan import files_to_undo, plan_undo
from pemr_desktop.protocol.messages import Undo
from pemr_desktop.protocol.results import WriteResult
from pemr_desktop.refusals import Refusal, said
from pemr_desktop.tagfiles.errors import readable

OfFile = Annotated[Path | None, typer.Option("--file", help="Only this file.", show_default=False)]
OfDay = Annotated[
    datetime | None, typer.Option("--day", formats=["%Y-%m-%d"], help="Only this day.", show_default=False)
]


def undo(
    context: typer.Context,
    batch: Annotated[int | None, typer.Argument(help="Number of the batch. None: the latest one.")] = None,
    file: OfFile = None,
    day: OfDay = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be brought back.")] = False,
) -> None:
    """Bring back the tags that a write has changed: a batch, or all that was done to a file or on a day."""
    command: CommandContext = context.obj
    with command.reader() as conn:
        wanted = _to_undo(conn, batch, file, day)
        if wanted and dry_run:
            _show_undo(command, conn, wanted)
            return
    if not wanted:
        raise JobRefused("nothing to undo")
    refused: dict[str, Refusal] = {}
    with command.worker() as jobs:
        for request in wanted:
            refused |= _undo_one(command, jobs, request)
    if refused:
        raise typer.Exit(1)


def _undo_one(command: CommandContext, jobs: Jobs, request: Undo) -> dict[str, Refusal]:
    result = cast("WriteResult", jobs.run(request, "Undoing"))
    print_refused(command, result.refused)
    return result.refused


def _show_undo(command: CommandContext, conn: sqlite3.Connection, wanted: list[Undo]) -> None:
    """What would become of each file as it is now; where a file is named twice, the second starts from the first."""
    options = WriteOptions(keep_times=command.settings.tags.keep_times)
    for request in wanted:
        files = files_to_undo(conn, request.batch_id, request.entry_ids)
        ready, refused = plan_undo(files, options)
        for _, undoing in ready:
            command.out.print(Text(one_line(show(encode(undoing.path))), style="bold"))
            command.out.print(changes_text(undoing.changes), end="")
            if undoing.left_alone is not None:
                command.out.print(Text(f"  {said(undoing.left_alone)}", style="yellow"))
        print_refused(command, refused)
    command.err.print("Nothing was changed. Leave out --dry-run to bring it back.")


def _to_undo(conn: sqlite3.Connection, batch: int | None, file: Path | None, day: datetime | None) -> list[Undo]:
    """What to take back, newest first, so that each step finds the file as it left it."""
    if file is not None:
        entries = [entry for entry in _of_file(conn, file) if _is_open(conn, entry)]
        chosen = [entry for entry in entries if batch in (None, entry.batch_id) and _is_on(entry.updated_at, day)]
        return [Undo(entry.batch_id, (entry.id,)) for entry in chosen]
    if batch is not None:
        return [Undo(batch)]
    if day is not None:
        return [Undo(row.id) for row in queries.open_writes_of_day(conn, day.date())]
    newest = next((row for row in queries.history(conn, NO_LIMIT) if is_open_write(row)), None)
    return [] if newest is None else [Undo(newest.id)]


def _is_open(conn: sqlite3.Connection, entry: JournalEntry) -> bool:
    """Whether it is a write that happened and was not taken back."""
    if entry.state != "done" or entry.undone:
        return False
    (operation,) = conn.execute("SELECT operation FROM journal_batches WHERE id = ?", (entry.batch_id,)).fetchone()
    return bool(operation == "write")


def history(
    context: typer.Context,
    batch: Annotated[int | None, typer.Argument(help="Show the files of one batch.")] = None,
    file: OfFile = None,
    day: OfDay = None,
) -> None:
    """List what was written and undone, newest first: all of it, or of a batch, a file, a day."""
    command: CommandContext = context.obj
    with command.reader() as conn:
        if batch is not None or file is not None:
            entries = _of_file(conn, file) if file is not None else queries.batch_entries(conn, cast("int", batch))
            for entry in entries:
                if batch in (None, entry.batch_id) and _is_on(entry.updated_at, day):
                    _print_entry(command, entry)
            return
        table = Table("batch", "when", "what", "files", "state")
        for row in _batches(conn, day):
            ended = "undone" if row.undone else f"{row.failed_count} failed" if row.failed_count else "done"
            table.add_row(str(row.id), _when(row.started_at), row.summary or row.operation, str(row.done_count), ended)
    command.out.print(table)


def _print_entry(command: CommandContext, entry: JournalEntry) -> None:
    state: str = "undone" if entry.undone else entry.state
    command.out.print(
        Text(
            f"{one_line(entry.location)} (batch {entry.batch_id}, {_when(entry.updated_at)}, {state}"
            f"{': ' + entry.reason if entry.reason else ''})"
        )
    )
    command.out.print(changes_text(entry.changes))


def _of_file(conn: sqlite3.Connection, file: Path) -> list[JournalEntry]:
    found = file_entries(conn, file.expanduser().absolute())
    if not found:
        raise JobRefused("never written", path=readable(file))
    return found


def _batches(conn: sqlite3.Connection, day: datetime | None) -> list[JournalBatch]:
    return queries.history(conn) if day is None else queries.history_of_day(conn, day.date())


def _is_on(moment: float, day: datetime | None) -> bool:
    return day is None or date.fromtimestamp(moment) == day.date()


def _when(moment: float) -> str:
    return datetime.fromtimestamp(moment).strftime("%Y-%m-%d %H:%M")
