"""The cover search checked against the library's own pairs, fitted to them, and the way back."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from pemr_desktop.errors import JobCancelled, JobRefused
from pemr_desktop.jobs.context import JobContext, Outcome
from pemr_desktop.jobs.operations.cover_verdicts import reclassify, reestimate_prior
from pemr_desktop.library.versions import calibration as store
from pemr_desktop.library.versions import pairs as versions
from pemr_desktop.protocol.cover_quality import CoverQuality
from pemr_desktop.protocol.messages import CheckCovers, FitCoverSearch, ResetCoverSearch
from pemr_desktop.protocol.results import WentBack
from pemr_desktop.steps import Step, StepCode

if TYPE_CHECKING:
    from pemr_desktop.analysis.covers.evaluation import Evaluation
    from pemr_desktop.analysis.covers.projection import ProjectionLayer
    from pemr_desktop.analysis.covers.search import CoverSearch


def check_covers(_request: CheckCovers, context: JobContext) -> Outcome:
    """Say how many of its verdicts are right and how many known versions it finds; changes nothing but the report."""
    from pemr.covers.scores.normalisation import default_score_model
    from pemr_desktop.analysis.covers.calibration import coefficients_of
    from pemr_desktop.analysis.covers.evaluation import quality_of

    search, evaluation = _evaluate(context)
    fitted = search.layer is not None or coefficients_of(search.score_model) != coefficients_of(default_score_model())
    quality = quality_of(evaluation, search.score_model, fitted=fitted)
    _keep_quality(quality, evaluation, context)
    return Outcome(quality)


def fit_cover_search(request: FitCoverSearch, context: JobContext) -> Outcome:
    """Fit the calibration and the last layer to what is known, prove them on held-out works, use what is better."""
    from pemr.covers.scores.normalisation import default_score_model
    from pemr_desktop.analysis.covers import calibration, fine_tuning
    from pemr_desktop.analysis.covers.evaluation import quality_of
    from pemr_desktop.analysis.covers.prior import with_prior

    search, evaluation = _evaluate(context)
    shipped, old = with_prior(default_score_model(), search.score_model.versions_per_track), search.layer
    between_steps = _progress_or_stop(context, "proving")
    embeddings = search.embeddings(
        {track for labelled in evaluation.scores for track in (labelled.pair.track_a, labelled.pair.track_b)}
    )
    if embeddings is not None:  # without tracks that have gone since
        evaluation = dataclasses.replace(
            evaluation, scores=[labelled for labelled in evaluation.scores if embeddings.holds(labelled.pair)]
        )
    found = fine_tuning.fit_search(evaluation.scores, shipped, evaluation.candidates, embeddings, old, between_steps)
    result = found.result
    if request.dry_run or not result.kept:
        return Outcome(result)
    score_shifts = _score_shifts(search, found.layer, context)
    with context.library.store.writing() as connection:
        changed = reclassify(connection, found.score_model, evaluation.candidates, score_shifts)
        result = msgspec.structs.replace(result, changed_pairs=len(changed))
        stored = msgspec.json.encode(calibration.StoredFit(calibration.coefficients_of(found.score_model), found.layer))
        store.use_calibration(
            connection,
            calibration.digest_of(default_score_model(), search.fusion),
            stored,
            msgspec.json.encode(result),
        )
    changed = sorted({*changed, *reestimate_prior(context)})
    if embeddings is not None:
        now = fine_tuning.shifted(
            evaluation.scores, fine_tuning.score_shifts(embeddings, evaluation.scores, old, found.layer)
        )
        evaluation = dataclasses.replace(evaluation, scores=now)
    _keep_quality(quality_of(evaluation, search.score_model, fitted=True), evaluation, context)
    context.touched(versions=True, everything=bool(changed))
    return Outcome(result)


def reset_cover_search(_request: ResetCoverSearch, context: JobContext) -> Outcome:
    """Back to the shipped calibration and last layer. What you confirmed and rejected stays."""
    from pemr.covers.scores.normalisation import default_score_model

    search = context.loaded_models.covers(context.library)
    score_shifts = _score_shifts(search, None, context)
    with context.library.store.writing() as connection:
        if not store.use_shipped(connection):
            return Outcome(WentBack(changed=False))
        changed = reclassify(connection, default_score_model(), search.candidates, score_shifts)
        store.forget_quality(connection)
    changed = sorted({*changed, *reestimate_prior(context)})
    context.touched(versions=True, everything=bool(changed))
    return Outcome(WentBack(changed=True))


def _evaluate(context: JobContext) -> tuple[CoverSearch, Evaluation]:
    from pemr_desktop.analysis.covers.evaluation import score_known_pairs

    context.progress(0, 0, Step("looking up known pairs"))
    search = context.loaded_models.covers(context.library)
    evaluation = score_known_pairs(context.library, search, context.progress, context.cancelled)
    if not evaluation.scores:
        raise JobRefused("nothing to check")
    return search, evaluation


def _keep_quality(quality: CoverQuality, evaluation: Evaluation, context: JobContext) -> None:
    with context.library.store.writing() as connection:
        store.store_quality(connection, msgspec.json.encode(quality), evaluation.began_at)
    context.touched(versions=True)


def _progress_or_stop(context: JobContext, step: StepCode) -> Callable[[int, int], None]:
    """Say how far it is, and stop if that is wanted."""

    def between_steps(done: int, total: int) -> None:
        if context.cancelled():
            raise JobCancelled
        context.progress(done, total, Step(step))

    return between_steps


def _score_shifts(
    search: CoverSearch, layer: ProjectionLayer | None, context: JobContext
) -> dict[tuple[int, int], float]:
    """How much the scores of all measured pairs change with this last layer instead of the one in use."""
    from pemr_desktop.analysis.covers.fine_tuning import shifts_in_library

    pairs = [(pair.track_a, pair.track_b) for pair in context.read(versions.measured)]
    return shifts_in_library(search, pairs, search.layer, layer, _progress_or_stop(context, "rescoring pairs"))
