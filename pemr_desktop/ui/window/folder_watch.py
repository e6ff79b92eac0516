"""Watching the folders of the library: when files come, go or change, the worker looks at them soon after.

Where the system cannot watch (too many folders, names it does not know, disks of other machines), a sweep over
everything takes its place: a scan that passes over folders which are as they were.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer, Slot

from pemr_desktop.library import queries
from pemr_desktop.protocol.messages import Changed, Scan

if TYPE_CHECKING:
    from pemr_desktop.ui.context import WindowContext

log = logging.getLogger(__name__)

QUIET_MS = 3_000
"""A folder that is being filled is looked at when nothing has changed for this long."""
PATIENCE_MS = 15_000
"""One that is filled for hours is looked at now and then all the same."""
MAX_WATCHED_FOLDERS = 4_000
"""Systems limit how many folders a program may watch; of a larger library the first ones are watched."""
SWEEP_MS, RARE_SWEEP_MS = 10 * 60_000, 60 * 60_000
"""How often everything is swept: with folders that are not watched, and with all of them watched."""
AT_ONCE = 40
"""Folders that are taken on between two frames."""


class FolderWatch(QObject):
    """Follows the settings `scan.watch` and `scan.unwatched`, and the folders of the library."""

    def __init__(self, context: WindowContext, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self._watcher = QFileSystemWatcher(self)
        self._watcher.directoryChanged.connect(self._directory_changed)
        self._touched_roots: set[int] = set()
        self._roots: tuple[int, ...] = ()
        self._root_of: dict[str, int] = {}
        self._to_add: list[str] = []
        self._quiet = self._timer(QUIET_MS, self._scan)
        self._patience = self._timer(PATIENCE_MS, self._scan)
        self._adding = self._timer(0, self._add_some)
        self._ask_again = self._timer(2_000, self._ask)
        self._sweep = self._timer(RARE_SWEEP_MS, self._scan_all)
        self._unwatched = 0
        self._unsubscribe = context.settings.subscribe(lambda name, _settings: self._setting_changed(name))
        context.client.ready.connect(self._ask_again.start)
        context.client.changed.connect(self._library_changed)

    def watched(self) -> list[str]:
        """The folders that are watched now."""
        return self._watcher.directories()

    def unwatched(self) -> int:
        """How many folders the system does not watch; the sweep looks after them."""
        return self._unwatched

    def close(self) -> None:
        """Stop watching."""
        self._unsubscribe()
        for timer in (self._quiet, self._patience, self._adding, self._ask_again, self._sweep):
            timer.stop()
        if self._watcher.directories():
            self._watcher.removePaths(self._watcher.directories())

    def _timer(self, interval_ms: int, slot: object) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(interval_ms)
        timer.timeout.connect(slot)
        return timer

    def _setting_changed(self, name: str) -> None:
        if name in ("scan.watch", "scan.unwatched"):
            self._ask()

    @Slot(object)
    def _library_changed(self, changed: Changed) -> None:
        if (changed.roots or changed.everything) and not self._ask_again.isActive():
            self._ask_again.start()

    @Slot()
    def _ask(self) -> None:
        if not self._context.settings.current.scan.watch:
            self._take(_Wanted())
            self._sweep.stop()
            return
        unwatched = self._context.settings.current.scan.unwatched
        self._context.reader.ask(
            _folders, unwatched, done=self._take, failed=self._nothing, topic=(id(self), "folders")
        )

    def _nothing(self, error: Exception) -> None:
        log.info("No folders to watch yet: %s", error)

    def _take(self, wanted: _Wanted) -> None:
        self._roots, self._root_of, self._unwatched = wanted
        watched = set(self._watcher.directories())
        gone = [path for path in watched if path not in self._root_of]
        if gone:
            self._watcher.removePaths(gone)
        self._to_add = [path for path in self._root_of if path not in watched]
        if self._to_add:
            self._adding.start()
        self._sweep_when_due()

    @Slot()
    def _add_some(self) -> None:
        some, self._to_add = self._to_add[:AT_ONCE], self._to_add[AT_ONCE:]
        refused = self._watcher.addPaths(some)
        self._unwatched += len(refused)
        if refused and len(refused) == len(some):  # the system has had enough
            self._unwatched += len(self._to_add)
            self._to_add = []
        if self._to_add:
            self._adding.start()
        else:
            self._sweep_when_due()

    def _sweep_when_due(self) -> None:
        """Sweep more often when there are folders that nobody watches."""
        if not self._context.settings.current.scan.watch:
            return
        if self._unwatched:
            log.info("%d folders are not watched; everything is swept every few minutes instead.", self._unwatched)
        self._sweep.start(SWEEP_MS if self._unwatched else RARE_SWEEP_MS)

    @Slot()
    def _scan_all(self) -> None:
        if self._roots:
            self._context.client.submit(Scan(self._roots))
        self._sweep_when_due()

    @Slot(str)
    def _directory_changed(self, path: str) -> None:
        root = self._root_of.get(path)
        if root is not None:
            self._touched_roots.add(root)
            self._quiet.start()
            if not self._patience.isActive():
                self._patience.start()

    @Slot()
    def _scan(self) -> None:
        self._quiet.stop()
        self._patience.stop()
        roots, self._touched_roots = tuple(sorted(self._touched_roots)), set()
        if roots:
            self._context.client.submit(Scan(roots))


class _Wanted(NamedTuple):
    """Roots that are looked after, the first of their folders with the root each is in, and how many are left out:
    too many, or of names that Qt's watcher does not know because they are not Unicode."""

    roots: tuple[int, ...] = ()
    root_of: dict[str, int] = {}  # noqa: RUF012 - a default of a tuple, never changed
    left_out: int = 0


def _folders(conn: sqlite3.Connection, unwanted: tuple[str, ...]) -> _Wanted:
    roots = [root for root in queries.roots(conn) if root.location not in unwanted]
    root_of: dict[str, int] = {}
    left_out = 0
    for root in roots:
        for folder in queries.music_folders(conn, root.id, root.path) if root.online else ():
            if len(root_of) == MAX_WATCHED_FOLDERS:
                left_out += 1
                continue
            try:
                root_of[os.fsdecode(folder).encode().decode()] = root.id
            except UnicodeEncodeError:
                left_out += 1
    return _Wanted(tuple(root.id for root in roots), root_of, left_out)
