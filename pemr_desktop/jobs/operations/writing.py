"""Tags into files: plan, write, undo. The promise is kept by the library; here it is only set in motion."""

from __future__ import annotations

from pemr_desktop.errors import JobRefused
from pemr_desktop.jobs.context import JobContext, Outcome
from pemr_desktop.library.writing.apply import Written
from pemr_desktop.library.writing.plan import Plans, WriteOptions
from pemr_desktop.protocol.messages import ApplyWrites, FindLegacyTexts, PlanEdits, PlanRecoding, PlanWrites, Undo
from pemr_desktop.protocol.results import LegacyTextsResult, PageShare, PlanResult, WriteResult
from pemr_desktop.tagfiles.code_pages import find_page
from pemr_desktop.tagfiles.plan import HardLinks


def plan_writes(request: PlanWrites, context: JobContext) -> Outcome:
    """What accepted tags would change in files. Opens no file for writing."""
    planned = context.library.plan_writes(
        request.track_ids,
        options=_options(context, request.hard_links),
        progress=context.progress,
        cancelled=context.cancelled,
    )
    context.stop_if_cancelled()
    return _planned(planned)


def plan_edits(request: PlanEdits, context: JobContext) -> Outcome:
    """What the user's own edits would change in files. Opens no file for writing."""
    planned = context.library.plan_edits(
        request.edits,
        add=request.add,
        remove=request.remove,
        options=_options(context, request.hard_links),
        progress=context.progress,
        cancelled=context.cancelled,
    )
    context.stop_if_cancelled()
    return _planned(planned)


def find_legacy_texts(request: FindLegacyTexts, context: JobContext) -> Outcome:
    """What tracks have in old code pages. Opens no file for writing."""
    found = context.library.find_legacy_texts(request.track_ids, progress=context.progress, cancelled=context.cancelled)
    context.stop_if_cancelled()
    pages = tuple(PageShare(likely.page.name, likely.share) for likely in found.pages)
    return Outcome(LegacyTextsResult(found.tracks, found.count, pages, dict(found.refused)))


def plan_recoding(request: PlanRecoding, context: JobContext) -> Outcome:
    """What tracks would say if their old texts are in one code page. Opens no file for writing. Raises JobRefused."""
    page = find_page(request.code_page)
    if page is None:
        raise JobRefused("unknown code page", name=request.code_page)
    planned = context.library.plan_recodings(
        request.track_ids,
        page,
        options=_options(context, request.hard_links),
        progress=context.progress,
        cancelled=context.cancelled,
    )
    context.stop_if_cancelled()
    return _planned(planned)


def apply_writes(request: ApplyWrites, context: JobContext) -> Outcome:
    """Write exactly these plans; files that changed since are left untouched and named."""
    written = context.library.apply_writes(
        request.plans,
        options=_options(context, request.hard_links),
        progress=context.progress,
        cancelled=context.cancelled,
    )
    return _written(written, context)


def undo(request: Undo, context: JobContext) -> Outcome:
    """Bring back what a batch changed. Fields that no longer hold what was written are left alone and named.

    A file of several names (hard links) keeps them: it was written in place with all of them, and comes back so.
    """
    written = context.library.undo(
        request.batch_id,
        request.entry_ids,
        options=_options(context, "in place"),
        progress=context.progress,
        cancelled=context.cancelled,
    )
    return _written(written, context)


def _options(context: JobContext, hard_links: HardLinks) -> WriteOptions:
    tags = context.settings.tags
    return WriteOptions(
        mode=tags.write_mode,
        provenance=tags.write_provenance,
        keep_times=tags.keep_times,
        id3_version=tags.id3_version,
        hard_links=hard_links,
    )


def _planned(planned: Plans) -> Outcome:
    return Outcome(PlanResult(tuple(planned.plans), dict(planned.refused), dict(planned.without_field)))


def _written(written: Written, context: JobContext) -> Outcome:
    context.touched(written.changed_ids, journal=True, problems=True)
    result = WriteResult(written.batch_id, written.written, dict(written.refused))
    return Outcome(result, context.cancelled())
