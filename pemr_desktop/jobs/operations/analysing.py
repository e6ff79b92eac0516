"""Listening to tracks."""

from __future__ import annotations

import os

from pemr_desktop.analysis.analyser import Analysed, Analyser
from pemr_desktop.jobs.context import JobContext, Outcome
from pemr_desktop.jobs.operations.tag_tuning import finish_suggestions
from pemr_desktop.protocol.messages import Analyse
from pemr_desktop.protocol.results import AnalyseResult
from pemr_desktop.sentences import counted


def analyse(request: Analyse, context: JobContext) -> Outcome:
    """Decode, embed and suggest. What an earlier run has stored is not done again, unless `again`."""
    from pemr.covers.alignment.features import FEATURE_VERSION

    library = context.library
    context.progress(0, 0, "Getting ready to listen")
    encoder = context.loaded_models.encoder(library)
    tracks = library.tracks_to_analyse(
        encoder.model_id, request.track_ids, again=request.again, cover_version=FEATURE_VERSION
    )
    context.touched(models=True)
    finish_suggestions(context)
    if not tracks:
        failed = library.not_analysed(encoder.model_id, request.track_ids)
        return Outcome(_nothing_to_do(failed), AnalyseResult(0, 0, 0.0, 0.0, {}))
    analyser = Analyser(
        library,
        encoder,
        listeners=context.settings.analyse.threads or (os.cpu_count() or 1) + 1,
        patience_s=float(context.settings.analyse.limit_s),
        keep_segments=context.settings.analyse.segments,
        changed=context.touched,
    )
    try:
        analysed = analyser.run(tracks, context.progress, context.cancelled)
        if analysed.analysed and not analysed.cancelled:
            ids = [track.track_id for track in tracks]
            library.find_same_recordings(ids, progress=context.progress, cancelled=context.cancelled)
    finally:
        context.touched(problems=True)
    result = AnalyseResult(analysed.analysed, analysed.problems, analysed.audio_s, analysed.wall_s, analysed.spent_s)
    return Outcome(_summary(analysed), result, analysed.cancelled)


def _nothing_to_do(failed: int) -> str:
    if not failed:
        return "Every track has been listened to."
    return (
        f"Every other track has been listened to; {counted(failed, 'file')} could not be: see Problems. "
        "Analyse them again to give them another try."
    )


def _summary(analysed: Analysed) -> str:
    summary = f"Listened to {counted(analysed.analysed, 'track')}."
    if analysed.problems:
        summary += f" {counted(analysed.problems, 'file')} could not be listened to properly: see Problems."
    if analysed.unreachable:
        summary += f" {counted(analysed.unreachable, 'file')} not reachable at the moment; run it again later."
    return summary
