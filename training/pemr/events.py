"""What a training run reports, one struct an event, written as JSON Lines for the program that started it."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import TextIO

import msgspec


def _tag(class_name: str) -> str:
    """CheckpointSaved -> checkpoint_saved."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", class_name).lower()


class Event(msgspec.Struct, frozen=True, tag_field="event", tag=_tag):
    """The base of all events."""


class Preparing(Event, frozen=True):
    """Decoding into the cache, or `doing` something else: `done` of `total` files, `skipped` of them unreadable."""

    done: int
    total: int
    skipped: int
    doing: str = "decoding"


class Started(Event, frozen=True):
    """The run begins, or goes on from `step`."""

    run_dir: str
    recipe: str
    method: str
    tracks: int
    clips: int
    held_out_tracks: int
    skipped_files: int
    step: int
    steps: int
    steps_per_epoch: int
    batch_size: int
    parameters: int
    segment_frames: int
    precision: str
    floors: dict[str, float]
    processes: int = 1


class Step(Event, frozen=True):
    """One optimiser step.

    `data_wait` is the share of its time spent waiting for samples, `memory_bytes` what the process holds, `hours` and
    `processor_hours` what the run took up to here, see `Finished`.
    """

    step: int
    steps: int
    epoch: int
    losses: dict[str, float]
    samples_per_second: float
    seconds_left: float
    data_wait: float
    memory_bytes: int = 0
    hours: float = 0.0
    processor_hours: float = 0.0


class Probe(Event, frozen=True):
    """A measure of the encoder as it is now: `name`, `value`, and what chance would give."""

    step: int
    name: str
    value: float
    chance: float


class CheckpointSaved(Event, frozen=True):
    """`kind` is latest, best or kept; `bytes` its size, `losses` those of its step."""

    path: str
    step: int
    kind: str
    bytes: int = 0
    losses: dict[str, float] = {}


class Warned(Event, frozen=True):
    message: str


class Finished(Event, frozen=True):
    """The run ended well; `reason` is completed, stopped or time.

    `hours` by the clock, which also runs while the process is stopped or waits; `processor_hours` of all threads of all
    processes, counted from the step `processor_hours_from` on: what a run took before, when it was not counted, is
    not known.
    """

    step: int
    reason: str
    checkpoint: str
    hours: float
    processor_hours: float = 0.0
    processor_hours_from: int = 0


class Failed(Event, frozen=True):
    """The run ended with an error a person can act on; the last checkpoint is untouched."""

    kind: str
    message: str


class TagFigure(msgspec.Struct, frozen=True):
    """One tag on the measured split."""

    name: str
    positives: int
    roc_auc: float
    pr_auc: float


class Measured(Event, frozen=True):
    """What an encoder reaches on the test tracks of a labelled set; intervals (95 %) draw whole artists or albums.

    `split` says which split it is, `protocol` how labels were used; `skipped` tags have no positive or no negative
    test track and are in no mean. `best` is the epoch, step or number of neighbours chosen on validation.
    """

    encoder: str
    data_set: str
    split: str
    protocol: str
    tracks: dict[str, int]
    roc_auc: float
    roc_auc_interval: tuple[float, float]
    pr_auc: float
    pr_auc_interval: tuple[float, float]
    accuracy: float | None
    validation_roc_auc: float
    validation_pr_auc: float
    best: int
    tags: list[TagFigure]
    skipped: list[str]
    notes: list[str]


AnyEvent = Preparing | Started | Step | Probe | CheckpointSaved | Warned | Measured | Finished | Failed
Listener = Callable[[AnyEvent], None]

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)


def as_line(event: AnyEvent) -> bytes:
    """The event as one line of JSON, which `parse` reads."""
    return _encoder.encode(event) + b"\n"


def json_lines(stream: TextIO | None = None) -> Listener:
    """A listener that writes each event as one line of JSON and flushes it."""
    out = sys.stdout if stream is None else stream

    def write(event: AnyEvent) -> None:
        out.write(as_line(event).decode())
        out.flush()

    return write


def parse(line: str | bytes) -> AnyEvent:
    """The event of one line. Raises `msgspec.ValidationError` for anything else."""
    return _decoder.decode(line)
