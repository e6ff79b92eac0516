"""What every job has at hand: the library, the loaded models, the settings, and a way to say how far it is."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import msgspec

from pemr_desktop.analysis.loaded_models import LoadedModels
from pemr_desktop.database_reasons import database_reason
from pemr_desktop.errors import JobCancelled, LibraryInUse, PemrDesktopError
from pemr_desktop.jobs.reporting import Reporter
from pemr_desktop.library import queries
from pemr_desktop.library.database.reader import DATABASE_ERRORS, open_reader
from pemr_desktop.library.library import Library
from pemr_desktop.library.opening import open_library
from pemr_desktop.paths import Paths
from pemr_desktop.protocol.messages import AnyRequest
from pemr_desktop.refusals import Refusal, refusal
from pemr_desktop.settings import Settings
from pemr_desktop.settings_file import load
from pemr_desktop.steps import Step
from pemr_desktop.system_reasons import system_reason
from pemr_desktop.tagfiles.errors import readable

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Outcome:
    """How a job ended: what it did (see `results`), whether it was stopped before its end, and what is to follow."""

    result: msgspec.Struct
    cancelled: bool = False
    then: AnyRequest | None = None


@dataclass
class WorkerResources:
    """What lives as long as the worker. Without a `library` nothing can be changed, and `read_only` says why."""

    library_path: Path
    paths: Paths
    library: Library | None
    loaded_models: LoadedModels
    read_only: Refusal | None = None
    model_id: str | None = None
    _backup_lock: threading.Lock = field(default_factory=threading.Lock)
    _own_reader: threading.local = field(default_factory=threading.local)

    def read(self, fn: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a query. Raises `LibraryError` if there is no library that could be read."""
        if self.library is not None:
            return self.library.read(fn, *args, **kwargs)
        connection = getattr(self._own_reader, "connection", None)
        if connection is None:
            connection = self._own_reader.connection = open_reader(self.library_path)
        return fn(connection, *args, **kwargs)

    def explain(self, error: sqlite3.Error | OSError | MemoryError) -> Refusal:
        """What the system refused."""
        library = readable(self.library_path)
        if isinstance(error, MemoryError):
            return refusal("out of memory")
        why = _why(error)
        if why.code in ("disk full, said briefly", "database full"):
            return refusal("disk full", folder=readable(self.library_path.parent))
        if why.code in ("database damaged", "database not a database"):
            return refusal("library damaged in use", library=library, reason=why)
        if why.code == "database read only":
            return refusal("library cannot be written", library=library, reason=why)
        if isinstance(error, OSError):
            return refusal("system refused", reason=why)
        return refusal("library refused", library=library, reason=why)

    def back_up_if_due(self) -> None:
        """The daily backup. That it is not possible is worth a line in the log, not the job that came before."""
        if self.library is None:
            return
        try:
            with self._backup_lock:
                self.library.backup_if_due()
        except (PemrDesktopError, OSError, sqlite3.Error):
            log.exception("The library could not be backed up")

    def close(self) -> None:
        """Close the library."""
        if self.library is not None:
            self.library.close()


class JobContext:
    """One job's view of the worker's resources."""

    def __init__(self, resources: WorkerResources, reporter: Reporter, must_stop: Callable[[], bool]) -> None:
        self._resources = resources
        self._reporter = reporter
        self._must_stop = must_stop
        self.settings: Settings = load(resources.paths.settings_file)[0]
        self.paths = resources.paths
        self.loaded_models = resources.loaded_models

    @property
    def library(self) -> Library:
        """The library, to be changed. Raises `LibraryInUse` if this worker may only read."""
        if self._resources.library is None:
            why = self._resources.read_only or refusal("library read only")
            raise LibraryInUse(why)
        return self._resources.library

    def read(self, fn: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a query, also when the library may only be read."""
        return self._resources.read(fn, *args, **kwargs)

    def cancelled(self) -> bool:
        """Whether the job is to stop: the user wants it, or a more urgent one waits, after which it goes on."""
        return self._must_stop()

    def stop_if_cancelled(self) -> None:
        """Raise `JobCancelled` if the job is to stop. For the time between two items."""
        if self._must_stop():
            raise JobCancelled

    def progress(self, done: int, total: int, step: Step) -> None:
        """Say how far the job is."""
        self._reporter.progress(done, total, step)

    def touched(self, track_ids: Iterable[int] = (), **flags: Any) -> None:
        """Say what the job has changed."""
        self._reporter.touched(track_ids, **flags)


def open_resources(library_path: Path, paths: Paths, model: Path | None = None) -> WorkerResources:
    """Open the library for writing; if that is not possible, resources that can only read and says why."""
    library: Library | None = None
    why: Refusal | None = None
    try:
        library = open_library(library_path)
    except PemrDesktopError as error:
        why = error.refusal
    except (OSError, sqlite3.Error) as error:
        why = refusal("library left untouched", library=readable(library_path), reason=_why(error))
    if why is not None:
        log.warning("Only reading: %s", why.message)
    resources = WorkerResources(library_path, paths, library, LoadedModels(paths, model), why)
    resources.model_id = _active_model_id(resources)
    return resources


def _why(error: OSError | sqlite3.Error) -> Refusal:
    return system_reason(error) if isinstance(error, OSError) else database_reason(error)


def _active_model_id(resources: WorkerResources) -> str | None:
    try:
        model = resources.read(queries.active_model)
    except (PemrDesktopError, *DATABASE_ERRORS) as error:
        log.warning("No active model is known: %s", error)
        return None
    return None if model is None else model.id
