"""What a worker can be asked to do: one function a request, in files by family. All of them run headless too."""

from __future__ import annotations

from collections.abc import Callable
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

Operation = Callable[[Any, JobContext], Outcome]
"""A function that does a job. Where it waits for its turn: see `lanes`."""

OPERATIONS: dict[type[Request], Operation] = {
    AddFolders: scanning.add_folders,
    Scan: scanning.scan,
    RemoveRoot: scanning.remove_root,
    Analyse: analysing.analyse,
    ActivateModel: models.activate_model,
    TuneTags: tag_tuning.tune_tags,
    UntuneTags: tag_tuning.untune_tags,
    FindAllVersions: covers.find_all_versions,
    CheckCovers: cover_fitting.check_covers,
    FitCoverSearch: cover_fitting.fit_cover_search,
    ResetCoverSearch: cover_fitting.reset_cover_search,
    FindCovers: covers.find_covers,
    MoreLikeThis: similar.more_like_this,
    JudgeVersion: covers.judge_version,
    Decide: deciding.decide,
    AcceptAbove: deciding.accept_above,
    PlanWrites: writing.plan_writes,
    PlanEdits: writing.plan_edits,
    FindLegacyTexts: writing.find_legacy_texts,
    PlanRecoding: writing.plan_recoding,
    ApplyWrites: writing.apply_writes,
    Undo: writing.undo,
    SavePlaylist: playlists.save_playlist,
    ImportPlaylist: playlists.import_playlist,
    DeletePlaylist: playlists.delete_playlist,
}


def operation_for(request: Request) -> Operation:
    """The operation that answers a request."""
    return OPERATIONS[type(request)]
