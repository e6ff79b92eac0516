"""Tags tuned to the library's own music, and the way back."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import msgspec

from pemr_desktop.analysis.models import known_tags
from pemr_desktop.analysis.tag_reasons import read_reason
from pemr_desktop.analysis.tag_tuning import choose_sample, listen, refit
from pemr_desktop.errors import JobRefused
from pemr_desktop.jobs.context import JobContext, Outcome
from pemr_desktop.jobs.operations.models import suggest_anew
from pemr_desktop.library.embeddings import tag_tuning
from pemr_desktop.protocol.messages import TuneTags, UntuneTags
from pemr_desktop.protocol.results import TagFigures, TagTuningResult, TunedTag, TuningStopped, WentBack
from pemr_desktop.steps import Step

if TYPE_CHECKING:
    from pemr.embed import Encoder
    from pemr.tags.calibration import HeldOut
    from pemr.tags.tag_tuning import TagChange, TunedTags


def tune_tags(request: TuneTags, context: JobContext) -> Outcome:
    """Let the teacher hear a sample, fit the tags anew, switch on what got better and make all suggestions anew.

    What the teacher said is kept: a tuning that was stopped goes on there. A dry run changes no tag.
    """
    library, settings = context.library, context.settings.tuning
    context.progress(0, 0, Step("choosing tracks"))
    shipped = context.loaded_models.shipped(library)
    listened = 0
    if request.listen:
        sample = choose_sample(library, shipped.model_id, settings.tracks)
        listened = listen(
            library,
            shipped,
            sample.missing,
            moments=settings.moments,
            listeners=context.settings.analyse.threads or (os.cpu_count() or 1),
            patience_s=float(context.settings.analyse.limit_s),
            progress=context.progress,
            cancelled=context.cancelled,
        )
        if context.cancelled():
            return Outcome(TuningStopped(listened), cancelled=True)
    context.progress(0, 0, Step("fitting tags"))
    began_s = time.perf_counter()
    tuned, albums = refit(library, shipped, settings.answer_weight, settings.file_tag_weight)
    if tuned is None:
        raise JobRefused("too little music")
    context.stop_if_cancelled()
    tags = tuple(_told(change) for change in tuned.changes)
    fit_s = time.perf_counter() - began_s
    result = TagTuningResult(tuned.examples, albums, listened, tags, fit_s, not request.dry_run)
    if not request.dry_run:
        _take(tuned, shipped, result, context)
    return Outcome(result)


def untune_tags(request: UntuneTags, context: JobContext) -> Outcome:
    """Back to the tags as they were shipped. Decisions and files stay as they are."""
    library = context.library
    context.progress(0, 0, Step("untuning"))
    shipped = context.loaded_models.shipped(library)
    if library.read(tag_tuning.heads_in_use, shipped.model_id, shipped.digest) is None:
        return Outcome(WentBack(changed=False))
    _use(None, shipped, shipped, context)
    return Outcome(WentBack(changed=True))


def finish_suggestions(context: JobContext) -> None:
    """Make suggestions anew if a tuning was stopped while it did that."""
    if context.read(tag_tuning.suggestions_pending):
        suggest_anew(context.loaded_models.encoder(context.library), context)
        with context.library.store.writing() as connection:
            tag_tuning.suggestions_made(connection)
        context.touched(everything=True)


def _take(tuned: TunedTags, shipped: Encoder, result: TagTuningResult, context: JobContext) -> None:
    """Keep the heads and use them from now on."""
    with context.library.store.writing() as connection:
        heads_id = tag_tuning.keep_heads(
            connection,
            shipped.model_id,
            shipped.digest,
            msgspec.json.encode(tuned.tags),
            tuned.linear.weight,
            tuned.linear.bias,
            msgspec.json.encode(result),
        )
    _use(heads_id, shipped.with_heads(tuned.linear, tuned.tags), shipped, context)


def _use(heads_id: int | None, encoder: Encoder, shipped: Encoder, context: JobContext) -> None:
    with context.library.store.writing() as connection:
        tag_tuning.use_heads(connection, shipped.model_id, heads_id, known_tags(encoder))
    context.touched(models=True)
    finish_suggestions(context)


def _told(change: TagChange) -> TunedTag:
    return TunedTag(
        change.name,
        change.group,
        change.change,
        change.is_on,
        change.judged_by,
        _figures(change.before),
        _figures(change.after),
        change.reason,
        read_reason(change.reason),
    )


def _figures(held_out: HeldOut) -> TagFigures:
    return TagFigures(held_out.positives, held_out.shown, held_out.right, held_out.roc_auc, held_out.pr_auc)
