"""Listening to tracks."""

from __future__ import annotations

import os

from pemr_desktop.analysis.analyser import Analysed
from pemr_desktop.jobs.context import JobContext, Outcome
from pemr_desktop.jobs.operations.listening import Comparison, analyser_for
from pemr_desktop.jobs.operations.tag_tuning import finish_suggestions
from pemr_desktop.protocol.messages import Analyse
from pemr_desktop.protocol.results import AnalyseResult
from pemr_desktop.steps import Step


def analyse(request: Analyse, context: JobContext) -> Outcome:
    """Decode, embed and suggest. What an earlier run has stored is not done again, unless `again`."""
    from pemr.covers.alignment.features import FEATURE_VERSION

    library = context.library
    context.progress(0, 0, Step("preparing analysis"))
    encoder = context.loaded_models.encoder(library)
    tracks = library.tracks_to_analyse(
        encoder.model_id, request.track_ids, again=request.again, cover_version=FEATURE_VERSION
    )
    context.touched(models=True)
    finish_suggestions(context)
    if not tracks:
        given_up = library.not_analysed(encoder.model_id, request.track_ids)
        return Outcome(AnalyseResult(0, 0, 0.0, 0.0, {}, given_up=given_up))
    compared = Comparison(library)

    def changed(track_ids: list[int]) -> None:
        context.touched(track_ids)
        compared.add(track_ids)

    listeners = context.settings.analyse.threads or (os.cpu_count() or 1) + 1
    analyser = analyser_for(context, encoder, listeners=listeners, changed=changed)
    try:
        done = analyser.run(tracks, context.progress, context.cancelled)
        compared.finish()
    finally:
        context.touched(problems=True)
    return Outcome(_result(done, len(tracks)), done.cancelled)


def _result(done: Analysed, waiting: int) -> AnalyseResult:
    return AnalyseResult(
        done.analysed, done.problems, done.audio_s, done.wall_s, done.spent_s, waiting, done.unreachable
    )
