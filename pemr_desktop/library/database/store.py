"""The writing connection: any thread may use it, one at a time, in short transactions."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from pemr_desktop.database_reasons import database_reason
from pemr_desktop.library.errors import LibraryError, LibraryReplaced
from pemr_desktop.tagfiles.errors import readable

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

Cancelled = Callable[[], bool]


def _file_at(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


class Store:
    """The database of one library. File work belongs outside `writing`, so that no lane waits for a disk."""

    def __init__(
        self,
        path: Path,
        connection: sqlite3.Connection,
        *,
        before_commit: Callable[[sqlite3.Connection], None] | None = None,
    ) -> None:
        """`before_commit` ends every transaction: it makes anew what follows from what was changed."""
        self.path = path
        self._before_commit = before_commit
        self._connection = connection
        self._lock = threading.RLock()
        self._closed = False
        self._file = _file_at(path)

    @contextmanager
    def writing(self, *, durable: bool = False) -> Iterator[sqlite3.Connection]:
        """One transaction, rolled back on any error. `durable`: on disk when the block ends, as the journal must be."""
        with self._lock:
            self.check_in_place()
            if durable:
                self._connection.execute("PRAGMA synchronous = FULL")
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                yield self._connection
                if self._before_commit is not None:
                    self._before_commit(self._connection)
                self._connection.execute("COMMIT")
            except sqlite3.OperationalError as error:
                raise LibraryError(
                    "library step not stored", library=readable(self.path), reason=database_reason(error)
                ) from error
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                if durable:
                    self._connection.execute("PRAGMA synchronous = NORMAL")

    def check_in_place(self) -> None:
        """Raise LibraryReplaced unless the file at the path is still the one that was opened (device, inode).

        What is written into a file that has no name any more is gone with the process, the journal of undo with it.
        """
        if self._file != _file_at(self.path):
            raise LibraryReplaced("library replaced", library=readable(self.path))

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, alone."""
        with self._lock:
            yield self._connection

    def read(self, function: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`function(connection, …)`, alone."""
        with self._lock:
            return function(self._connection, *args, **kwargs)

    def close(self) -> None:
        """Fold the log into the file and close it; a second time does nothing."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            try:
                self._connection.execute("PRAGMA optimize")
            except sqlite3.OperationalError as error:  # the disk may be full; closing needs no room
                log.warning("The library could not be tidied up: %s", error)
            self._connection.close()
