"""How a run looks in a terminal, and how its events are kept beside it."""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from pemr import events

log = logging.getLogger(__name__)


class Display:
    """A listener that draws a progress bar with the losses, and prints the rest as lines."""

    def __init__(self) -> None:
        self.console = Console()
        self.progress = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"), console=self.console,
        )  # fmt: skip
        self.task: TaskID | None = None
        self.floors: dict[str, float] = {}

    def __call__(self, event: events.AnyEvent) -> None:
        match event:
            case events.Preparing():
                self._show(event.doing, event.done, event.total, f"{event.skipped} skipped")
            case events.Started():
                self.floors = event.floors
                self.end()
                self._say(
                    f"{event.recipe}: {event.tracks} tracks, {event.clips} clips, {event.held_out_tracks} tracks held "
                    f"out, {event.skipped_files} files skipped; {event.parameters:,} parameters; "
                    f"{event.steps_per_epoch} steps an epoch"
                    + (f"; goes on at step {event.step}" if event.step else "")
                )
            case events.Step():
                losses = "  ".join(f"{name} {self._with_floor(name, value)}" for name, value in event.losses.items())
                rate = f"{event.samples_per_second:.1f}/s, waits {event.data_wait:.0%}"
                self._show(f"epoch {event.epoch + 1}", event.step, event.steps, f"{losses}  {rate}")
            case events.Probe():
                self._say(f"step {event.step}: {event.name} {event.value:.3f} (chance {event.chance:.3f})")
            case events.CheckpointSaved():
                self._say(f"step {event.step}: saved {event.path}")
            case events.Warned():
                self._say(f"[yellow]{event.message}[/]")
            case events.Measured():
                self.end()
            case events.Finished():
                self.end()
                self._say(f"{event.reason} at step {event.step}, {_hours(event)}: {event.checkpoint}")
            case events.Failed():
                self.end()

    def _with_floor(self, name: str, value: float) -> str:
        return f"{value:.3f} (floor {self.floors[name]:.2f})" if name in self.floors else f"{value:.3f}"

    def _show(self, description: str, done: int, total: int, note: str) -> None:
        if self.task is None:
            self.task = self.progress.add_task(description, total=total, note=note)
            self.progress.start()
        self.progress.update(self.task, description=description, completed=done, total=total, note=note)

    def _say(self, text: str) -> None:
        self.console.print(text, highlight=False)

    def end(self) -> None:
        """Take the progress bar away."""
        if self.task is not None:
            self.progress.stop()
            self.progress.remove_task(self.task)
            self.task = None


def _hours(event: events.Finished) -> str:
    before = f", those before step {event.processor_hours_from} not counted" if event.processor_hours_from else ""
    return f"{event.hours:.2f} h in all ({event.processor_hours:.2f} h of the processor{before})"


def both(first: events.Listener, second: events.Listener) -> events.Listener:
    """A listener that tells two others."""

    def tell(event: events.AnyEvent) -> None:
        first(event)
        second(event)

    return tell


def wide_console() -> Console:
    """A log file has no width of its own; a table there is not to be broken up."""
    console = Console()
    return console if console.is_terminal else Console(width=180)


@contextmanager
def section(title: str, run_folder: Path) -> Iterator[events.Listener]:
    """One of several runs that follow each other: a line with its title, then its events, which its folder keeps."""
    display = Display()
    display.console.rule(title)
    try:
        with tee(display, run_folder / "events.jsonl") as both:
            yield both
    finally:
        display.end()


@contextmanager
def tee(listener: events.Listener, path: Path) -> Iterator[events.Listener]:
    """Pass events on and append them to a file, from which the curves of a run are drawn later."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # without a buffer: nothing of what a full disk refused may be left to write, and to fail again, when it is closed
    with path.open("ab", buffering=0) as file:
        writes = True

        def pass_on(event: events.AnyEvent) -> None:
            nonlocal writes
            if writes:
                try:
                    _append(file, events.as_line(event))
                except OSError as error:
                    log.warning("%s is no longer written (%s); the run goes on", path, error)
                    writes = False
            listener(event)

        yield pass_on


def _append(file: FileIO, line: bytes) -> None:
    """The whole line or nothing."""
    end = file.seek(0, os.SEEK_END)
    try:
        if file.write(line) < len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    except OSError:
        file.truncate(end)
        raise
