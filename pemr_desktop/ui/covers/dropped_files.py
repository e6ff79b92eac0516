"""What becomes of files and folders that are dropped on the covers page: each is looked for, or it is said why not."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from pemr_desktop.jobs.translation import translate
from pemr_desktop.library import queries
from pemr_desktop.protocol.messages import AddFolders
from pemr_desktop.sentences import listed
from pemr_desktop.ui.background import OffThread
from pemr_desktop.ui.context import WindowContext
from pemr_desktop.ui.covers.cover_searches import Query
from pemr_desktop.ui.notices import Notice, NoticeKind

KEY = "covers.dropped"
MAX_FILES = 20
"""So many files are looked for at a time; each is a search through the whole library."""


class DroppedFiles(QObject):
    """Sorts what was dropped. Files become queries, of their track where the library has it; the rest gets a notice."""

    asked = Signal(object)
    """The queries, list of Query, never empty."""

    def __init__(self, context: WindowContext, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self._sorting = OffThread(self)

    def take(self, paths: Sequence[Path]) -> None:
        """Look for versions of files; folders are offered to the library."""
        self._sorting.ask("sort", _folders_in, tuple(paths), done=partial(self._sorted, tuple(paths)))

    def _sorted(self, paths: tuple[Path, ...], folders: frozenset[Path]) -> None:
        files = [path for path in paths if path not in folders]
        wanted = files[:MAX_FILES]
        self._say(wanted, len(files) - len(wanted), [path for path in paths if path in folders])
        if not wanted:
            return
        self._context.reader.ask(
            _queries_of,
            tuple(wanted),
            done=self.asked.emit,
            failed=partial(self._not_looked_up, wanted),
            topic=(id(self), "files"),
        )

    def _not_looked_up(self, files: Sequence[Path], _error: Exception) -> None:
        """There is no library, or it cannot be read: they are files outside it."""
        self.asked.emit([Query(path=path) for path in files])

    def _say(self, files: Sequence[Path], left_out: int, folders: Sequence[Path]) -> None:
        """One notice for everything that is not seen on the page itself."""
        self._context.notices.withdraw(KEY)
        sentences = []
        if len(files) > 1:
            told = translate.tr(
                "Looking for versions of %Ln file(s): a list on the page says which is shown.",
                "",
                len(files),
            )
            sentences.append(told)
        if left_out:
            sentences.append(translate.tr("%Ln more file(s) were left out: too many at once.", "", left_out))
        if folders:
            names = listed([f"“{folder.name or folder}”" for folder in folders], translate)
            one = self.tr(
                "{} is a folder, and versions are looked for of single files. It can be added to the library."
            )
            more = self.tr(
                "{} are folders, and versions are looked for of single files. They can be added to the library."
            )
            sentences.append((one if len(folders) == 1 else more).format(names))
        if not sentences:
            return
        add = partial(self._add, tuple(folders)) if folders else None
        kind: NoticeKind = "warning" if folders or left_out else "info"
        action = self.tr("Add to library") if folders else ""
        self._context.notices.post(Notice(" ".join(sentences), kind, "", action, add, key=KEY))

    def _add(self, folders: Sequence[Path]) -> None:
        self._context.client.submit(AddFolders(tuple(os.fsencode(folder) for folder in folders)))


def _folders_in(paths: Sequence[Path]) -> frozenset[Path]:
    """Those that are folders. A disk may take its time to answer, or know nothing of a path."""
    return frozenset(path for path in paths if path.is_dir())


def _queries_of(connection: sqlite3.Connection, files: Sequence[Path]) -> list[Query]:
    """A query for each file, of its track where the library has it; two names of one track are one query."""
    found = []
    for path in files:
        track_id = queries.find_track(connection, path)
        found.append(Query(path=path) if track_id is None else Query(track_id=track_id))
    return list(dict.fromkeys(found))
