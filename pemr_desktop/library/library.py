"""The library as its one writer sees it: a method an operation, each in a module of its own."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Concatenate, Literal, ParamSpec, TypeVar

import numpy as np
import numpy.typing as npt

from pemr_desktop.library import duplicates, problems, suggestions
from pemr_desktop.library.albums.settling import settle_albums
from pemr_desktop.library.database import backups
from pemr_desktop.library.database.lock import LibraryLock
from pemr_desktop.library.database.store import Cancelled, Store
from pemr_desktop.library.embeddings import analyses, models
from pemr_desktop.library.embeddings.analyses import Segments, ToAnalyse, TrackAnalysis
from pemr_desktop.library.embeddings.models import ModelInfo
from pemr_desktop.library.errors import LibraryDamaged
from pemr_desktop.library.paths import encode
from pemr_desktop.library.playlists import importing, playlists
from pemr_desktop.library.playlists.importing import ImportedPlaylist
from pemr_desktop.library.rows import Recovery, Relation
from pemr_desktop.library.scanning import roots, scanner
from pemr_desktop.library.scanning.read_pool import usual_children
from pemr_desktop.library.scanning.roots import ScanTarget
from pemr_desktop.library.scanning.scanner import ScanOutcome
from pemr_desktop.library.scanning.walk import DEFAULT_IGNORE
from pemr_desktop.library.suggestions import Choice
from pemr_desktop.library.upkeep import repair
from pemr_desktop.library.upkeep.repair import Finding
from pemr_desktop.library.versions import pairs
from pemr_desktop.library.versions.pairs import FoundVersion
from pemr_desktop.library.writing import apply, plan, recoding, recovery
from pemr_desktop.library.writing.apply import Written
from pemr_desktop.library.writing.plan import Plans, WriteOptions
from pemr_desktop.library.writing.recoding import LegacyTexts
from pemr_desktop.refusals import Refusal, refusal
from pemr_desktop.steps import Progress, Step
from pemr_desktop.tagfiles.code_pages import CodePage
from pemr_desktop.tagfiles.errors import readable
from pemr_desktop.tagfiles.identity import FileIdentity
from pemr_desktop.tagfiles.plan import FilePlan

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")


def _silent(done: int, total: int, step: Step) -> None:
    """For callers that want no progress."""


def _never() -> bool:
    return False


def _nobody(ids: list[int]) -> None:
    """For callers that do not refresh anything."""


class Library:
    """Made by `database.open_library`. Any thread may call; one call at a time uses the database."""

    def __init__(self, path: Path, connection: sqlite3.Connection, lock: LibraryLock) -> None:
        self.path = path
        self.recovery: Recovery | None = None
        self.store = Store(path, connection, before_commit=settle_albums)
        self._lock = lock

    def close(self) -> None:
        """Close the file and let others write."""
        self.store.close()
        self._lock.release()

    def __enter__(self) -> Library:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def read(self, function: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`function(connection, …)` on the writing connection: sees everything stored so far."""
        return self.store.read(function, *args, **kwargs)

    # --- care

    def reconcile(self) -> Recovery | None:
        """Settle what a crash left in the middle -> what that was. Opening a library does this."""
        return recovery.reconcile(self.store)

    def backup(self, name: str) -> Path:
        """Copy the database to its backup folder under a name. Raises LibraryDamaged rather than copy a damaged one."""
        self.store.check_in_place()
        with closing(backups.own_connection(self.path)) as connection:  # so that nobody waits meanwhile
            answer = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
            if answer != "ok":
                log.warning("The library is damaged: %s", answer)
                raise LibraryDamaged(
                    "library damaged, not backed up",
                    library=readable(self.path),
                    reason=refusal("database damaged"),
                    folder=readable(backups.backup_folder(self.path)),
                )
            return backups.back_up(connection, self.path, name)

    def backup_if_due(self) -> Path | None:
        """The daily backup, if a day has passed; older ones are thinned out."""
        now = datetime.now()
        if not backups.is_due(self.path, now):
            return None
        made = self.backup(backups.daily_name(now))
        backups.thin_out(self.path, now)
        return made

    def repair(self) -> list[Finding]:
        """Make indexes and counts anew after a backup -> what was done. Music files are not touched."""
        return repair.repair(self.store)

    # --- roots and scan

    def add_root(self, path: Path) -> ScanTarget:
        """Take in a folder or a file -> what to scan. Raises LibraryError when it is not there."""
        return roots.add_root(self.store, path)

    def drop_fruitless_roots(self, targets: Sequence[ScanTarget]) -> list[Refusal]:
        """Forget the folders of single files of which none was music -> why, where the scan says it."""
        return roots.drop_fruitless(self.store, targets)

    def remove_root(self, root_id: int) -> None:
        """Forget a folder and its tracks; files are untouched."""
        roots.remove_root(self.store, root_id)

    def check_roots(self) -> bool:
        """Mark roots online or offline; True when one changed."""
        return roots.check_roots(self.store)

    def scan(
        self,
        root_ids: Sequence[int] = (),
        *,
        targets: Sequence[ScanTarget] = (),
        ignore: Sequence[str] = DEFAULT_IGNORE,
        again: bool = False,
        films: bool = False,
        progress: Progress | None = None,
        cancelled: Cancelled | None = None,
        changed: Callable[[list[int]], None] | None = None,
        children: int | None = None,
    ) -> ScanOutcome:
        """Look for new, changed, moved and vanished files in these roots and targets; none named: in all roots.

        `again`: read every file anew, also those that look as they were.
        Without `films` they are left out, and counted.
        """
        wanted = [*targets, *(ScanTarget(root_id) for root_id in root_ids)]
        if not wanted:
            with self.store.reading() as connection:
                wanted = [ScanTarget(row[0]) for row in connection.execute("SELECT id FROM roots ORDER BY id")]
        return scanner.scan(
            self.store,
            wanted,
            ignore=ignore,
            again=again,
            progress=progress or _silent,
            cancelled=cancelled or _never,
            changed=changed or _nobody,
            children=children or usual_children(),
            films=films,
        )

    # --- the ear

    def register_model(self, model: ModelInfo) -> None:
        """Make a model and its words known."""
        with self.store.writing() as connection:
            models.register_model(connection, model)

    def activate_model(self, model_id: str) -> None:
        """From now on suggestions are those of this model."""
        with self.store.writing() as connection:
            models.activate_model(connection, model_id)

    def tracks_to_analyse(
        self, model_id: str, ids: Sequence[int] = (), *, again: bool = False, cover_version: int | None = None
    ) -> list[ToAnalyse]:
        """Tracks that this model has not analysed yet, or whose analysis is of another version of the cover search."""
        return self.store.read(analyses.tracks_to_analyse, model_id, ids, again=again, cover_version=cover_version)

    def not_analysed(self, model_id: str, ids: Sequence[int] = ()) -> int:
        """How many tracks, of these or of all, this model has not analysed because something is wrong with them."""
        return self.store.read(analyses.not_analysed, model_id, ids)

    def store_analyses(self, new: Sequence[TrackAnalysis]) -> None:
        """Store several hearings in one transaction."""
        with self.store.writing() as connection:
            analyses.store_analyses(connection, new)

    def store_predictions(
        self, model_id: str, track_ids: Sequence[int], tags: Sequence[str], probabilities: npt.NDArray[np.float32]
    ) -> None:
        """Replace what a model says of tracks it has analysed: probabilities (tracks, tags). Decisions stay."""
        with self.store.writing() as connection:
            analyses.store_predictions(connection, model_id, track_ids, tags, probabilities)

    def generation(self) -> int:
        """Rises whenever an embedding was stored."""
        return self.store.read(analyses.generation)

    def vectors(self, model_id: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """Track ids (n,) and track vectors (n, d) of one model."""
        return self.store.read(analyses.vectors, model_id)

    def segments(self, track_id: int, model_id: str) -> Segments | None:
        """The moments of a track as a model embedded them."""
        return self.store.read(analyses.segments, track_id, model_id)

    def cover_features_of(self, track_id: int, version: int) -> bytes | None:
        """The features of one track, None when it has none of this version."""
        return self.store.read(analyses.cover_features_of, track_id, version)

    def cover_features(self, version: int) -> Iterator[tuple[int, bytes]]:
        """(track id, features) of every track whose features have this version."""
        yield from self.store.read(lambda connection: list(analyses.cover_features(connection, version)))

    def cover_stamps(self, version: int, length: int) -> dict[int, bytes]:
        """Track id -> the first `length` bytes of its features, for every track that `cover_features` gives."""
        return self.store.read(analyses.cover_stamps, version, length)

    def record_problem(
        self,
        path: Path,
        stage: problems.Stage,
        why: Refusal,
        *,
        track_id: int | None = None,
        identity: FileIdentity | None = None,
    ) -> None:
        """Put a file on the problems list. With `identity` it is not tried again until it changes."""
        with self.store.writing() as connection:
            problems.record_problem(connection, path, stage, why, track_id=track_id, identity=identity)

    def clear_problem(self, path: Path, stage: problems.Stage) -> None:
        """Take a file off the problems list."""
        with self.store.writing() as connection:
            problems.clear_problem(connection, path, stage)

    # --- decisions and writing

    def decide(self, track_ids: Sequence[int], tags: Sequence[str], decision: Choice) -> list[int]:
        """Accept, reject or clear tags -> ids of tracks that changed."""
        with self.store.writing() as connection:
            return suggestions.decide(connection, track_ids, tags, decision)

    def accept_above(self, probability: float, track_ids: Sequence[int] = ()) -> list[int]:
        """Accept shown, undecided suggestions at least this likely -> ids of tracks that changed."""
        with self.store.writing() as connection:
            return suggestions.accept_above(connection, probability, track_ids)

    def plan_writes(
        self,
        track_ids: Sequence[int] = (),
        *,
        options: WriteOptions | None = None,
        progress: Progress | None = None,
        cancelled: Cancelled | None = None,
    ) -> Plans:
        """What accepted tags would change in files; nothing is written."""
        return plan.plan_writes(
            self.store, track_ids, options or WriteOptions(), progress or _silent, cancelled or _never
        )

    def plan_edits(
        self,
        edits: Mapping[int, Mapping[str, Sequence[str]]],
        *,
        add: Mapping[str, Sequence[str]] | None = None,
        remove: Mapping[str, Sequence[str]] | None = None,
        options: WriteOptions | None = None,
        progress: Progress | None = None,
        cancelled: Cancelled | None = None,
    ) -> Plans:
        """What the user's own edits would change: track id -> field -> exactly these values; see `plan_edits`."""
        told = progress or _silent, cancelled or _never
        return plan.plan_edits(self.store, edits, options or WriteOptions(), *told, add=add or {}, remove=remove or {})

    def find_legacy_texts(
        self, track_ids: Sequence[int], *, progress: Progress | None = None, cancelled: Cancelled | None = None
    ) -> LegacyTexts:
        """What these tracks have in old code pages, and which pages are likely."""
        return recoding.find_legacy_texts(self.store, track_ids, progress or _silent, cancelled or _never)

    def plan_recodings(
        self,
        track_ids: Sequence[int],
        page: CodePage,
        *,
        options: WriteOptions | None = None,
        progress: Progress | None = None,
        cancelled: Cancelled | None = None,
    ) -> Plans:
        """What these tracks would say in Unicode if their old texts are in this page; nothing is written."""
        return recoding.plan_recodings(
            self.store, track_ids, page, options or WriteOptions(), progress or _silent, cancelled or _never
        )

    def apply_writes(
        self,
        plans: Sequence[FilePlan],
        *,
        options: WriteOptions | None = None,
        progress: Progress | None = None,
        cancelled: Cancelled | None = None,
    ) -> Written:
        """Write exactly these plans as one journalled batch."""
        return apply.apply_writes(
            self.store, plans, options or WriteOptions(), progress or _silent, cancelled or _never
        )

    def undo(
        self,
        batch_id: int,
        entry_ids: Sequence[int] = (),
        *,
        options: WriteOptions | None = None,
        progress: Progress | None = None,
        cancelled: Cancelled | None = None,
    ) -> Written:
        """Take back a batch, or some of its files, as a new journalled batch."""
        return apply.undo(
            self.store, batch_id, entry_ids, options or WriteOptions(), progress or _silent, cancelled or _never
        )

    # --- versions and playlists

    def judge(self, track_a: int, track_b: int, relation: Relation | Literal["undecided"]) -> list[int]:
        """The user's word on a pair -> tracks whose group may have changed."""
        with self.store.writing() as connection:
            return pairs.judge(connection, track_a, track_b, relation)

    def store_versions(self, track_id: int, found: Sequence[FoundVersion]) -> None:
        """Store what was found for a track, and that it has been compared."""
        with self.store.writing() as connection:
            pairs.store_versions(connection, track_id, found)

    def compared_ids(self) -> set[int]:
        """Tracks that were compared with one another before."""
        return self.store.read(pairs.compared_ids)

    def regroup(self) -> int:
        """Cover groups anew -> how many."""
        with self.store.writing() as connection:
            return pairs.regroup(connection)

    def versions_from_tags(self) -> int:
        """Pairs whose files name the same MusicBrainz work or recording -> how many."""
        with self.store.writing() as connection:
            return pairs.versions_from_tags(connection)

    def save_playlist(self, name: str, track_ids: Sequence[int], playlist_id: int | None = None) -> int:
        """Make or replace a playlist -> its id."""
        with self.store.writing() as connection:
            return playlists.save_playlist(connection, name, track_ids, playlist_id)

    def find_duplicates(
        self, *, progress: Progress | None = None, cancelled: Cancelled | None = None
    ) -> list[list[int]]:
        """Find files with the very same sound, and the same recording -> groups of ids: the view "duplicates"."""
        return duplicates.find_duplicates(self.store, progress or _silent, cancelled or _never)

    def find_same_sound(self, *, progress: Progress | None = None, cancelled: Cancelled | None = None) -> None:
        """The first half of `find_duplicates`: cheap enough for the end of every scan."""
        duplicates.find_same_sound(self.store, progress or _silent, cancelled or _never)

    def find_same_recordings(
        self, track_ids: Sequence[int], *, progress: Progress | None = None, cancelled: Cancelled | None = None
    ) -> None:
        """Compare tracks that were just analysed with all others of the same length."""
        duplicates.find_same_recordings(self.store, track_ids, progress or _silent, cancelled or _never)

    def import_playlist(
        self, path: Path, *, progress: Progress | None = None, cancelled: Cancelled | None = None
    ) -> ImportedPlaylist:
        """Make a playlist of the entries of a playlist file that the library has. Raises JobCancelled."""
        return importing.import_playlist(self.store, path, progress or _silent, cancelled or _never)

    def delete_playlist(self, playlist_id: int) -> None:
        """Delete a playlist; no track is touched."""
        with self.store.writing() as connection:
            playlists.delete_playlist(connection, playlist_id)

    def location(self) -> str:
        """The library file, readable."""
        return encode(self.path).decode("utf-8", "replace")
