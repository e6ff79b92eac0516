"""What a command works with: which library, which settings, and how it talks to the person at the terminal."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from pemr.pending_writes.notes import note_in
from pemr_desktop.commands.terminal import Terminal
from pemr_desktop.errors import JobRefused
from pemr_desktop.jobs.session import WorkerSession
from pemr_desktop.library import queries
from pemr_desktop.library.database.reader import open_reader
from pemr_desktop.library.errors import QueryError
from pemr_desktop.library.views import View
from pemr_desktop.paths import HOME_VARIABLE, Paths, below, find_paths
from pemr_desktop.protocol.messages import Progress as ProgressEvent
from pemr_desktop.protocol.messages import Request
from pemr_desktop.protocol.sentences import doing, ending, recovery_sentence
from pemr_desktop.refusals import said
from pemr_desktop.settings import Settings, library_file
from pemr_desktop.settings_file import load
from pemr_desktop.tagfiles.errors import readable


@dataclass
class CommandContext:
    """One library with its settings. Output goes to `out`, progress and remarks to `err`."""

    paths: Paths
    library: Path
    settings: Settings
    model: Path | None = None
    out: Terminal = field(default_factory=Terminal)
    err: Terminal = field(default_factory=lambda: Terminal(stderr=True))

    @contextmanager
    def reader(self) -> Iterator[sqlite3.Connection]:
        """A connection that can only read. Raises `LibraryError` when there is no library."""
        connection = open_reader(self.library)
        try:
            yield connection
        finally:
            connection.close()

    @contextmanager
    def worker(self) -> Iterator[Jobs]:
        """A worker process for as long as the block lasts."""
        with WorkerSession(self.library, self.model) as session:
            if session.ready and session.ready.recovery is not None:
                self.err.print(recovery_sentence(session.ready.recovery))
            yield Jobs(session, self.err)

    def run(self, request: Request, title: str) -> msgspec.Struct | None:
        """Do one job in a worker of its own, and what the settings want after it; say how it ended."""
        with self.worker() as jobs:
            result = jobs.run(request, title)
            jobs.run_what_follows()
            return result


@dataclass
class Jobs:
    """Jobs in one worker, each with a progress line."""

    session: WorkerSession
    err: Terminal
    _then: Request | None = None

    def run(self, request: Request, title: str) -> msgspec.Struct | None:
        """Do one job, say how it ended, and return its result. Raises `PemrDesktopError`."""
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=self.err, transient=True, disable=not self.err.is_terminal) as bar:
            line = bar.add_task(title, total=None)

            def show(event: ProgressEvent) -> None:
                bar.update(line, completed=event.done, total=event.total or None, description=doing(event.step))

            ended, result = self.session.run(request, title, show)
        self.err.print(ending(request, ended, result))
        self._then = ended.then
        return result

    def run_what_follows(self) -> None:
        """Do what the settings want after the last job, as listening to what a scan has found."""
        while self._then is not None:
            self.run(self._then, "Going on")


def command_context(home: Path | None, library: Path | None, model: Path | None) -> CommandContext:
    """The library that was asked for, or the user's own. A home also holds for the processes that are started."""
    if home is not None:
        os.environ[HOME_VARIABLE] = str(home.expanduser().absolute())
        paths = below(home.expanduser().absolute())
    else:
        paths = find_paths()
    paths.create()
    note_in(paths.pending_writes_dir)
    settings, messages = load(paths.settings_file)
    command = CommandContext(paths, library or library_file(settings, paths), settings, model)
    for message in messages:
        command.err.print(said(message))
    return command


def chosen_tracks(conn: sqlite3.Connection, words: Sequence[str]) -> tuple[int, ...]:
    """Track ids for what was typed: numbers, files, folders, or a query line. Nothing typed: all tracks.

    Raises `JobRefused` when nothing fits, or the query line is wrong.
    """
    if words and all(word.isdigit() for word in words):
        return tuple(int(word) for word in words)
    chosen: dict[int, None] = {}
    rest: list[str] = []
    for word in words:
        path = Path(word).expanduser().absolute()
        if path.is_dir():
            chosen |= dict.fromkeys(queries.track_ids(conn, view=View("folder", os.fsencode(path)), sort="path"))
        elif path.exists():
            known = queries.find_track(conn, path)
            if known is None:
                raise JobRefused("path not in library", path=readable(path))
            chosen[known] = None
        else:
            rest.append(word)
    if rest or not words:
        chosen |= dict.fromkeys(_answering(conn, " ".join(rest)))
    if not chosen:
        raise JobRefused("no track fits" if words else "library empty")
    return tuple(chosen)


def _answering(conn: sqlite3.Connection, line: str) -> Sequence[int]:
    """Tracks that answer a query line. Raises `JobRefused`, which points at the characters that are wrong."""
    try:
        return queries.track_ids(conn, line)
    except QueryError as error:
        marks = " " * error.position + "^" * max(1, min(error.length, len(line) - error.position))
        raise JobRefused("query wrong", reason=error.refusal, line=line, marks=marks) from error
