"""What is known of one training run, built from its events: live ones and those kept in its folder alike."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import msgspec

from pemr import events
from pemr.durable_files import replace_whole
from pemr_desktop.ui.training.curve import Curve

log = logging.getLogger(__name__)

RunState = Literal["new", "preparing", "training", "stopping", "paused", "finished", "failed", "interrupted"]

EVENTS_FILE = "events.jsonl"
REQUEST_FILE = "request.json"
MAX_WARNINGS = 20


class TrainingRequest(msgspec.Struct, frozen=True):
    """What a run was asked to do, kept in its folder so that it can go on. Folders are `os.fsencode(path)`."""

    folders: tuple[bytes, ...]
    recipe: str = "default"
    overrides: tuple[str, ...] = ()
    max_hours: float | None = None

    def arguments(self, run_dir: Path) -> list[str]:
        """Arguments of `pemr-train` for this run; the same ones start it and let it go on."""
        arguments = ["pretrain", *(os.fsdecode(folder) for folder in self.folders)]
        arguments += ["--out", str(run_dir), "--recipe", self.recipe, "--events"]
        for override in self.overrides:
            arguments += ["--set", override]
        if self.max_hours is not None:
            arguments += ["--max-hours", f"{self.max_hours:g}"]
        return arguments


@dataclass
class CheckpointRow:
    """A saved state of the network: `latest` to go on from, `best` by the held-out measure."""

    path: Path
    kind: str
    step: int
    losses: dict[str, float]
    score: float | None
    size: int | None = None


@dataclass
class TrainingRecord:
    """One run. `take` lets it grow by an event; the fields are what the panel shows."""

    folder: Path
    state: RunState = "new"
    request: TrainingRequest | None = None
    started: events.Started | None = None
    preparing: events.Preparing | None = None
    step: events.Step | None = None
    finished: events.Finished | None = None
    failure: str = ""
    losses: dict[str, Curve] = field(default_factory=dict)
    probes: dict[str, Curve] = field(default_factory=dict)
    chances: dict[str, Curve] = field(default_factory=dict)
    checkpoints: dict[Path, CheckpointRow] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    changed_at: float = 0.0
    session_began: float | None = None
    """`time.monotonic()` when this session took its first step; None for a run that is only read back."""

    @property
    def name(self) -> str:
        """How the run is called: the name of its folder."""
        return self.folder.name

    @property
    def can_resume(self) -> bool:
        """True when there is something left to do and a way to ask for it."""
        return self.state in ("paused", "interrupted", "failed") and self.request is not None

    def take(self, event: events.AnyEvent) -> None:
        """Account for one event."""
        match event:
            case events.Preparing():
                self.preparing = event
                self._under_way("preparing")
            case events.Started():
                self.started, self.preparing = event, None
                self._under_way("training")
                self._go_back_to(event.step)
            case events.Step():
                self.step = event
                self._under_way("training")
                for name, value in event.losses.items():
                    self.losses.setdefault(name, Curve(name)).add(event.step, value)
            case events.Probe():
                self.probes.setdefault(event.name, Curve(event.name, smooth=False)).add(event.step, event.value)
                chance = self.chances.setdefault(event.name, Curve(f"{event.name} chance", smooth=False))
                chance.add(event.step, event.chance)
            case events.CheckpointSaved():
                self._saved(event)
            case events.Warned():
                self.warnings = [*self.warnings, event.message][-MAX_WARNINGS:]
            case events.Finished():
                self.finished = event
                self.state = "finished" if event.reason == "completed" else "paused"
            case events.Failed():
                self.state, self.failure = "failed", event.message

    def ended(self) -> None:
        """The process is gone; without a last word it was interrupted."""
        if self.state in ("new", "preparing", "training", "stopping"):
            self.state = "interrupted"

    def sorted_checkpoints(self) -> list[CheckpointRow]:
        """The newest first; of the same step, the best one."""
        return sorted(self.checkpoints.values(), key=lambda row: (-row.step, row.kind))

    def _under_way(self, state: RunState) -> None:
        if self.state != "stopping":
            self.state = state
        self.finished, self.failure = None, ""

    def _go_back_to(self, step: int) -> None:
        for curve in (*self.losses.values(), *self.probes.values(), *self.chances.values()):
            curve.cut_after(step)

    def _saved(self, event: events.CheckpointSaved) -> None:
        scores = next(iter(self.probes.values()), None)
        score = scores.points[-1][1] if scores is not None and scores.points else None
        losses = event.losses or (dict(self.step.losses) if self.step is not None else {})
        path = Path(event.path)
        path = path if path.is_absolute() else self.folder / "checkpoints" / path.name
        self.checkpoints[path] = CheckpointRow(path, event.kind, event.step, losses, score, event.bytes or None)


def read_record(folder: Path) -> TrainingRecord:
    """A run as its folder tells it. Lines that are no events are left out; checkpoints that are gone as well."""
    record = TrainingRecord(folder)
    record.request = _read_request(folder)
    path = folder / EVENTS_FILE
    try:
        with path.open("rb") as file:
            replay(record, file)
        record.changed_at = path.stat().st_mtime
    except OSError as error:
        log.info("%s has no events yet: %s", folder, error)
    record.ended()
    for row in list(record.checkpoints.values()):
        try:
            row.size = row.path.stat().st_size
        except OSError:
            del record.checkpoints[row.path]
    return record


def replay(record: TrainingRecord, lines: Iterable[bytes]) -> None:
    """Let a record grow by kept lines; a half-written last line is left out."""
    for line in lines:
        try:
            record.take(events.parse(line))
        except msgspec.MsgspecError:
            log.debug("Not an event: %r", line[:200])


def read_records(runs_dir: Path) -> list[TrainingRecord]:
    """All runs of a folder, the newest first."""
    if not runs_dir.is_dir():
        return []
    folders = [
        folder for folder in runs_dir.iterdir() if (folder / EVENTS_FILE).is_file() or (folder / REQUEST_FILE).is_file()
    ]
    return sorted((read_record(folder) for folder in folders), key=lambda record: -record.changed_at)


def keep_request(folder: Path, request: TrainingRequest) -> None:
    """Write down what a run was asked to do. Raises OSError."""
    replace_whole(folder / REQUEST_FILE, msgspec.json.encode(request))


def _read_request(folder: Path) -> TrainingRequest | None:
    try:
        return msgspec.json.decode((folder / REQUEST_FILE).read_bytes(), type=TrainingRequest)
    except OSError:
        return None
    except msgspec.MsgspecError as error:
        log.warning("%s cannot be read: %s", folder / REQUEST_FILE, error)
        return None


def bytes_used(folder: Path) -> int:
    """All a run takes on the disk, its decoded audio included."""
    total = 0
    for inside, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(inside) / name).lstat().st_size
            except OSError:
                log.debug("%s vanished while it was measured", name)
    return total
