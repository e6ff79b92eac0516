"""Reading files for the scanner: a few at a time, in order, each answer a track or a reason."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from pemr_desktop.library.track_rows import ReadTrack
from pemr_desktop.tagfiles.digest import lacking_of, quick_digest_of
from pemr_desktop.tagfiles.errors import TagReadError
from pemr_desktop.tagfiles.identity import identity, identity_of
from pemr_desktop.tagfiles.opening import open_tags
from pemr_desktop.tagfiles.plan import FileIdentity
from pemr_desktop.tagfiles.read import open_ordinary, tags_of

AHEAD_PER_THREAD = 16


class ToRead(NamedTuple):
    """A file that is new or changed. `known_id`: its track, when there is one. `names_beside`: of its folder."""

    root_id: int
    rel_path: bytes
    path: Path
    known_id: int | None
    names_beside: frozenset[str]


class Reading(NamedTuple):
    """What came of it: a track, a reason, or both (music, but something is odd)."""

    asked: ToRead
    track: ReadTrack | None
    reason: str
    identity: FileIdentity | None


def read_files(files: Iterable[ToRead], threads: int) -> Iterator[Reading]:
    """Read files in a few threads, in order; the next ones are read while the caller stores the last."""
    waiting: deque[Future[Reading]] = deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="tags") as pool:
        try:
            for file in files:
                waiting.append(pool.submit(read_file, file))
                if len(waiting) >= threads * AHEAD_PER_THREAD:
                    yield waiting.popleft().result()
                while waiting and waiting[0].done():
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def read_file(asked: ToRead) -> Reading:
    """One file. Never raises for what is wrong with the file."""
    try:
        with open_ordinary(asked.path) as (stream, status):
            state = identity_of(status)
            try:
                opened = open_tags(stream, asked.path)
            except TagReadError as error:
                return Reading(asked, None, error.reason, _settled(state, asked.path))
            tags = tags_of(opened)
            quick = quick_digest_of(stream, opened.container)
            lacking = lacking_of(stream, opened.container)
            if identity(asked.path) != state:
                return Reading(
                    asked, None, "It was being written while it was read; the next scan reads it again.", None
                )
    except TagReadError as error:
        return Reading(asked, None, error.reason, None)
    reasons = list(tags.warnings)
    if lacking:
        reasons.append(f"It is cut off: at least {lacking:,} bytes are lacking at its end.")
    track = ReadTrack(asked.root_id, asked.rel_path, asked.path, state, tags, quick)
    return Reading(asked, track, " ".join(reasons), state)


def _settled(state: FileIdentity, path: Path) -> FileIdentity | None:
    """The state that is known to be hopeless; None when the file is still changing."""
    return state if identity(path) == state else None
