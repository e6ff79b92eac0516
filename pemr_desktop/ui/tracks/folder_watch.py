"""Watching the folders of the library: when files come, go or change, the worker looks at them soon after."""

from __future__ import annotations

import logging
import os
import sqlite3
from typing import TYPE_CHECKING

from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer, Slot

from pemr_desktop.jobs.messages import Changed, Scan
from pemr_desktop.library import queries

if TYPE_CHECKING:
    from pemr_desktop.ui.context import WindowContext

log = logging.getLogger(__name__)

QUIET_MS = 3_000
"""A folder that is being filled is looked at when nothing has changed for this long."""
MOST_FOLDERS = 4_000
"""Systems limit how many folders a program may watch; of a larger library the first ones are watched."""
AT_ONCE = 40
"""Folders that are taken on between two frames."""


class FolderWatch(QObject):
    """Follows the setting `scan.watch` and the folders of the library."""

    def __init__(self, context: WindowContext, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self._watcher = QFileSystemWatcher(self)
        self._watcher.directoryChanged.connect(self._directory_changed)
        self._touched_roots: set[int] = set()
        self._root_of: dict[str, int] = {}
        self._to_add: list[str] = []
        self._quiet = self._timer(QUIET_MS, self._scan)
        self._adding = self._timer(0, self._add_some)
        self._ask_again = self._timer(2_000, self._ask)
        self._unsubscribe = context.settings.subscribe(lambda name, _settings: self._setting_changed(name))
        context.client.ready.connect(self._ask_again.start)
        context.client.changed.connect(self._library_changed)

    def watched(self) -> list[str]:
        """The folders that are watched now."""
        return self._watcher.directories()

    def close(self) -> None:
        """Stop watching."""
        self._unsubscribe()
        for timer in (self._quiet, self._adding, self._ask_again):
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
        if name == "scan.watch":
            self._ask()

    @Slot(object)
    def _library_changed(self, changed: Changed) -> None:
        if (changed.roots or changed.everything) and not self._ask_again.isActive():
            self._ask_again.start()

    @Slot()
    def _ask(self) -> None:
        if not self._context.settings.current.scan.watch:
            self._take({})
            return
        self._context.reader.ask(_folders, done=self._take, failed=self._nothing, topic=(id(self), "folders"))

    def _nothing(self, error: Exception) -> None:
        log.info("No folders to watch yet: %s", error)

    def _take(self, root_of: dict[str, int]) -> None:
        self._root_of = root_of
        watched = set(self._watcher.directories())
        gone = [path for path in watched if path not in root_of]
        if gone:
            self._watcher.removePaths(gone)
        self._to_add = [path for path in root_of if path not in watched][:MOST_FOLDERS]
        if self._to_add:
            self._adding.start()

    @Slot()
    def _add_some(self) -> None:
        some, self._to_add = self._to_add[:AT_ONCE], self._to_add[AT_ONCE:]
        refused = self._watcher.addPaths(some)
        if refused and len(refused) == len(some):
            log.info("%d folders cannot be watched, for example %s", len(refused), refused[0])
        if self._to_add:
            self._adding.start()

    @Slot(str)
    def _directory_changed(self, path: str) -> None:
        root = self._root_of.get(path)
        if root is not None:
            self._touched_roots.add(root)
            self._quiet.start()

    @Slot()
    def _scan(self) -> None:
        roots, self._touched_roots = tuple(sorted(self._touched_roots)), set()
        if roots:
            self._context.client.submit(Scan(roots))


def _folders(conn: sqlite3.Connection) -> dict[str, int]:
    """Folders with a name that is Unicode, as Qt's watcher knows no others, with the root they are in."""
    found: dict[str, int] = {}
    online = {root.id for root in queries.roots(conn) if root.online}
    for folder in queries.folders(conn):
        if folder.root_id in online:
            try:
                found[os.fsdecode(folder.path).encode().decode()] = folder.root_id
            except UnicodeEncodeError:
                continue
    return found
