"""What jobs are called in front of the user."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication

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
    FitCoverSearch,
    ImportPlaylist,
    JudgeVersion,
    MoreLikeThis,
    PlanEdits,
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


def title(request: Request) -> str:
    """A short title in plain words, such as “Scanning Music”, in the language of the window."""
    say = QCoreApplication.translate
    match request:
        case AddFolders(paths=(only,)):
            return say("jobs", "Scanning {folder}").format(folder=readable_name(only))
        case AddFolders(paths=paths):
            return say("jobs", "Scanning %n folders", "", len(paths))
        case Scan():
            return say("jobs", "Looking for new and changed files")
        case RemoveRoot():
            return say("jobs", "Removing a folder from the library")
        case Analyse(track_ids=()):
            return say("jobs", "Listening to new tracks")
        case Analyse(track_ids=ids):
            return (
                say("jobs", "Listening to %n tracks", "", len(ids))
                if len(ids) > 1
                else say("jobs", "Listening to a track")
            )
        case Decide(decision="accepted"):
            return say("jobs", "Accepting suggestions")
        case Decide(decision="rejected"):
            return say("jobs", "Rejecting suggestions")
        case Decide():
            return say("jobs", "Taking back decisions")
        case AcceptAbove():
            return say("jobs", "Accepting sure suggestions")
        case MoreLikeThis():
            return say("jobs", "Finding what sounds alike")
        case PlanWrites() | PlanEdits():
            return say("jobs", "Preparing the review")
        case ApplyWrites(plans=plans):
            return (
                say("jobs", "Writing tags to %n files", "", len(plans))
                if len(plans) > 1
                else say("jobs", "Writing tags to a file")
            )
        case Undo():
            return say("jobs", "Undoing written tags")
        case FindCovers(path=bytes() as path):
            return say("jobs", "Finding covers of {file}").format(file=readable_name(path))
        case FindCovers():
            return say("jobs", "Finding covers")
        case FindAllVersions():
            return say("jobs", "Finding all versions")
        case JudgeVersion():
            return say("jobs", "Noting your verdict")
        case CheckCovers():
            return say("jobs", "Checking the cover search")
        case FitCoverSearch():
            return say("jobs", "Teaching the cover search")
        case ResetCoverSearch():
            return say("jobs", "Going back to the shipped cover search")
        case ActivateModel():
            return say("jobs", "Switching to another model")
        case TuneTags(listen=True):
            return say("jobs", "Tuning the tags to your music")
        case TuneTags():
            return say("jobs", "Learning from your tags")
        case UntuneTags():
            return say("jobs", "Going back to the shipped tags")
        case SavePlaylist(name=name):
            return say("jobs", "Saving the playlist {name}").format(name=name)
        case ImportPlaylist(path=path):
            return say("jobs", "Importing {file}").format(file=readable_name(path))
        case DeletePlaylist():
            return say("jobs", "Deleting a playlist")
    return type(request).__name__


def readable_name(path: bytes) -> str:
    """The last part of a path that travelled as bytes, fit to be shown."""
    whole = path.decode("utf-8", "replace")
    return Path(whole).name or whole
