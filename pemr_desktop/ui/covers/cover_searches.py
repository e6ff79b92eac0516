"""The searches for versions that the covers page has asked for, and what came of them."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, Signal, Slot

from pemr_desktop.jobs.client import WorkerClient
from pemr_desktop.jobs.translation import translate
from pemr_desktop.protocol.messages import Cancelled, Changed, Failed, FindCovers, Finished, Progress
from pemr_desktop.protocol.results import CoverResult
from pemr_desktop.protocol.sentences import doing

SearchState = Literal["searching", "found", "failed", "cancelled"]


@dataclass(frozen=True)
class Query:
    """What versions are looked for of: a track of the library, or a file outside it.

    `beside`: a track that it is to be compared with, version or not.
    """

    track_id: int | None = None
    path: Path | None = None
    beside: int | None = None

    def request(self) -> FindCovers:
        """The job that answers it."""
        path = os.fsencode(self.path) if self.path is not None else None
        return FindCovers(self.track_id, path, also=(self.beside,) if self.beside is not None else ())


@dataclass(frozen=True)
class Search:
    """How far the search for one query is. `message` is a sentence when it ended without a result."""

    job_id: int
    state: SearchState = "searching"
    done: int = 0
    total: int = 0
    doing: str = ""
    result: CoverResult | None = None
    message: str = ""


class CoverSearches(QObject):
    """Hands queries to the worker and keeps the answers while they hold, so that going back to a query is free."""

    changed = Signal(object)
    """The Query whose search changed."""

    def __init__(self, client: WorkerClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self._searches: dict[Query, Search] = {}
        self._asked: dict[int, Query] = {}
        self._outdated: set[Query] = set()
        client.changed.connect(self._library_changed)
        client.progress.connect(self._progress)
        client.finished.connect(self._finished)
        client.failed.connect(self._failed)
        client.cancelled.connect(self._cancelled)

    def search(self, query: Query) -> Search | None:
        """How far it is, None when it was never asked for."""
        return self._searches.get(query)

    def ask(self, query: Query, *, again: bool = False) -> None:
        """Look for versions, unless that is under way, or done and the library is as it was."""
        known = self._searches.get(query)
        again = again or query in self._outdated
        if known is not None and (known.state == "searching" or (known.state == "found" and not again)):
            return
        self._outdated.discard(query)
        job_id = self._client.submit(query.request())
        self._asked[job_id] = query
        self._put(query, Search(job_id))

    def cancel(self, query: Query) -> None:
        """Stop looking."""
        search = self._searches.get(query)
        if search is not None and search.state == "searching":
            self._client.cancel(search.job_id)

    def _put(self, query: Query, search: Search) -> None:
        self._searches[query] = search
        self.changed.emit(query)

    @Slot(object)
    def _library_changed(self, changed: Changed) -> None:
        if changed.track_ids or changed.everything or changed.versions:
            self._outdated.update(self._searches)

    @Slot(object)
    def _progress(self, event: Progress) -> None:
        query = self._asked.get(event.job_id)
        if query is not None:
            search = self._searches[query]
            self._put(query, replace(search, done=event.done, total=event.total, doing=doing(event.step, translate)))

    @Slot(object)
    def _finished(self, event: Finished) -> None:
        query = self._asked.pop(event.job_id, None)
        if query is None:
            return
        result = self._client.result(event)
        assert isinstance(result, CoverResult)
        self._put(query, Search(event.job_id, "found", result=result))

    @Slot(object)
    def _failed(self, event: Failed) -> None:
        query = self._asked.pop(event.job_id, None)
        if query is not None:
            self._put(query, Search(event.job_id, "failed", message=self._client.said(event)))

    @Slot(object)
    def _cancelled(self, event: Cancelled) -> None:
        query = self._asked.pop(event.job_id, None)
        if query is not None:
            self._put(query, Search(event.job_id, "cancelled", message=self._client.said(event)))
