"""Planning parses files in the process that writes. A file that changed since a limited child read it is read by one
first: what hangs, crashes or fills the memory does so there."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from types import TracebackType
from typing import Self

from pemr_desktop.library.database.store import Store
from pemr_desktop.library.scanning.file_reading import ToRead
from pemr_desktop.library.scanning.read_pool import ReadingPool
from pemr_desktop.tagfiles.errors import TagReadError
from pemr_desktop.tagfiles.identity import FileIdentity, identity


class Vetting:
    """One child, started when the first file needs it."""

    def __init__(self) -> None:
        self._pool: ReadingPool | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.__exit__(kind, error, trace)

    def check_track(self, store: Store, track_id: int, path: Path) -> None:
        """Nothing where the file is as the scan read it. Raises TagReadError for a file that a child cannot read."""
        if store.read(_as_scanned, track_id) != identity(path):
            self.check(path)

    def check(self, path: Path) -> None:
        """Raises TagReadError for a file that ends, holds up or overfills the child that reads it."""
        if self._pool is None:
            self._pool = ReadingPool(1)
        (reading,) = self._pool.submit([ToRead(0, b"", path)]).result()
        if reading.why is not None and (not reading.sure or reading.why.code == "tags too large"):
            raise TagReadError(path, reading.why)


def _as_scanned(connection: sqlite3.Connection, track_id: int) -> FileIdentity | None:
    row = connection.execute("SELECT size, mtime_ns, inode FROM tracks WHERE id = ?", (track_id,)).fetchone()
    return FileIdentity(*row) if row is not None else None
