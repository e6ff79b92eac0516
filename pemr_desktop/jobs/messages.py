"""What the window and the worker say to each other: JSON Lines over standard input and output.

Paths travel as `os.fsencode(path)`, because a file name need not be Unicode; in JSON they are base64.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from pemr_desktop.jobs.cover_quality import CoverQuality, CoverTeachingResult
from pemr_desktop.library.rows import Relation, Verdict
from pemr_desktop.tagfiles.plan import FilePlan

HardLinks = Literal["refuse", "break", "in place"]
"""What to do with a file that has more than one name: leave it, write a copy of its own, or write to all names."""


class Request(msgspec.Struct, frozen=True, tag_field="job"):
    """What a job is asked to do. Every job is idempotent: run again, it goes on where it stopped."""


class AddFolders(Request, frozen=True, tag="add-folders"):
    """Take folders (or single files) into the library and scan them."""

    paths: tuple[bytes, ...]


class Scan(Request, frozen=True, tag="scan"):
    """Look for new, changed, moved and vanished files. No root ids: all roots."""

    root_ids: tuple[int, ...] = ()


class RemoveRoot(Request, frozen=True, tag="remove-root"):
    """Forget a folder. Its files are not touched."""

    root_id: int


class Analyse(Request, frozen=True, tag="analyse"):
    """Decode, embed and suggest. No ids: every track without an embedding of the active model."""

    track_ids: tuple[int, ...] = ()
    again: bool = False


class Decide(Request, frozen=True, tag="decide"):
    """Accept, reject or clear suggestions."""

    track_ids: tuple[int, ...]
    tags: tuple[str, ...]
    decision: Literal["accepted", "rejected", "undecided"]


class AcceptAbove(Request, frozen=True, tag="accept-above"):
    """Accept every undecided suggestion at or above a probability. No ids: all tracks."""

    probability: float
    track_ids: tuple[int, ...] = ()


class PlanWrites(Request, frozen=True, tag="plan-writes"):
    """What accepted tags would change in files. No ids: every track with accepted tags not yet written."""

    track_ids: tuple[int, ...] = ()
    hard_links: HardLinks = "refuse"


class PlanEdits(Request, frozen=True, tag="plan-edits"):
    """What the user's own edits would change in files: per track, fields set to exactly these values.

    In all of these tracks, values are taken out (`remove`; none named: all of the field) and put in (`add`).
    """

    edits: dict[int, dict[str, tuple[str, ...]]]
    hard_links: HardLinks = "refuse"
    add: dict[str, tuple[str, ...]] = {}
    remove: dict[str, tuple[str, ...]] = {}


class ApplyWrites(Request, frozen=True, tag="apply-writes"):
    """Write exactly these plans; a file that changed since is left untouched and named."""

    plans: tuple[FilePlan, ...]
    hard_links: HardLinks = "refuse"


class Undo(Request, frozen=True, tag="undo"):
    """Bring back what a batch (or single journal entries of it) changed."""

    batch_id: int
    entry_ids: tuple[int, ...] = ()


class FindCovers(Request, frozen=True, tag="find-covers"):
    """Versions of a track of the library, or of a file outside it. `also`: matches to show however unlikely."""

    track_id: int | None = None
    path: bytes | None = None
    limit: int = 50
    also: tuple[int, ...] = ()


class MoreLikeThis(Request, frozen=True, tag="more-like-this"):
    """Tracks that sound like these, nearest first."""

    track_ids: tuple[int, ...]
    limit: int = 50


class FindAllVersions(Request, frozen=True, tag="find-all-versions"):
    """Compare all tracks with one another and keep what is found."""


class JudgeVersion(Request, frozen=True, tag="judge-version"):
    """The user's word on a pair."""

    track_a: int
    track_b: int
    relation: Relation | Literal["undecided"]


class CheckCovers(Request, frozen=True, tag="check-covers"):
    """Check the cover search against what is known of the library's own pairs."""


class TeachCovers(Request, frozen=True, tag="teach-covers"):
    """Fit how sure the cover search is of what to those pairs; kept only where it proves better. `dry_run`: never."""

    dry_run: bool = False


class UnteachCovers(Request, frozen=True, tag="unteach-covers"):
    """Back to the cover search as it was shipped."""


class ActivateModel(Request, frozen=True, tag="activate-model"):
    """Use this model file from now on; analysis with it follows."""

    path: bytes


