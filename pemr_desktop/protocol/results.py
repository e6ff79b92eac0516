"""What finished jobs answer: the `result` of `Finished`, one struct for each kind of request."""

from __future__ import annotations

from typing import Literal

import msgspec

from pemr_desktop.library.rows import Verdict
from pemr_desktop.protocol.cover_quality import CoverQuality, CoverTeachingResult
from pemr_desktop.protocol.messages import (
    AddFolders,
    Analyse,
    ApplyWrites,
    CheckCovers,
    FindAllVersions,
    FindCovers,
    ImportPlaylist,
    MoreLikeThis,
    PlanEdits,
    PlanWrites,
    Request,
    SavePlaylist,
    Scan,
    TeachCovers,
    TuneTags,
    Undo,
)
from pemr_desktop.tagfiles.plan import FilePlan


class Passage(msgspec.Struct, frozen=True):
    """Seconds of the query (a) that match seconds of the reference (b)."""

    a_start_s: float
    a_end_s: float
    b_start_s: float
    b_end_s: float


class CoverMatch(msgspec.Struct, frozen=True):
    """One candidate. `key_shift`: semitones from query to reference; `tempo_ratio`: reference over query."""

    track_id: int
    verdict: Verdict
    probability: float
    score: float
    key_shift: int
    tempo_ratio: float
    passages: tuple[Passage, ...]


class CoverResult(msgspec.Struct, frozen=True):
    """The answer of `FindCovers`. `sentence` says it in words, also when there is none or the query has no music."""

    query_track_id: int | None
    matches: tuple[CoverMatch, ...]
    compared: int
    sentence: str
    query_peaks: bytes = b""
    query_duration_s: float = 0.0


class SimilarTrack(msgspec.Struct, frozen=True):
    """A track that sounds alike. `similarity`: cosine of the two, 1 is the same sound."""

    track_id: int
    similarity: float


class SimilarResult(msgspec.Struct, frozen=True):
    """The answer of `MoreLikeThis`."""

    tracks: tuple[SimilarTrack, ...]
    compared: int


class PlanResult(msgspec.Struct, frozen=True):
    """The answer of `PlanWrites`. `refused`: readable location -> reason."""

    plans: tuple[FilePlan, ...]
    refused: dict[str, str]


class WriteResult(msgspec.Struct, frozen=True):
    """The answer of `ApplyWrites` and `Undo`. `refused`: readable location -> reason."""

    batch_id: int | None
    written: int
    refused: dict[str, str]


class ScanResult(msgspec.Struct, frozen=True):
    """The answer of `AddFolders` and `Scan`."""

    found: int
    added: int
    changed: int
    moved: int
    missing: int
    problems: int


class AnalyseResult(msgspec.Struct, frozen=True):
    """The answer of `Analyse`, with the seconds spent by part (decode, front end, encoder, heads, covers, storage)."""

    analysed: int
    problems: int
    audio_s: float
    wall_s: float
    spent_s: dict[str, float]


class PlaylistResult(msgspec.Struct, frozen=True):
    """The answer of `SavePlaylist` and `ImportPlaylist`. `not_found`: entries that are not in the library."""

    playlist_id: int
    found: int
    not_found: tuple[str, ...] = ()


class VersionsResult(msgspec.Struct, frozen=True):
    """The answer of `FindAllVersions`."""

    compared_pairs: int
    found_pairs: int
    groups: int


class TagFigures(msgspec.Struct, frozen=True):
    """How a tag does on albums it was not fitted on.

    `right` of the `shown` suggestions were right, `positives` tracks have it. `tells_apart`: of a track with the tag
    and one without, how often the right one scores higher (ROC-AUC); `pr_auc` for those who know it.
    """

    positives: int
    shown: int
    right: int
    tells_apart: float | None
    pr_auc: float | None


class TunedTag(msgspec.Struct, frozen=True):
    """What tuning did to a tag, and the figures of the shipped one before it. `judged_by`: whose word was the truth."""

    name: str
    group: str
    change: Literal["kept", "better", "switched on", "switched off", "new"]
    is_on: bool
    judged_by: Literal["teacher", "you"]
    before: TagFigures
    after: TagFigures
    reason: str = ""


class TagTuningResult(msgspec.Struct, frozen=True):
    """The answer of `TuneTags`. `tracks` of `albums` were learned from, `listened` of them heard now by the teacher."""

    tracks: int
    albums: int
    listened: int
    tags: tuple[TunedTag, ...]
    fit_s: float
    in_use: bool


RESULTS: dict[type[Request], type[msgspec.Struct]] = {
    AddFolders: ScanResult,
    Scan: ScanResult,
    Analyse: AnalyseResult,
    PlanWrites: PlanResult,
    PlanEdits: PlanResult,
    ApplyWrites: WriteResult,
    Undo: WriteResult,
    FindCovers: CoverResult,
    MoreLikeThis: SimilarResult,
    FindAllVersions: VersionsResult,
    CheckCovers: CoverQuality,
    TeachCovers: CoverTeachingResult,
    TuneTags: TagTuningResult,
    SavePlaylist: PlaylistResult,
    ImportPlaylist: PlaylistResult,
}
