"""What the window and the worker say to each other: JSON Lines over standard input and output.

Paths travel as `os.fsencode(path)`, because a file name need not be Unicode; in JSON they are base64.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from pemr_desktop.library.rows import Recovery, Relation
from pemr_desktop.refusals import Refusal
from pemr_desktop.steps import Step
from pemr_desktop.tagfiles.plan import FilePlan, HardLinks


class Request(msgspec.Struct, frozen=True, tag_field="job"):
    """What a job is asked to do. Every job is idempotent: run again, it goes on where it stopped."""


class AddFolders(Request, frozen=True, tag="add-folders"):
    """Take folders (or single files) into the library and scan them. `again`: as for `Scan`."""

    paths: tuple[bytes, ...]
    again: bool = False


class Scan(Request, frozen=True, tag="scan"):
    """Look for new, changed, moved and vanished files. No root ids: all roots.

    `again`: read the tags of every file anew, also of those that look as they were.
    """

    root_ids: tuple[int, ...] = ()
    again: bool = False


class RemoveRoot(Request, frozen=True, tag="remove-root"):
    """Forget a folder. Its files are not touched."""

    root_id: int


class Analyse(Request, frozen=True, tag="analyse"):
    """Decode, embed and suggest. No ids: every track without an embedding of the active model."""

    track_ids: tuple[int, ...] = ()
    again: bool = False


class Decide(Request, frozen=True, tag="decide"):
    """Accept, reject or clear suggestions. One tag of one track is an answer that tags learn from; more are not."""

    track_ids: tuple[int, ...]
    tags: tuple[str, ...]
    decision: Literal["accepted", "rejected", "undecided"]


class AcceptAbove(Request, frozen=True, tag="accept-above"):
    """Accept every undecided suggestion at or above a probability; nothing learns from that. No ids: all tracks."""

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


class FindLegacyTexts(Request, frozen=True, tag="find-legacy-texts"):
    """What these tracks have in old code pages, and which pages are likely."""

    track_ids: tuple[int, ...]


class PlanRecoding(Request, frozen=True, tag="plan-recoding"):
    """What these tracks would say in Unicode if their old texts are in this code page (see `tagfiles.code_pages`)."""

    track_ids: tuple[int, ...]
    code_page: str
    hard_links: HardLinks = "refuse"


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


class FitCoverSearch(Request, frozen=True, tag="teach-covers"):
    """Fit the cover search to those pairs; kept only where it proves better, with `dry_run` never."""

    dry_run: bool = False


class ResetCoverSearch(Request, frozen=True, tag="unteach-covers"):
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
    | FindLegacyTexts
    | PlanRecoding
    | ApplyWrites
    | Undo
    | FindCovers
    | MoreLikeThis
    | FindAllVersions
    | JudgeVersion
    | CheckCovers
    | FitCoverSearch
    | ResetCoverSearch
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
    """The worker is up. `read_only`: why the library cannot be changed. `recovery`: what start-up mended."""

    process_id: int
    model_id: str | None
    read_only: Refusal | None = None
    recovery: Recovery | None = None


class Started(msgspec.Struct, frozen=True, tag="started", tag_field="event"):
    """The job left the queue."""

    job_id: int


class Progress(msgspec.Struct, frozen=True, tag="progress", tag_field="event"):
    """At most ten times a second. `total` 0: not known yet."""

    job_id: int
    done: int
    total: int
    seconds_left: float | None
    step: Step
    changed: Changed = Changed()


class PutBack(msgspec.Struct, frozen=True, tag="put back", tag_field="event"):
    """The job made room for a more urgent one: it waits again, and goes on later where it stopped."""

    job_id: int
    changed: Changed


class Finished(msgspec.Struct, frozen=True, tag="finished", tag_field="event"):
    """The job ended by itself. `result`: see `results.RESULTS`. `then`: what the settings want to be done next."""

    job_id: int
    changed: Changed
    result: msgspec.Raw = msgspec.Raw(b"null")
    then: AnyRequest | None = None


class Cancelled(msgspec.Struct, frozen=True, tag="cancelled", tag_field="event"):
    """The job stopped because it was asked to. `result`: what it did before, see `results`; `null` for nothing."""

    job_id: int
    changed: Changed
    how: Literal["running", "waiting", "without worker"] = "running"
    result: msgspec.Raw = msgspec.Raw(b"null")


class Failed(msgspec.Struct, frozen=True, tag="failed", tag_field="event"):
    """The job could not go on: what happened, and what was left untouched. `details` is for the log."""

    job_id: int
    why: Refusal
    details: str = ""


Event = Ready | Started | Progress | PutBack | Finished | Cancelled | Failed


def encode(message: Event | msgspec.Struct | None) -> bytes:
    """An event or a result as JSON. A file name in it that is not Unicode is shown with U+FFFD."""
    try:
        return msgspec.json.encode(message)
    except UnicodeEncodeError:
        return msgspec.json.encode(_shown(msgspec.to_builtins(message)))


def _shown(part: Any) -> Any:
    match part:
        case str():
            return part.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        case dict():
            return {_shown(name): _shown(value) for name, value in part.items()}
        case list() | tuple():
            return [_shown(value) for value in part]
    return part
