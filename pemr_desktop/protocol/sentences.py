"""What the worker answers, in sentences: the one place where its codes and values become words.

The window passes Qt's translator, the command line nothing and gets English.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from pemr_desktop.library.rows import Recovery
from pemr_desktop.protocol import messages as m
from pemr_desktop.protocol import results as r
from pemr_desktop.protocol.cover_quality import CoverFitReport, CoverQuality
from pemr_desktop.protocol.cover_sentences import answer_of, fit_reason, fit_scores, quality_summary
from pemr_desktop.refusals import said
from pemr_desktop.sentences import Translate, capitalised, english, listed
from pemr_desktop.steps import Step, StepCode

NAMED_TAGS = 4


def ending(
    request: m.Request,
    event: m.Finished | m.Cancelled | m.Failed,
    result: msgspec.Struct | None,
    translate: Translate = english,
) -> str:
    """How a job ended."""
    if isinstance(event, m.Failed):
        return said(event.why, translate)
    if result is None:
        return "" if isinstance(event, m.Finished) else cancelled(event.how, translate)
    return summary(request, result, translate)


def cancelled(how: Literal["running", "waiting", "without worker"], translate: Translate = english) -> str:
    """That a job was cancelled."""
    return {
        "running": translate("summaries", "Cancelled. What was finished stays."),
        "waiting": translate("summaries", "Cancelled before it began."),
        "without worker": translate("summaries", "Cancelled."),
    }[how]


def summary(request: m.Request, result: msgspec.Struct, translate: Translate = english) -> str:
    """What a job has done: the request and its result, in a sentence or a few."""
    return SUMMARIES[type(request), type(result)](request, result, translate)


def doing(step: Step, translate: Translate = english) -> str:
    """What a job does at the moment."""
    return step_texts(translate)[step.code].format(name=step.name)


def step_texts(translate: Translate) -> Mapping[StepCode, str]:
    """The words for each step, with its name in braces."""
    return {
        "checking model": translate("steps", "Checking the model"),
        "choosing tracks": translate("steps", "Choosing tracks"),
        "comparing audio": translate("steps", "Comparing {name}"),
        "comparing features": translate("steps", "Comparing harmony and melody"),
        "comparing known pairs": translate("steps", "Comparing pairs that are known"),
        "comparing tags": translate("steps", "Comparing tags with files"),
        "fitting tags": translate("steps", "Comparing with your music"),
        "listened": translate("steps", "Listened to {name}"),
        "listening": translate("steps", "Listening to {name}"),
        "looking for same recordings": translate("steps", "Looking for the same recording"),
        "looking up known pairs": translate("steps", "Looking up what is known"),
        "making suggestions": translate("steps", "Making suggestions anew"),
        "preparing analysis": translate("steps", "Getting ready to listen"),
        "preparing search": translate("steps", "Getting new tracks ready for the search"),
        "proving": translate("steps", "Proving it on works kept aside"),
        "reading tags": translate("steps", "Reading tags"),
        "rescoring pairs": translate("steps", "Judging all pairs anew"),
        "looking for playlist tracks": translate("steps", "Looking for the tracks of the playlist"),
        "restarting": translate("steps", "Starting again"),
        "scanning folder": translate("steps", "Looking through {name}"),
        "taking back": translate("steps", "Taking back: {name}"),
        "teacher listened": translate("steps", "The teacher listened to {name}"),
        "untuning": translate("steps", "Going back"),
        "writing tags": translate("steps", "Writing tags: {name}"),
    }


def recovery_sentence(recovery: Recovery, translate: Translate = english) -> str:
    """What start-up found of a writing of tags that was interrupted."""
    said_so_far = [translate("summaries", "The last writing of tags was interrupted.")]
    if recovery.files:
        text = translate(
            "summaries", "Of the {files} files left {written} were written, {untouched} had not been touched."
        )
        untouched = recovery.files - recovery.written - recovery.left_alone - len(recovery.later)
        said_so_far.append(text.format(files=recovery.files, written=recovery.written, untouched=untouched))
    if recovery.left_alone:
        text = translate(
            "summaries",
            "{count} were changed by another program since, and left alone; the list of problems names them and the "
            "copies that were kept.",
        )
        said_so_far.append(text.format(count=recovery.left_alone))
    text = translate("summaries", "{location} cannot be settled yet and waits for the next start: {reason}")
    first = list(recovery.later.items())[:1]
    said_so_far += [text.format(location=location, reason=said(why, translate)) for location, why in first]
    if len(recovery.later) > 1:
        text = translate("summaries", "{count} others wait like it.")
        said_so_far.append(text.format(count=len(recovery.later) - 1))
    return " ".join(said_so_far)


def cover_sentence(result: r.CoverResult, translate: Translate = english) -> str:
    """What a cover search has found, also when that is nothing."""
    sentence = answer_of(result.answer, translate)
    if result.query_cut_to_s is None:
        return sentence
    cut = translate("covers", "Only the first {minutes} minutes of the track were compared.")
    return f"{sentence} {cut.format(minutes=round(result.query_cut_to_s / 60))}"


def tag_reason(tag: r.TunedTag, translate: Translate = english) -> str:
    """Why a tag is off, empty if nothing is known against it; in the words of its model where they have no code."""
    if tag.why is None:
        return tag.reason
    return tag_doubt_texts(translate)[tag.why.code].format(**tag.why.values)


def tag_doubt_texts(translate: Translate) -> Mapping[r.TagDoubt, str]:
    """Why a tag is off, with the figures in braces."""
    return {
        "poor here": translate("tags", "on this music only {right} of {shown} suggestions were right"),
        "poor on other albums": translate("tags", "on other albums only {right} of {shown} suggestions were right"),
        "unconfirmed on other albums": translate(
            "tags", "no other album vouches for it (average precision {precision})"
        ),
        "too few tracks": translate("tags", "only {count} of the tracks it was judged on have it"),
        "every track": translate("tags", "every track it was judged on has it"),
        "one album": translate("tags", "all tracks that have it are of one album"),
        "not told apart": translate("tags", "it is not told apart well enough (ROC-AUC {auc})"),
        "no threshold": translate("tags", "no threshold makes {share} of the suggestions right"),
    }


# --- one function for each answer


def _scan(_request: m.Request, result: r.ScanResult, translate: Translate) -> str:
    found = translate.tr("%Ln track(s) found", "", result.found)
    news = [
        translate.tr("%Ln track(s) added", "", result.added) if result.added else "",
        translate.tr("%Ln track(s) changed", "", result.changed) if result.changed else "",
        translate.tr("%Ln track(s) moved", "", result.moved) if result.moved else "",
        translate.tr("%Ln track(s) not there any more", "", result.missing) if result.missing else "",
    ]
    told = listed([words for words in news if words], translate) or translate("summaries", "nothing new")
    parts = [f"{capitalised(found)}; {told}."]
    if result.problems:
        parts.append(translate.tr("Something is wrong with %Ln file(s): see Problems.", "", result.problems))
    if result.left_out:
        parts.append(translate.tr("%Ln film(s) left out: see Problems.", "", result.left_out))
    if result.offline:
        text = translate("summaries", "Not reachable at the moment: {folders}.")
        parts.append(text.format(folders=listed(list(result.offline), translate)))
    return " ".join([*parts, *(said(why, translate) for why in result.refused)])


def _removed(_request: m.RemoveRoot, result: r.RootRemoved, translate: Translate) -> str:
    if result.location is None:
        return translate("summaries", "The folder is not in the library any more.")
    text = translate.tr("Removed {folder} with %Ln track(s) from the library. No file was touched.", "", result.tracks)
    return text.format(folder=result.location)


def _analysed(_request: m.Analyse, result: r.AnalyseResult, translate: Translate) -> str:
    if not result.waiting:
        return _nothing_to_analyse(result.given_up, translate)
    parts = [translate.tr("Listened to %Ln track(s).", "", result.analysed)]
    if result.problems:
        parts.append(translate.tr("%Ln file(s) could not be listened to properly: see Problems.", "", result.problems))
    if result.unreachable:
        parts.append(
            translate.tr("%Ln file(s) not reachable at the moment; run it again later.", "", result.unreachable)
        )
    return " ".join(parts)


def _nothing_to_analyse(given_up: int, translate: Translate) -> str:
    if not given_up:
        return translate("summaries", "Every track has been listened to.")
    return translate.tr(
        "Every other track has been listened to; %Ln file(s) could not be: see Problems. "
        "Analyse them again to give them another try.",
        "",
        given_up,
    )


def _decided(request: m.Decide, result: r.TracksDecided, translate: Translate) -> str:
    text = {
        "accepted": translate.tr("Accepted {tags} for %Ln track(s).", "", result.tracks),
        "rejected": translate.tr("Rejected {tags} for %Ln track(s).", "", result.tracks),
        "undecided": translate.tr("Took back {tags} for %Ln track(s).", "", result.tracks),
    }[request.decision]
    return text.format(tags=listed(list(request.tags), translate))


def _accepted(request: m.AcceptAbove, result: r.TracksDecided, translate: Translate) -> str:
    text = translate.tr("Accepted suggestions of at least {probability} for %Ln track(s).", "", result.tracks)
    return text.format(probability=f"{request.probability:.0%}")


def _planned(_request: m.Request, result: r.PlanResult, translate: Translate) -> str:
    sentence = capitalised(translate.tr("%Ln file(s) would change.", "", len(result.plans)))
    if result.refused:
        sentence += " " + translate.tr("%Ln file(s) cannot be written.", "", len(result.refused))
    return sentence


def _legacy_texts(_request: m.FindLegacyTexts, result: r.LegacyTextsResult, translate: Translate) -> str:
    sentence = capitalised(translate.tr("%Ln file(s) have text in an old code page.", "", result.count))
    if result.refused:
        sentence += " " + translate.tr("%Ln file(s) cannot be read.", "", len(result.refused))
    return sentence


def _written(request: m.Request, result: r.WriteResult, translate: Translate) -> str:
    sentence = (
        translate.tr("Brought back the tags of %Ln file(s).", "", result.written)
        if isinstance(request, m.Undo)
        else translate.tr("Wrote tags to %Ln file(s).", "", result.written)
    )
    if result.refused:
        sentence += " " + translate.tr(
            "%Ln file(s) left untouched, for a reason that is shown.", "", len(result.refused)
        )
    return sentence


def _covers(_request: m.FindCovers, result: r.CoverResult, translate: Translate) -> str:
    return cover_sentence(result, translate)


def _similar(_request: m.MoreLikeThis, result: r.SimilarResult, translate: Translate) -> str:
    text = capitalised(translate.tr("%Ln track(s) among {count}.", "", len(result.tracks)))
    return text.format(count=f"{result.compared:,}")


def _all_versions(_request: m.FindAllVersions, result: r.VersionsResult, translate: Translate) -> str:
    return translate("summaries", "Compared {compared} of tracks: {found} of versions found, {groups} in all.").format(
        compared=translate.tr("%Ln pair(s)", "", result.compared_pairs),
        found=translate.tr("%Ln pair(s)", "", result.found_pairs),
        groups=translate.tr("%Ln group(s)", "", result.groups),
    )


def _judged(request: m.JudgeVersion, _result: r.Done, translate: Translate) -> str:
    return {
        "same recording": translate("summaries", "Noted: same recording."),
        "version": translate("summaries", "Noted: version."),
        "not a version": translate("summaries", "Noted: not a version."),
        "undecided": translate("summaries", "Took back the verdict on the two tracks."),
    }[request.relation]


def _checked(_request: m.CheckCovers, result: CoverQuality, translate: Translate) -> str:
    return quality_summary(result, translate)


def _taught(request: m.FitCoverSearch, result: CoverFitReport, translate: Translate) -> str:
    if not result.kept:
        return " ".join(
            (translate("summaries", "Nothing was changed."), fit_reason(result.why, result.reason, translate))
        )
    scores = fit_scores(result, translate)
    if request.dry_run:
        return f"{scores} {_trial(translate)}"
    return translate("summaries", "The cover search has learned from your library.") + f" {scores}"


def _untaught(_request: m.ResetCoverSearch, result: r.WentBack, translate: Translate) -> str:
    if not result.changed:
        return translate("summaries", "The cover search is as it was shipped.")
    return translate("summaries", "The cover search is as it was shipped again. What you confirmed and rejected stays.")


def _activated(_request: m.ActivateModel, result: r.ModelActivated, translate: Translate) -> str:
    if not result.waiting:
        return translate("summaries", "The model “{name}” is active.").format(name=result.name)
    return translate.tr(
        "The model “{name}” is active; %Ln track(s) to be listened to with it.", "", result.waiting
    ).format(name=result.name)


def _tuned(_request: m.TuneTags, result: r.TagTuningResult, translate: Translate) -> str:
    sentence = _changed_tags(result.tags, translate)
    return sentence if result.in_use else f"{sentence} {_trial(translate)}"


def _changed_tags(tags: tuple[r.TunedTag, ...], translate: Translate) -> str:
    parts = []
    for change, text in (
        ("new", translate("summaries", "learned: {tags}")),
        ("switched on", translate("summaries", "switched on: {tags}")),
        ("better", translate("summaries", "improved: {tags}")),
        ("switched off", translate("summaries", "switched off: {tags}")),
    ):
        names = [tag.name for tag in tags if tag.change == change]
        more = len(names) - NAMED_TAGS
        if more > 0:
            names = [*names[:NAMED_TAGS], translate.tr("%n more", "", more)]
        if names:
            parts.append(text.format(tags=listed(names, translate)))
    if not parts:
        return translate(
            "summaries", "None would suit your music better than it was shipped: all tags are as they were shipped."
        )
    return translate("summaries", "Tuned to your music. {changes}.").format(changes=capitalised("; ".join(parts)))


def _trial(translate: Translate) -> str:
    return translate("summaries", "This was a trial: nothing was changed.")


def _tuning_stopped(_request: m.TuneTags, result: r.TuningStopped, translate: Translate) -> str:
    return translate.tr(
        "Stopped after %Ln track(s). What was heard is kept, and no tag was changed.",
        "",
        result.listened,
    )


def _untuned(_request: m.UntuneTags, result: r.WentBack, translate: Translate) -> str:
    if not result.changed:
        return translate("summaries", "The tags are as they were shipped.")
    return translate(
        "summaries", "The tags are as they were shipped again. Your decisions and your files stay as they are."
    )


def _playlist_saved(request: m.SavePlaylist, result: r.PlaylistResult, translate: Translate) -> str:
    return translate.tr("Saved “{name}” with %Ln track(s).", "", result.found).format(name=request.name)


def _playlist_imported(request: m.ImportPlaylist, result: r.PlaylistResult, translate: Translate) -> str:
    name = Path(os.fsdecode(request.path)).stem
    sentence = translate.tr("Imported “{name}” with %Ln track(s).", "", result.found).format(name=name)
    if result.not_found:
        missing = max(result.missing, len(result.not_found))
        sentence += " " + translate.tr("%Ln entr(y|ies) not in the library.", "", missing)
    return sentence


def _playlist_deleted(_request: m.DeletePlaylist, _result: r.Done, translate: Translate) -> str:
    return translate("summaries", "Deleted the playlist. Its tracks stay in the library.")


SUMMARIES: dict[tuple[type[m.Request], type[msgspec.Struct]], Callable[[Any, Any, Translate], str]] = {
    (m.AddFolders, r.ScanResult): _scan,
    (m.Scan, r.ScanResult): _scan,
    (m.RemoveRoot, r.RootRemoved): _removed,
    (m.Analyse, r.AnalyseResult): _analysed,
    (m.Decide, r.TracksDecided): _decided,
    (m.AcceptAbove, r.TracksDecided): _accepted,
    (m.PlanWrites, r.PlanResult): _planned,
    (m.PlanEdits, r.PlanResult): _planned,
    (m.PlanRecoding, r.PlanResult): _planned,
    (m.FindLegacyTexts, r.LegacyTextsResult): _legacy_texts,
    (m.ApplyWrites, r.WriteResult): _written,
    (m.Undo, r.WriteResult): _written,
    (m.FindCovers, r.CoverResult): _covers,
    (m.MoreLikeThis, r.SimilarResult): _similar,
    (m.FindAllVersions, r.VersionsResult): _all_versions,
    (m.JudgeVersion, r.Done): _judged,
    (m.CheckCovers, CoverQuality): _checked,
    (m.FitCoverSearch, CoverFitReport): _taught,
    (m.ResetCoverSearch, r.WentBack): _untaught,
    (m.ActivateModel, r.ModelActivated): _activated,
    (m.TuneTags, r.TagTuningResult): _tuned,
    (m.TuneTags, r.TuningStopped): _tuning_stopped,
    (m.UntuneTags, r.WentBack): _untuned,
    (m.SavePlaylist, r.PlaylistResult): _playlist_saved,
    (m.ImportPlaylist, r.PlaylistResult): _playlist_imported,
    (m.DeletePlaylist, r.Done): _playlist_deleted,
}
"""For each request and what it can come to, the sentence about it."""
