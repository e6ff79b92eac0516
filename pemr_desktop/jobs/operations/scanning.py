"""Folders in and out of the library, and what has changed in them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from pemr_desktop.errors import JobRefused, PemrDesktopError
from pemr_desktop.jobs.context import JobContext, Outcome
from pemr_desktop.library import queries
from pemr_desktop.library.scanning.roots import ScanTarget
from pemr_desktop.protocol.messages import AddFolders, Analyse, RemoveRoot, Scan
from pemr_desktop.protocol.results import RootRemoved, ScanResult
from pemr_desktop.refusals import Refusal, joined


def add_folders(request: AddFolders, context: JobContext) -> Outcome:
    """Take folders or files into the library and scan them. Those that are not there are named; the others go on."""
    targets: list[ScanTarget] = []
    refused: list[Refusal] = []
    for path in request.paths:
        try:
            targets.append(context.library.add_root(Path(os.fsdecode(path))))
        except PemrDesktopError as error:
            refused.append(error.refusal)
    if not targets:
        raise _nothing_added(refused)
    context.touched(roots=True)
    return _scan(context, targets=targets, refused=refused, again=request.again)


def scan(request: Scan, context: JobContext) -> Outcome:
    """Look for new, changed, moved and vanished files."""
    came_or_went = context.library.check_roots()
    if came_or_went:
        context.touched(roots=True, everything=True)
    return _scan(context, root_ids=request.root_ids, again=request.again, has_news=came_or_went)


def remove_root(request: RemoveRoot, context: JobContext) -> Outcome:
    """Forget a folder. Its files are not touched."""
    known = {root.id: root for root in context.read(queries.roots)}
    root = known.get(request.root_id)
    if root is None:
        return Outcome(RootRemoved(None))
    context.library.remove_root(request.root_id)
    context.touched(everything=True, roots=True, problems=True, versions=True)
    return Outcome(RootRemoved(root.location, root.track_count))


def _nothing_added(refused: Sequence[Refusal]) -> JobRefused:
    return JobRefused(joined(*refused)) if refused else JobRefused("no folder")


def _scan(
    context: JobContext,
    *,
    root_ids: Sequence[int] = (),
    targets: Sequence[ScanTarget] = (),
    refused: Sequence[Refusal] = (),
    again: bool,
    has_news: bool = False,
) -> Outcome:
    """`has_news`: what is there to be listened to may be more than before, whatever the scan finds."""
    library = context.library
    outcome = library.scan(
        root_ids,
        targets=targets,
        ignore=context.settings.scan.ignore,
        again=again,
        films=context.settings.scan.films,
        progress=context.progress,
        cancelled=context.cancelled,
        changed=context.touched,
    )
    context.touched(problems=True, roots=True)
    if not outcome.cancelled and library.versions_from_tags():
        context.touched(versions=True)
    fruitless = library.drop_fruitless_roots(targets)
    found_news = bool(outcome.added or outcome.changed or outcome.moved)
    if found_news and not outcome.cancelled:
        library.find_same_sound(progress=context.progress, cancelled=context.cancelled)
    return Outcome(
        ScanResult(
            outcome.found,
            outcome.added,
            outcome.changed,
            outcome.moved,
            outcome.missing,
            max(0, outcome.problems - len(fruitless)),
            tuple(root.location for root in context.read(queries.roots) if not root.online),
            (*refused, *fruitless),
            outcome.left_out,
        ),
        outcome.cancelled,
        Analyse() if (has_news or found_news) and _is_to_listen(context) else None,
    )


def _is_to_listen(context: JobContext) -> bool:
    """Whether there is something to listen to, and that is to happen by itself."""
    return context.settings.analyse.automatic and bool(context.read(queries.count_not_analysed))
