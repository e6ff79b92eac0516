"""The rows that readers of the library see: plain data, no connection, no Qt."""

from __future__ import annotations

from typing import Literal

import msgspec

from pemr_desktop.refusals import Refusal
from pemr_desktop.tagfiles.code_pages import LegacyText
from pemr_desktop.tagfiles.plan import FieldChange

TrackState = Literal["present", "offline", "missing"]
Decision = Literal["accepted", "rejected"]
Relation = Literal["same recording", "version", "not a version"]
Verdict = Literal["same recording", "version", "possible", "none"]


class TrackRow(msgspec.Struct, frozen=True, gc=False):
    """One line of the library table. `path` is `os.fsencode(absolute path)`; `location` is the same, readable.

    Thousands are kept, none in a circle: the garbage collector, which stops the window, has nothing to look for.
    """

    id: int
    path: bytes
    location: str
    title: str
    artist: str
    album: str
    album_artist: str
    track_number: int | None
    disc_number: int | None
    year: int | None
    duration_s: float | None
    format: str
    genres: tuple[str, ...]
    moods: tuple[str, ...]
    suggestions: tuple[TagSuggestion, ...]
    state: TrackState
    analysed: bool
    has_artwork: bool
    cover_group: int | None
    added_at: float


class AlbumRow(msgspec.Struct, frozen=True, gc=False):
    """An album. `path` is that of the track whose picture stands for it; what is counted is not missing.

    `album_artist`: as its tracks say, "Various Artists" where they are of several, empty where they say nothing.
    """

    id: int
    album: str
    album_artist: str
    first_year: int | None
    last_year: int | None
    duration_s: float
    track_count: int
    disc_count: int
    path: bytes
    has_artwork: bool
    state: TrackState

    @property
    def artist(self) -> str:
        """Whose album it is, as of a track: what its picture and its colour go by."""
        return self.album_artist


class TagSuggestion(msgspec.Struct, frozen=True, gc=False):
    """A tag that the ear proposes, with its calibrated probability and what the user said of it, if anything."""

    tag: str
    group: str
    probability: float
    threshold: float
    decision: Decision | None = None


class TrackDetail(msgspec.Struct, frozen=True):
    """All that the inspector shows of one track. `importance`: uint8 per step; `peaks`: uint8 levels over the track."""

    row: TrackRow
    fields: dict[str, tuple[str, ...]]
    suggestions: tuple[TagSuggestion, ...]
    importance: bytes
    importance_step_s: float
    peaks: bytes
    sample_rate: int | None
    channels: int | None
    bit_rate: int | None
    size: int


class Problem(msgspec.Struct, frozen=True):
    """A file that something could not be done with, the reason, and what was left untouched."""

    id: int
    track_id: int | None
    path: bytes
    location: str
    stage: Literal["scan", "analyse", "write"]
    reason: str
    seen_at: float


class Facet(msgspec.Struct, frozen=True):
    """A value to filter by and how many tracks carry it."""

    value: str
    count: int


class RootRow(msgspec.Struct, frozen=True):
    """A folder of the library."""

    id: int
    path: bytes
    location: str
    online: bool
    track_count: int


class JournalBatch(msgspec.Struct, frozen=True):
    """One write or undo as the user saw it: a batch of files."""

    id: int
    operation: Literal["write", "undo"]
    started_at: float
    file_count: int
    done_count: int
    failed_count: int
    undone: bool
    summary: str


class VersionPair(msgspec.Struct, frozen=True):
    """Two tracks that are, or are not, versions of one work, with the evidence."""

    track_a: int
    track_b: int
    relation: Relation
    source: Literal["user", "found", "tags"]
    probability: float | None
    key_shift: int | None
    tempo_ratio: float | None


class CoverGroup(msgspec.Struct, frozen=True):
    """Tracks that are versions of one another."""

    id: int
    title: str
    track_ids: tuple[int, ...]


class ModelRow(msgspec.Struct, frozen=True):
    """A model file known to the library."""

    id: str
    name: str
    path: bytes
    active: bool
    embedded_count: int
    added_at: float


class TagRow(msgspec.Struct, frozen=True):
    """A word that a model knows. Below `threshold` it is not shown; unsupported words are never shown."""

    name: str
    group: str
    threshold: float
    supported: bool = True


class FolderRow(msgspec.Struct, frozen=True):
    """A folder inside a root. `path` is `os.fsencode(absolute path)`; tracks in folders below it count, too."""

    path: bytes
    name: str
    track_count: int
    has_folders: bool


class JournalEntry(msgspec.Struct, frozen=True):
    """One file of a batch: what was changed, whether it came to pass, and whether it was taken back since."""

    id: int
    batch_id: int
    track_id: int | None
    path: bytes
    location: str
    changes: tuple[FieldChange, ...]
    state: Literal["planned", "done", "failed"]
    reason: str
    undone: bool
    updated_at: float


class PlaylistRow(msgspec.Struct, frozen=True):
    """A playlist, without its tracks."""

    id: int
    name: str
    track_count: int
    duration_s: float
    changed_at: float


class LibraryCounts(msgspec.Struct, frozen=True):
    """Numbers for the sidebar and the status line."""

    tracks: int
    analysed: int
    offline: int
    problems: int
    cover_groups: int
    with_suggestions: int
    pending_writes: int


class Recovery(msgspec.Struct, frozen=True):
    """What was found of a writing of tags that was interrupted: of so many `files` left, so many were `written`.

    `left_alone`: another program has changed them since, and their copies were kept. `later`: readable location ->
    why it cannot be settled yet.
    """

    written: int
    files: int
    left_alone: int = 0
    later: dict[str, Refusal] = {}


class LegacyTrack(msgspec.Struct, frozen=True):
    """A track with texts that are in no Unicode encoding. `location`: readable."""

    track_id: int
    location: str
    texts: tuple[LegacyText, ...]
