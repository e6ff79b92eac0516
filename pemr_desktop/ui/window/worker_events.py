"""What the worker says that concerns the whole window: results, failures, crashes, and how many tracks there are."""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QMainWindow

from pemr_desktop.jobs.translation import translate
from pemr_desktop.library import queries
from pemr_desktop.library.errors import LibraryDamaged, LibraryLost, LibraryTooNew
from pemr_desktop.library.rows import LibraryCounts
from pemr_desktop.library.views import View
from pemr_desktop.protocol.messages import (
    AcceptAbove,
    AddFolders,
    ApplyWrites,
    Cancelled,
    Changed,
    CheckCovers,
    Failed,
    FindCovers,
    FindLegacyTexts,
    Finished,
    FitCoverSearch,
    PlanEdits,
    PlanRecoding,
    PlanWrites,
    Ready,
    SavePlaylist,
    Scan,
)
from pemr_desktop.protocol.results import WriteResult
from pemr_desktop.protocol.sentences import recovery_sentence
from pemr_desktop.refusals import Refusal, said
from pemr_desktop.ui.notices import Notice
from pemr_desktop.ui.window.library_watch import LibraryWatch

if TYPE_CHECKING:
    from pemr_desktop.ui.context import WindowContext
    from pemr_desktop.ui.window.jobs_area import JobsArea

log = logging.getLogger(__name__)

SAYS_SO_ITSELF = (
    PlanWrites | PlanEdits | PlanRecoding | FindLegacyTexts | ApplyWrites | FindCovers | CheckCovers | FitCoverSearch
)
"""If these fail, the page or dialog that asked says why."""
COUNTS_MS = 500
STATUS_MS = 10_000


class WorkerTalk(QObject):
    """Turns the client's signals into notices, status lines and counts."""

    countsChanged = Signal(object)
    libraryUnreadable = Signal(str)
    """The library file is there but cannot be read: a sentence that says why, and that it was left untouched."""

    def __init__(self, context: WindowContext, jobs_area: JobsArea, window: QMainWindow) -> None:
        super().__init__(window)
        self._context = context
        self._window = window
        self._jobs_area = jobs_area
        self._first_time = True
        self._for_playlist: dict[int, tuple[tuple[Path, ...], int]] = {}
        self.counts: LibraryCounts | None = None
        self.library_watch = LibraryWatch(context, self)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(COUNTS_MS)
        self._soon.timeout.connect(self.ask_counts)
        client = context.client
        client.ready.connect(self._ready)
        client.changed.connect(self._changed)
        client.finished.connect(self._finished)
        client.failed.connect(self._failed)
        client.cancelled.connect(self._cancelled)
        client.crashed.connect(self._crashed)
        client.restarted.connect(self._restarted)
        context.player.failed.connect(self._not_played)

    @Slot()
    def ask_counts(self) -> None:
        """Count again."""
        self._context.reader.ask(
            queries.counts, done=self._take_counts, failed=self._no_counts, topic=(id(self), "counts")
        )

    def add_then_put_into_playlist(self, paths: Sequence[Path], playlist_id: int) -> None:
        """Take files into the library and, once they are in it, into a playlist."""
        job = self._context.client.submit(AddFolders(tuple(os.fsencode(path) for path in paths)))
        self._for_playlist[job] = (tuple(paths), playlist_id)

    def _take_counts(self, counts: LibraryCounts) -> None:
        self.counts = counts
        self.countsChanged.emit(counts)

    def _no_counts(self, error: Exception) -> None:
        log.info("No counts yet: %s", error)
        if isinstance(error, LibraryDamaged | LibraryLost | LibraryTooNew):
            self.libraryUnreadable.emit(said(error.refusal, translate))

    @Slot(object)
    def _ready(self, event: Ready) -> None:
        notices = self._context.notices
        if event.read_only is not None:
            sentence = said(event.read_only, translate)
            open_again = self.library_watch.open_again
            notices.post(Notice(sentence, "warning", "", self.tr("Open again"), open_again, "read-only"))
        else:
            notices.withdraw("read-only")
        if event.recovery is not None:
            notices.post(Notice(recovery_sentence(event.recovery, translate), "info", key="start-up"))
        self._context.client.changed.emit(_EVERYTHING)
        if self._first_time and event.read_only is None:
            self._first_time = False
            self._context.reader.ask(queries.roots, done=self._look_for_news)

    def _look_for_news(self, roots: list[object]) -> None:
        if roots and self._context.settings.current.scan.watch:
            self._context.client.submit(Scan())

    @Slot(object)
    def _changed(self, _changed: Changed) -> None:
        if not self._soon.isActive():
            self._soon.start()

    @Slot(object)
    def _finished(self, event: Finished) -> None:
        if not self._jobs_area.shows(event.job_id):
            self._window.statusBar().showMessage(self._context.client.said(event), STATUS_MS)
        view = self._context.client.job(event.job_id)
        result = self._context.client.result(event)
        if isinstance(result, WriteResult) and result.refused and view is not None:
            details = "\n".join(f"{location}: {said(why, translate)}" for location, why in result.refused.items())
            self._context.notices.post(
                Notice(self._context.client.said(event), "warning", details=details, key="refused")
            )
        if view is not None and isinstance(view.request, AcceptAbove) and _changed_tracks(event.changed):
            self._offer_review(self._context.client.said(event))
        waiting = self._for_playlist.pop(event.job_id, None)
        if waiting is not None:
            self._context.reader.ask(_playlist_with, *waiting, done=self._save_playlist)

    def _offer_review(self, summary: str) -> None:
        review = self._context.actions.action("tags.review-all")
        sentence = summary + " " + self.tr("No file is changed before you review and write them.")
        self._context.notices.post(Notice(sentence, "good", "", self.tr("Review tags…"), review.trigger, "accepted"))

    def _save_playlist(self, request: SavePlaylist) -> None:
        self._context.client.submit(request)

    @Slot(object)
    def _failed(self, event: Failed) -> None:
        view = self._context.client.job(event.job_id)
        if view is not None and isinstance(view.request, SAYS_SO_ITSELF):
            return
        self._context.notices.problem(self._context.client.said(event))

    @Slot(object)
    def _cancelled(self, event: Cancelled) -> None:
        self._window.statusBar().showMessage(self._context.client.said(event), STATUS_MS)

    @Slot(object)
    def _not_played(self, why: Refusal) -> None:
        self._context.notices.post(Notice(said(why, translate), "warning", key="playback"))

    @Slot(str)
    def _crashed(self, sentence: str) -> None:
        self._context.notices.post(Notice(sentence, "warning", key="worker"))

    @Slot()
    def _restarted(self) -> None:
        self._context.notices.post(
            Notice(self.tr("The background process runs again and goes on where it stopped."), "good", key="worker")
        )


_EVERYTHING = Changed(
    everything=True, roots=True, playlists=True, problems=True, versions=True, journal=True, models=True
)


def _changed_tracks(changed: Changed) -> bool:
    return bool(changed.track_ids) or changed.everything


def _playlist_with(conn: sqlite3.Connection, paths: tuple[Path, ...], playlist_id: int) -> SavePlaylist:
    name = next(playlist.name for playlist in queries.playlists(conn) if playlist.id == playlist_id)
    ids = list(queries.playlist_tracks(conn, playlist_id))
    for path in paths:
        if path.is_dir():
            ids.extend(queries.track_ids(conn, view=View("folder", os.fsencode(path)), sort="path"))
        elif (found := queries.find_track(conn, path)) is not None:
            ids.append(found)
    return SavePlaylist(name, tuple(dict.fromkeys(ids)), playlist_id)
