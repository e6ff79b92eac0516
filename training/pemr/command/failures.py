"""How a command fails: one line for a person, one event for a program."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from pemr import events
from pemr.errors import PemrError
from pemr.training_extra import missing_libraries_explained


@contextmanager
def failures_as_events(as_events: bool) -> Iterator[None]:
    """With `as_events` an error a person can act on becomes a `Failed` event and exit code 1; else it passes."""
    try:
        with missing_libraries_explained():
            yield
    except PemrError as error:
        if not as_events:
            raise
        events.json_lines()(events.Failed(type(error).__name__, str(error)))
        raise typer.Exit(1) from error
