"""What finished jobs answer: the `result` of `Finished`, one struct for each kind of request."""

from __future__ import annotations

from typing import Literal

import msgspec

from pemr_desktop.library.rows import LegacyTrack, Verdict
from pemr_desktop.protocol.cover_quality import CoverFitReport, CoverQuality
from pemr_desktop.protocol.messages import (
    AcceptAbove,
    ActivateModel,
    AddFolders,
    Analyse,
    ApplyWrites,
    Cancelled,
    CheckCovers,
    Decide,
    DeletePlaylist,
    FindAllVersions,
    FindCovers,
    FindLegacyTexts,
    Finished,
    FitCoverSearch,
    ImportPlaylist,
    JudgeVersion,
    MoreLikeThis,
    PlanEdits,
    PlanRecoding,
    PlanWrites,
    RemoveRoot,
    Request,
    ResetCoverSearch,
    SavePlaylist,
    Scan,
    TuneTags,
    Undo,
    UntuneTags,
)
from pemr_desktop.refusals import Refusal
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


class CoversFound(msgspec.Struct, frozen=True, tag="found", tag_field="answer"):
    """What was found among so many tracks (`compared`): `possible` ones are too unsure to be called versions."""

    copies: int
    versions: int
    possible: int
    compared: int


class NotComparable(msgspec.Struct, frozen=True, tag="not comparable", tag_field="answer"):
    """The query itself has no music. `seconds`: its length if it is too short, else how much of it sounds."""

    why: Literal["too short", "silent", "too quiet", "no pitches", "unchanging"]
    seconds: float


class NothingToCompare(msgspec.Struct, frozen=True, tag="nothing to compare", tag_field="answer"):
    """There is no other track to compare the query with."""

    why: Literal["none analysed", "all silent"]


CoverAnswer = CoversFound | NotComparable | NothingToCompare


class CoverResult(msgspec.Struct, frozen=True):
    """The answer of `FindCovers`. `query_cut_to_s`: how much of a longer query was compared."""

    query_track_id: int | None
    matches: tuple[CoverMatch, ...]
    compared: int
    answer: CoverAnswer
    query_peaks: bytes = b""
    query_duration_s: float = 0.0
    query_cut_to_s: float | None = None


class SimilarTrack(msgspec.Struct, frozen=True):
    """A track that sounds alike. `similarity`: cosine of the two, 1 is the same sound."""

    track_id: int
    similarity: float


class SimilarResult(msgspec.Struct, frozen=True):
    """The answer of `MoreLikeThis`."""

    tracks: tuple[SimilarTrack, ...]
    compared: int


class PlanResult(msgspec.Struct, frozen=True):
    """The answer of `PlanWrites`, `PlanEdits` and `PlanRecoding`. `refused`: readable location -> reason.

    `without_field`: readable location -> accepted tags that have no place in the file.
    """

    plans: tuple[FilePlan, ...]
    refused: dict[str, Refusal]
    without_field: dict[str, tuple[str, ...]] = {}


class PageShare(msgspec.Struct, frozen=True):
    """A code page by its name, and how likely it is, as a share of all that were considered."""

    name: str
    share: float


class LegacyTextsResult(msgspec.Struct, frozen=True):
    """The answer of `FindLegacyTexts`. `tracks`: the first that have such texts, `count`: how many do.

    `pages`: the likeliest first; `refused`: readable location -> why a file cannot be read.
    """

    tracks: tuple[LegacyTrack, ...]
    count: int
    pages: tuple[PageShare, ...]
    refused: dict[str, Refusal]


class WriteResult(msgspec.Struct, frozen=True):
    """The answer of `ApplyWrites` and `Undo`. `refused`: readable location -> reason."""

    batch_id: int | None
    written: int
    refused: dict[str, Refusal]


class ScanResult(msgspec.Struct, frozen=True):
    """The answer of `AddFolders` and `Scan`.

    `offline`: readable locations of folders that cannot be reached now; `refused`: why folders were not added.
    `left_out`: films that were passed over.
    """

    found: int
    added: int
    changed: int
    moved: int
    missing: int
    problems: int
    offline: tuple[str, ...] = ()
    refused: tuple[Refusal, ...] = ()
    left_out: int = 0


class AnalyseResult(msgspec.Struct, frozen=True):
    """The answer of `Analyse`, with the seconds spent by part (decode, front end, encoder, heads, covers, storage).

    `waiting`: tracks there were to analyse; `unreachable` of them are not there at the moment. Without any, `given_up`
    says how many cannot be analysed and are not tried again.
    """

    analysed: int
    problems: int
    audio_s: float
    wall_s: float
    spent_s: dict[str, float]
    waiting: int = 0
    unreachable: int = 0
    given_up: int = 0


