"""The cover search checked against the library's own pairs, taught by them, and the way back."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from pemr_desktop.errors import JobCancelled, JobRefused
from pemr_desktop.jobs.context import JobContext, Outcome
from pemr_desktop.jobs.operations.cover_verdicts import call_anew, expect_anew
from pemr_desktop.library.versions import calibration as store
from pemr_desktop.library.versions import pairs as versions
from pemr_desktop.protocol.cover_quality import CoverQuality
from pemr_desktop.protocol.messages import CheckCovers, TeachCovers, UnteachCovers
from pemr_desktop.protocol.results import WentBack
from pemr_desktop.steps import Step, StepCode

if TYPE_CHECKING:
    from pemr_desktop.analysis.covers.evaluation import Exam
    from pemr_desktop.analysis.covers.projection import TaughtLayer
    from pemr_desktop.analysis.covers.search import CoverSearch


def check_covers(_request: CheckCovers, context: JobContext) -> Outcome:
    """Say how many of its verdicts are right and how many known versions it finds; changes nothing but the report."""
    from pemr.covers.scores.normalisation import default_background
    from pemr_desktop.analysis.covers.calibration import figures_of
    from pemr_desktop.analysis.covers.evaluation import grade

    search, exam = _exam(context)
    taught = search.layer is not None or figures_of(search.background) != figures_of(default_background())
    quality = grade(exam, search.background, taught=taught)
    _keep_quality(quality, exam, context)
    return Outcome(quality)


def teach_covers(request: TeachCovers, context: JobContext) -> Outcome:
    """Fit the calibration and the last layer to what is known, prove them on works kept aside, use what is better."""
    from pemr.covers.scores.normalisation import default_background
    from pemr_desktop.analysis.covers import calibration as calibrating
    from pemr_desktop.analysis.covers import fine_tuning as tuning
    from pemr_desktop.analysis.covers.evaluation import grade
    from pemr_desktop.analysis.covers.prior import expecting

    search, exam = _exam(context)
    shipped, old = expecting(default_background(), search.background.versions_a_track), search.layer
    between = _between(context, "proving")
    heard = search.heard({track for one in exam.weighed for track in (one.pair.track_a, one.pair.track_b)})
    if heard is not None:  # without tracks that have gone since
        exam = dataclasses.replace(exam, weighed=[one for one in exam.weighed if heard.holds(one.pair)])
    learned = tuning.learn(exam.weighed, shipped, exam.candidates, heard, old, between)
    result = learned.result
    if request.dry_run or not result.kept:
        return Outcome(result)
    shifts = _shifts(search, learned.layer, context)
    with context.library.store.writing() as connection:
        changed = call_anew(connection, learned.background, exam.candidates, shifts)
        result = msgspec.structs.replace(result, changed_pairs=len(changed))
        figures = msgspec.json.encode(calibrating.Fitted(calibrating.figures_of(learned.background), learned.layer))
        store.use_calibration(
            connection,
            calibrating.digest_of(default_background(), search.joining),
            figures,
            msgspec.json.encode(result),
        )
    changed = sorted({*changed, *expect_anew(context)})
    if heard is not None:
        now = tuning.moved(exam.weighed, tuning.shifts(heard, exam.weighed, old, learned.layer))
        exam = dataclasses.replace(exam, weighed=now)
    _keep_quality(grade(exam, search.background, taught=True), exam, context)
    context.touched(versions=True, everything=bool(changed))
    return Outcome(result)


def unteach_covers(_request: UnteachCovers, context: JobContext) -> Outcome:
    """Back to the shipped calibration and last layer. What you confirmed and rejected stays."""
    from pemr.covers.scores.normalisation import default_background

    search = context.loaded_models.covers(context.library)
    shifts = _shifts(search, None, context)
    with context.library.store.writing() as connection:
        if not store.use_shipped(connection):
            return Outcome(WentBack(changed=False))
        changed = call_anew(connection, default_background(), search.candidates, shifts)
        store.forget_quality(connection)
    changed = sorted({*changed, *expect_anew(context)})
    context.touched(versions=True, everything=bool(changed))
    return Outcome(WentBack(changed=True))


def _exam(context: JobContext) -> tuple[CoverSearch, Exam]:
    from pemr_desktop.analysis.covers.evaluation import examine

    context.progress(0, 0, Step("looking up known pairs"))
    search = context.loaded_models.covers(context.library)
    exam = examine(context.library, search, context.progress, context.cancelled)
    if not exam.weighed:
        raise JobRefused.because("nothing to check")
    return search, exam


def _keep_quality(quality: CoverQuality, exam: Exam, context: JobContext) -> None:
    with context.library.store.writing() as connection:
        store.store_quality(connection, msgspec.json.encode(quality), exam.began_at)
    context.touched(versions=True)


def _between(context: JobContext, step: StepCode) -> Callable[[int, int], None]:
    """Say how far it is, and stop if that is wanted."""

    def between(done: int, total: int) -> None:
        if context.cancelled():
            raise JobCancelled
        context.progress(done, total, Step(step))

    return between


def _shifts(search: CoverSearch, layer: TaughtLayer | None, context: JobContext) -> dict[tuple[int, int], float]:
    """How much farther above strangers all measured pairs lie with this last layer instead of the one in use."""
    from pemr_desktop.analysis.covers.fine_tuning import shifts_in_library

    pairs = [(pair.track_a, pair.track_b) for pair in context.read(versions.measured)]
    return shifts_in_library(search, pairs, search.layer, layer, _between(context, "rescoring pairs"))