class TuneTags(Request, frozen=True, tag="tune-tags"):
    """Fit the tags to this library. `listen`: the teacher hears a sample first; otherwise only what is known counts.

    `dry_run`: say what would change and change nothing.
    """

    listen: bool = True
    dry_run: bool = False


class UntuneTags(Request, frozen=True, tag="untune-tags"):
    """Back to the tags as they were shipped."""


class SavePlaylist(Request, frozen=True, tag="save-playlist"):
    """Make a playlist (id None) or replace the content and name of one."""

    name: str
    track_ids: tuple[int, ...]
    playlist_id: int | None = None


class ImportPlaylist(Request, frozen=True, tag="import-playlist"):
    """Read a playlist file (M3U, M3U8); entries that are not in the library are named and left out."""

    path: bytes


class DeletePlaylist(Request, frozen=True, tag="delete-playlist"):
    """Delete a playlist. No track is touched."""

    playlist_id: int


AnyRequest = (
    AddFolders
    | Scan
    | RemoveRoot
    | Analyse
    | Decide
    | AcceptAbove
    | PlanWrites
    | PlanEdits
    | ApplyWrites
    | Undo
    | FindCovers
    | MoreLikeThis
    | FindAllVersions
    | JudgeVersion
    | CheckCovers
    | TeachCovers
    | UnteachCovers
    | ActivateModel
    | TuneTags
    | UntuneTags
    | SavePlaylist
    | ImportPlaylist
    | DeletePlaylist
)


class Start(msgspec.Struct, frozen=True, tag="start", tag_field="command"):
    """Run a job. The sender chooses the id."""

    job_id: int
    request: AnyRequest


class Cancel(msgspec.Struct, frozen=True, tag="cancel", tag_field="command"):
    """Stop a job between two items; what it finished stays."""

    job_id: int


class Quit(msgspec.Struct, frozen=True, tag="quit", tag_field="command"):
    """Cancel everything, close the library, exit 0."""


Command = Start | Cancel | Quit


class Changed(msgspec.Struct, frozen=True):
    """What a job changed, so that only the views concerned refresh. `everything` when ids would be too many."""

    track_ids: tuple[int, ...] = ()
    everything: bool = False
    roots: bool = False
    playlists: bool = False
    problems: bool = False
    versions: bool = False
    journal: bool = False
    models: bool = False


class Ready(msgspec.Struct, frozen=True, tag="ready", tag_field="event"):
    """The worker is up. `read_only_reason`: another instance owns the library. `note`: what start-up mended."""

    process_id: int
    model_id: str | None
    read_only_reason: str | None = None
    note: str = ""


class Started(msgspec.Struct, frozen=True, tag="started", tag_field="event"):
    """The job left the queue."""

    job_id: int


class Progress(msgspec.Struct, frozen=True, tag="progress", tag_field="event"):
    """At most ten times a second. `total` 0: not known yet. `doing` is a short sentence for the user."""

    job_id: int
    done: int
    total: int
    seconds_left: float | None
    doing: str
    changed: Changed = Changed()


class Finished(msgspec.Struct, frozen=True, tag="finished", tag_field="event"):
    """The job ended by itself. `result` is the job's own struct, see RESULTS; `summary` a sentence for the user."""

    job_id: int
    summary: str
    changed: Changed
    result: msgspec.Raw = msgspec.Raw(b"null")


class Cancelled(msgspec.Struct, frozen=True, tag="cancelled", tag_field="event"):
    """The job stopped because it was asked to."""

    job_id: int
    summary: str
    changed: Changed


class Failed(msgspec.Struct, frozen=True, tag="failed", tag_field="event"):
    """The job could not go on: what happened, and what was left untouched. `details` is for the log."""

    job_id: int
    message: str
    details: str = ""


Event = Ready | Started | Progress | Finished | Cancelled | Failed


def encode_event(event: Event) -> bytes:
    """An event as JSON. A file name that is not Unicode, quoted in a sentence, is shown with U+FFFD."""
    try:
        return msgspec.json.encode(event)
    except UnicodeEncodeError:
        texts = {name: value for name in event.__struct_fields__ if isinstance(value := getattr(event, name), str)}
        shown = {
            name: text.encode("utf-8", "surrogateescape").decode("utf-8", "replace") for name, text in texts.items()
        }
        return msgspec.json.encode(msgspec.structs.replace(event, **shown))


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


class TuneResult(msgspec.Struct, frozen=True):
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
    TuneTags: TuneResult,
    SavePlaylist: PlaylistResult,
    ImportPlaylist: PlaylistResult,
}