class PlaylistResult(msgspec.Struct, frozen=True):
    """The answer of `SavePlaylist` and `ImportPlaylist`.

    `missing`: how many entries are not in the library; `not_found`: the first of them.
    """

    playlist_id: int
    found: int
    not_found: tuple[str, ...] = ()
    missing: int = 0


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


TagDoubt = Literal[
    "poor here",
    "poor on other albums",
    "unconfirmed on other albums",
    "too few tracks",
    "every track",
    "one album",
    "not told apart",
    "no threshold",
]


class TagReason(msgspec.Struct, frozen=True):
    """Why a tag is off, as a code with its figures."""

    code: TagDoubt
    values: dict[str, str] = {}


class TunedTag(msgspec.Struct, frozen=True):
    """What tuning did to a tag, and the figures of the shipped one before it. `judged_by`: whose word was the truth.

    `reason`: why it is off, in the words of its model; `why`: the same as a code, where it is one of those known here.
    """

    name: str
    group: str
    change: Literal["kept", "better", "switched on", "switched off", "new"]
    is_on: bool
    judged_by: Literal["teacher", "you"]
    before: TagFigures
    after: TagFigures
    reason: str = ""
    why: TagReason | None = None


class TagTuningResult(msgspec.Struct, frozen=True):
    """The answer of `TuneTags`. `tracks` of `albums` were learned from, `listened` of them heard now by the teacher."""

    tracks: int
    albums: int
    listened: int
    tags: tuple[TunedTag, ...]
    fit_s: float
    in_use: bool


class TuningStopped(msgspec.Struct, frozen=True):
    """What a `TuneTags` that was cancelled has done: the teacher listened to so many tracks, and no tag was changed."""

    listened: int


class Done(msgspec.Struct, frozen=True):
    """The answer where the request says everything: `JudgeVersion`, `DeletePlaylist`."""


class RootRemoved(msgspec.Struct, frozen=True):
    """The answer of `RemoveRoot`. `location`: the folder, readable; None if it was not in the library any more."""

    location: str | None
    tracks: int = 0


class TracksDecided(msgspec.Struct, frozen=True):
    """The answer of `Decide` and `AcceptAbove`: how many tracks it changed."""

    tracks: int


class ModelActivated(msgspec.Struct, frozen=True):
    """The answer of `ActivateModel`. `waiting`: tracks to be analysed with it."""

    name: str
    waiting: int


class WentBack(msgspec.Struct, frozen=True):
    """The answer of `UntuneTags` and `ResetCoverSearch`. `changed` is False where nothing had been tuned or taught."""

    changed: bool


RESULTS: dict[type[Request], type[msgspec.Struct]] = {
    RemoveRoot: RootRemoved,
    Decide: TracksDecided,
    AcceptAbove: TracksDecided,
    JudgeVersion: Done,
    ResetCoverSearch: WentBack,
    ActivateModel: ModelActivated,
    UntuneTags: WentBack,
    DeletePlaylist: Done,
    AddFolders: ScanResult,
    Scan: ScanResult,
    Analyse: AnalyseResult,
    PlanWrites: PlanResult,
    PlanEdits: PlanResult,
    FindLegacyTexts: LegacyTextsResult,
    PlanRecoding: PlanResult,
    ApplyWrites: WriteResult,
    Undo: WriteResult,
    FindCovers: CoverResult,
    MoreLikeThis: SimilarResult,
    FindAllVersions: VersionsResult,
    CheckCovers: CoverQuality,
    FitCoverSearch: CoverFitReport,
    TuneTags: TagTuningResult,
    SavePlaylist: PlaylistResult,
    ImportPlaylist: PlaylistResult,
}
"""What `Finished` brings, and `Cancelled` where something was done before."""

STOPPED: dict[type[Request], type[msgspec.Struct]] = {TuneTags: TuningStopped}
"""What `Cancelled` brings instead."""


def result_of(request: Request, event: Finished | Cancelled) -> msgspec.Struct | None:
    """The job's own result, typed; None where it was cancelled before it had one."""
    kind = RESULTS[type(request)]
    if isinstance(event, Cancelled):
        kind = STOPPED.get(type(request), kind)
    return msgspec.json.decode(event.result, type=kind | None)
