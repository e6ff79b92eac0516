"""What jobs are called in front of the user."""

from __future__ import annotations

from pathlib import Path

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
from pemr_desktop.sentences import Translate, english


def title(request: Request, translate: Translate = english) -> str:
    """A short title in plain words, such as “Scanning Music”."""
    match request:
        case AddFolders(paths=(only,)):
            return translate("jobs", "Scanning {folder}").format(folder=readable_name(only))
        case AddFolders(paths=paths):
            return translate.tr("Scanning %n folder(s)", "", len(paths))
        case Scan():
            return translate("jobs", "Looking for new and changed files")
        case RemoveRoot():
            return translate("jobs", "Removing a folder from the library")
        case Analyse(track_ids=()):
            return translate("jobs", "Listening to new tracks")
        case Analyse(track_ids=ids):
            if len(ids) == 1:
                return translate("jobs", "Listening to a track")
            return translate.tr("Listening to %n track(s)", "", len(ids))
        case Decide(decision="accepted"):
            return translate("jobs", "Accepting suggestions")
        case Decide(decision="rejected"):
            return translate("jobs", "Rejecting suggestions")
        case Decide():
            return translate("jobs", "Taking back decisions")
        case AcceptAbove():
            return translate("jobs", "Accepting sure suggestions")
        case MoreLikeThis():
            return translate("jobs", "Finding what sounds alike")
        case FindLegacyTexts():
            return translate("jobs", "Looking for old text")
        case PlanWrites() | PlanEdits() | PlanRecoding():
            return translate("jobs", "Preparing the review")
        case ApplyWrites(plans=plans):
            if len(plans) < 2:
                return translate("jobs", "Writing tags to a file")
            return translate.tr("Writing tags to %n file(s)", "", len(plans))
        case Undo():
            return translate("jobs", "Undoing written tags")
        case FindCovers(path=bytes() as path):
            return translate("jobs", "Finding covers of {file}").format(file=readable_name(path))
        case FindCovers():
            return translate("jobs", "Finding covers")
        case FindAllVersions():
            return translate("jobs", "Finding all versions")
        case JudgeVersion():
            return translate("jobs", "Noting your verdict")
        case CheckCovers():
            return translate("jobs", "Checking the cover search")
        case FitCoverSearch():
            return translate("jobs", "Teaching the cover search")
        case ResetCoverSearch():
            return translate("jobs", "Going back to the shipped cover search")
        case ActivateModel():
            return translate("jobs", "Switching to another model")
        case TuneTags(listen=True):
            return translate("jobs", "Tuning the tags to your music")
        case TuneTags():
            return translate("jobs", "Learning from your tags")
        case UntuneTags():
            return translate("jobs", "Going back to the shipped tags")
        case SavePlaylist(name=name):
            return translate("jobs", "Saving the playlist {name}").format(name=name)
        case ImportPlaylist(path=path):
            return translate("jobs", "Importing {file}").format(file=readable_name(path))
        case DeletePlaylist():
            return translate("jobs", "Deleting a playlist")
    return type(request).__name__


def readable_name(path: bytes) -> str:
    """The last part of a path that travelled as bytes, fit to be shown."""
    whole = path.decode("utf-8", "replace")
    return Path(whole).name or whole
