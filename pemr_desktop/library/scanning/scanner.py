"""Bringing the library in line with the folders: new, changed, moved, vanished and broken files.

Nothing is deleted: a vanished file's track is marked missing, and a root that is not there leaves its tracks alone.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from pemr_desktop.library.database.store import Cancelled, Store
from pemr_desktop.library.paths import decode, encode, folder_of, show
from pemr_desktop.library.problems import clear_problem, record_problem
from pemr_desktop.library.scanning.file_reading import FILM, Reading, ToRead
from pemr_desktop.library.scanning.folder_states import FolderVisit, keep_states, known_states, state_of
from pemr_desktop.library.scanning.known_files import KnownFile, happened_before, known_files, tried_files
from pemr_desktop.library.scanning.read_pool import read_files
from pemr_desktop.library.scanning.roots import ScanTarget, below_clause, is_online
from pemr_desktop.library.scanning.vanished import Walked, settle_vanished
from pemr_desktop.library.scanning.walk import Listing, Pruning, walk
from pemr_desktop.library.tracks.moved_files import MovedFiles
from pemr_desktop.library.tracks.storing import insert_track, still_is, update_track
from pemr_desktop.refusals import Refusal, refusal
from pemr_desktop.steps import Progress, Step

FILES_PER_BATCH = 200
FIRST_BATCH = 16
BATCH_S = 0.5


class ScanOutcome(msgspec.Struct, frozen=True):
    """What a scan found. `found`: music files looked at; `missing`: newly vanished; `offline`: roots not there.

    `left_out`: films that were passed over; they stand in the list of problems and are not counted as such.
    """

    found: int = 0
    added: int = 0
    changed: int = 0
    moved: int = 0
    missing: int = 0
    problems: int = 0
    cancelled: bool = False
    offline: tuple[str, ...] = ()
    left_out: int = 0


class _Counts:
    def __init__(self) -> None:
        self.found = self.added = self.changed = self.moved = self.missing = self.problems = self.left_out = 0
        self.offline: list[str] = []


def scan(
    store: Store,
    targets: Sequence[ScanTarget],
    *,
    ignore: Sequence[str],
    again: bool,
    progress: Progress,
    cancelled: Cancelled,
    changed: Callable[[list[int]], None],
    children: int,
    films: bool = True,
) -> ScanOutcome:
    """Scan each target; `again`: read every file, also those that look as they were.

    What was stored when it is cancelled, stays. A cancelled scan marks nothing missing.
    """
    counts, stopped = _Counts(), False
    for target in targets:
        pruning = Pruning.of(ignore)
        run = _TargetScan(store, target, pruning, counts, again, progress, cancelled, changed, children, films)
        stopped = not run.run()
        if stopped:
            break
    return ScanOutcome(
        found=counts.found,
        added=counts.added,
        changed=counts.changed,
        moved=counts.moved,
        missing=counts.missing,
        problems=counts.problems,
        cancelled=stopped,
        offline=tuple(counts.offline),
        left_out=counts.left_out,
    )


class _TargetScan:
    """One pass over one target: the walk feeds the readers, the readers feed the batches."""

    def __init__(
        self,
        store: Store,
        target: ScanTarget,
        pruning: Pruning,
        counts: _Counts,
        again: bool,
        progress: Progress,
        cancelled: Cancelled,
        changed: Callable[[list[int]], None],
        children: int,
        films: bool,
    ) -> None:
        self.store = store
        self.target = target
        self.pruning = pruning
        self.counts = counts
        self.again = again
        self.progress = progress
        self.cancelled = cancelled
        self.changed = changed
        self.children = children
        self.films = films
        self.seen: set[int] = set()
        self.moved_files = MovedFiles(self.seen)
        self.back: list[int] = []
        self.visited: set[bytes] = set()
        self.not_there: list[tuple[int, bytes]] = []  # tracks that their folder does not list
        self.settled: list[FolderVisit] = []
        self.confirmed_problems: set[bytes | int] = set()  # paths, or ids of tracks that are as they were
        self.unlisted: list[bytes] = []
        self.stopped = False
        self.batch: list[Reading] = []
        self.faults: list[tuple[Path, Refusal]] = []
        self.committed_at = time.monotonic()
        self.first = True

    def run(self) -> bool:
        """False when cancelled."""
        with self.store.reading() as connection:
            row = connection.execute("SELECT path, whole FROM roots WHERE id = ?", (self.target.root_id,)).fetchone()
            if row is None:
                return True
            where, values = below_clause(self.target)
            self.expected = connection.execute(f"SELECT count(*) FROM tracks WHERE {where}", values).fetchone()[0]
            self.states = known_states(connection, self.target) if row[1] and not self.again else {}
            forget = FILM.message if self.films else ""
            self.tried, self.odd = tried_files(connection, self.target.root_id, forget=forget)
        self.root, self.whole = decode(row[0]), bool(row[1])
        if not is_online(self.store, self.target.root_id, self.root):
            self._mark_online(False)
            self.counts.offline.append(show(row[0]))
            return True
        self._mark_online(True)
        for reading in read_files(self._files_to_read(), self.cancelled, self.children, films=self.films):
            self.batch.append(reading)
            self._commit_when_due()
            if self.cancelled():
                self.stopped = True
                break
        self._commit()
        if self.stopped or self.cancelled():
            return False
        self._settle_vanished()
        return True

    def _mark_online(self, online: bool) -> None:
        with self.store.writing() as connection:
            connection.execute("UPDATE roots SET online = ? WHERE id = ?", (int(online), self.target.root_id))

    # --- the walk

    def _listings(self) -> Iterator[Listing]:
        below = self.target.below
        if self.whole and (not below or (self.root / decode(below)).is_dir()):
            yield from walk(self.root, below, self.pruning)
            return
        with self.store.reading() as connection:
            rows = connection.execute(
                "SELECT rel_path FROM tracks WHERE root_id = ?", (self.target.root_id,)
            ).fetchall()
        wanted = {below} if below else {row[0] for row in rows}
        listing = next(walk(self.root, folder_of(below), Pruning.of(())))  # such files all lie in one folder
        prefix = listing.rel + b"/" if listing.rel else b""
        listing.files = [file for file in listing.files if prefix + os.fsencode(file[0]) in wanted]
        listing.faults = [fault for fault in listing.faults if prefix + os.fsencode(fault[0].name) in wanted]
        listing.only = frozenset(wanted)
        yield listing

    def _files_to_read(self) -> Iterator[ToRead | None]:
        for listing in self._listings():
            if self.cancelled():
                self.stopped = True
                return
            self.visited.add(listing.rel)
            if listing.unreadable:
                self.unlisted.append(listing.rel)
                self.faults.append((Path(listing.folder), refusal("folder not listed", reason=listing.unreadable)))
                continue
            self.faults += listing.faults
            self.counts.found += len(listing.files)
            visit = FolderVisit(listing.rel, b"")
            if listing.is_plain:
                visit.state = state_of(listing.files)
                if self.states.get(listing.rel) == visit.state:
                    continue
            yield from self._changed_files(listing, visit)
            yield None
            self.progress(
                self.counts.found,
                max(self.expected, self.counts.found),
                Step("scanning folder", os.path.basename(listing.folder)),  # noqa: PTH119
            )
            self._commit_when_due()

    def _changed_files(self, listing: Listing, visit: FolderVisit) -> Iterator[ToRead]:
        with self.store.reading() as connection:
            known = known_files(connection, self.target.root_id, visit.folder)
        prefix = visit.folder + b"/" if visit.folder else b""
        names = listing.names()
        changed: list[ToRead] = []
        for name, status in listing.files:
            rel_path = prefix + os.fsencode(name)
            path = Path(listing.folder, name)
            row = known.pop(rel_path, None)
            if row is not None:
                self.seen.add(row.track_id)
            if self._passes_over(encode(path), status, row, visit):
                continue
            asked = ToRead(self.target.root_id, rel_path, path, names_beside=names, visit=visit)
            changed.append(asked if row is None else row.asked_of(asked, status))
        self.not_there += [
            (row.track_id, rel_path)
            for rel_path, row in known.items()
            if not row.missing and (listing.only is None or rel_path in listing.only)
        ]
        visit.waiting = len(changed)
        self._settle(visit)
        yield from changed

    def _passes_over(self, path: bytes, status: os.stat_result, row: KnownFile | None, visit: FolderVisit) -> bool:
        """Whether a file need not be read: its track says all of it, or it was tried in the state it is in."""
        if self.again:
            return False
        tried = self.tried.get(path)
        as_tried = tried is not None and tried.is_as_tried(status)
        if row is None:
            if as_tried:
                self.confirmed_problems.add(path)
                visit.spoiled = True
            return as_tried
        untouched = row.is_untouched(status)
        if not untouched and not (tried is not None and as_tried and tried.says_all_of(row)):
            return False
        self.confirmed_problems |= {row.track_id, path}
        visit.spoiled |= row.track_id in self.odd
        if row.missing and row.is_same(status):
            self.back.append(row.track_id)
        return True

    def _settle(self, visit: FolderVisit) -> None:
        if visit.state and visit.is_settled:
            self.settled.append(visit)

    # --- storing

    def _commit_when_due(self) -> None:
        waited = time.monotonic() - self.committed_at
        if len(self.batch) >= (FIRST_BATCH if self.first else FILES_PER_BATCH) or (
            waited >= BATCH_S and (self.batch or self.back or self.settled)
        ):
            self._commit()

    def _commit(self) -> None:
        """Store the batch in one transaction and tell which tracks changed."""
        ids: list[int] = list(self.back)
        if self.batch or self.faults or self.back or self.settled:
            with self.store.writing() as connection:
                connection.executemany(
                    "UPDATE tracks SET missing = 0, missing_since = NULL WHERE id = ?",
                    [(track_id,) for track_id in self.back],
                )
                for reading in self.batch:
                    track_id = self._store_reading(connection, reading)
                    if track_id is not None:
                        ids.append(track_id)
                for path, why in self.faults:
                    record_problem(connection, path, "scan", why, root_id=self.target.root_id)
                    self.confirmed_problems.add(encode(path))
                keep_states(connection, self.target.root_id, self.settled)
        self.batch, self.faults, self.back, self.settled = [], [], [], []
        self.committed_at, self.first = time.monotonic(), False
        if ids:
            self.changed(ids)
            self.progress(self.counts.found, max(self.expected, self.counts.found), Step("reading tags"))

    def _store_reading(self, connection: sqlite3.Connection, reading: Reading) -> int | None:
        asked = reading.asked
        track_id = self._store_track(connection, reading)
        why = reading.why
        if why is not None:
            sure = reading.sure or happened_before(connection, encode(asked.path), why.message)
            state, ctime_ns, root_id = reading.identity if sure else None, reading.ctime_ns, asked.root_id
            record_problem(
                connection, asked.path, "scan", why,
                track_id=track_id, root_id=root_id, identity=state, ctime_ns=ctime_ns,
            )  # fmt: skip
            self.confirmed_problems.add(encode(asked.path))
        else:
            clear_problem(connection, asked.path, "scan")
        if asked.visit is not None:
            asked.visit.waiting -= 1
            asked.visit.spoiled |= reading.track is None or why is not None
            self._settle(asked.visit)
        return track_id

    def _store_track(self, connection: sqlite3.Connection, reading: Reading) -> int | None:
        asked, track = reading.asked, reading.track
        if track is None:
            return asked.known_id
        if asked.known_id is not None:
            if not still_is(asked.path, track.identity):
                if asked.visit is not None:
                    asked.visit.spoiled = True
                return asked.known_id  # we or others wrote it since: what is stored is newer, or the next scan reads it
            has_news = update_track(connection, asked.known_id, track, file_unchanged=asked.unchanged)
            self.counts.changed += has_news or not asked.unchanged
            return asked.known_id
        track_id = self.moved_files.find(connection, track, asked.names_beside)
        if track_id is not None:
            update_track(connection, track_id, track, sound_proved=True)
            self.counts.moved += 1
        else:
            track_id = insert_track(connection, track)
            self.counts.added += 1
        self.seen.add(track_id)
        return track_id

    # --- the end

    def _settle_vanished(self) -> None:
        """Nothing is marked missing of a root that went away meanwhile."""
        if not is_online(self.store, self.target.root_id, self.root):
            self._mark_online(False)
            self.counts.offline.append(show(encode(self.root)))
            return
        confirmed = frozenset(self.confirmed_problems)
        walked = Walked(self.visited, self.not_there, self.seen, confirmed, self.unlisted)
        vanished = settle_vanished(self.store, self.target, self.root, walked)
        self.counts.missing += len(vanished.track_ids)
        self.counts.problems += vanished.problems
        self.counts.left_out += vanished.films
        if vanished.track_ids:
            self.changed(vanished.track_ids)
