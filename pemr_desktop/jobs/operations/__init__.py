"""What a worker can be asked to do: one function a request, in files by family. All of them run headless too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pemr_desktop.jobs.context import JobContext, Outcome
from pemr_desktop.jobs.operations import (
    analysing,
    cover_fitting,
    covers,
    deciding,
    models,
    playlists,
    scanning,
    similar,
    tag_tuning,
    writing,
)
from pemr_desktop.protocol.messages import (
    AcceptAbove,
    ActivateModel,
    AddFolders,
    Analyse,
    ApplyWrites,
    CheckCovers,
    Decide,
    DeletePlaylist,
    FindAllVersions,
    FindCovers,
    FindLegacyTexts,
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

QUICK = "quick"
LONG = "long"


@dataclass(frozen=True)
class Operation:
    """A function that does a job, and the lane it waits in."""

    run: Callable[[Any, JobContext], Outcome]
    lane: str


OPERATIONS: dict[type[Request], Operation] = {
    AddFolders: Operation(scanning.add_folders, LONG),
    Scan: Operation(scanning.scan, LONG),
    RemoveRoot: Operation(scanning.remove_root, QUICK),
    Analyse: Operation(analysing.analyse, LONG),
    ActivateModel: Operation(models.activate_model, LONG),
    TuneTags: Operation(tag_tuning.tune_tags, LONG),
    UntuneTags: Operation(tag_tuning.untune_tags, LONG),
    FindAllVersions: Operation(covers.find_all_versions, LONG),
    CheckCovers: Operation(cover_fitting.check_covers, LONG),
    FitCoverSearch: Operation(cover_fitting.fit_cover_search, LONG),
    ResetCoverSearch: Operation(cover_fitting.reset_cover_search, LONG),
    FindCovers: Operation(covers.find_covers, QUICK),
    MoreLikeThis: Operation(similar.more_like_this, QUICK),
    JudgeVersion: Operation(covers.judge_version, QUICK),
    Decide: Operation(deciding.decide, QUICK),
    AcceptAbove: Operation(deciding.accept_above, QUICK),
    PlanWrites: Operation(writing.plan_writes, QUICK),
    PlanEdits: Operation(writing.plan_edits, QUICK),
    FindLegacyTexts: Operation(writing.find_legacy_texts, QUICK),
    PlanRecoding: Operation(writing.plan_recoding, QUICK),
    ApplyWrites: Operation(writing.apply_writes, QUICK),
    Undo: Operation(writing.undo, QUICK),
    SavePlaylist: Operation(playlists.save_playlist, QUICK),
    ImportPlaylist: Operation(playlists.import_playlist, QUICK),
    DeletePlaylist: Operation(playlists.delete_playlist, QUICK),
}


def operation_for(request: Request) -> Operation:
    """The operation that answers a request."""
    return OPERATIONS[type(request)]
