"""Texts in old code pages: what tracks have of them, which pages are likely, and plans that put them into Unicode."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from pemr_desktop.library.database.store import Cancelled, Store
from pemr_desktop.library.paths import encode, show, track_path
from pemr_desktop.library.rows import LegacyTrack
from pemr_desktop.library.writing.plan import Plans, WriteOptions
from pemr_desktop.library.writing.vetting import Vetting
from pemr_desktop.refusals import Refusal
from pemr_desktop.steps import Progress, Step, StepCode
from pemr_desktop.tagfiles.code_pages import CodePage, LikelyPage, likely_pages
from pemr_desktop.tagfiles.errors import TagFileError
from pemr_desktop.tagfiles.plan import FilePlan
from pemr_desktop.tagfiles.recoding_plan import plan_recoding, read_legacy_texts

MOST_SHOWN = 300
"""As many tracks are shown before and after; the others follow the same choice, and stand in the review."""
MOST_HEARD = 5_000
"""So many texts decide how likely a page is."""


class LegacyTexts(msgspec.Struct, frozen=True):
    """`tracks`: the first that have any; `count`: how many have; `pages`: the likeliest first.

    `refused`: readable location -> why a file cannot be read.
    """

    tracks: tuple[LegacyTrack, ...]
    count: int
    pages: tuple[LikelyPage, ...]
    refused: dict[str, Refusal]


def find_legacy_texts(store: Store, track_ids: Sequence[int], progress: Progress, cancelled: Cancelled) -> LegacyTexts:
    """What these tracks have in old code pages. Nothing is written."""
    tracks: list[LegacyTrack] = []
    texts: list[bytes] = []
    refused: dict[str, Refusal] = {}
    count = 0
    with Vetting() as vetting:
        for track_id in _each(track_ids, "reading tags", progress, cancelled):
            path = store.read(track_path, track_id)
            try:
                vetting.check_track(store, track_id, path)
                found = read_legacy_texts(path)
            except TagFileError as error:
                refused[show(encode(error.path))] = error.why
                continue
            count += bool(found)
            texts += [text.raw for text in found if len(texts) < MOST_HEARD]
            if found and len(tracks) < MOST_SHOWN:
                tracks.append(LegacyTrack(track_id, show(encode(path)), found))
    return LegacyTexts(tuple(tracks), count, tuple(likely_pages(texts)), refused)


def plan_recodings(
    store: Store,
    track_ids: Sequence[int],
    page: CodePage,
    options: WriteOptions,
    progress: Progress,
    cancelled: Cancelled,
) -> Plans:
    """Plans that put what is in no Unicode encoding into one, taken to be in this page. Nothing is written."""
    plans: list[FilePlan] = []
    refused: dict[str, Refusal] = {}
    with Vetting() as vetting:
        for track_id in _each(track_ids, "comparing tags", progress, cancelled):
            path = store.read(track_path, track_id)
            try:
                vetting.check_track(store, track_id, path)
                plan = plan_recoding(
                    track_id, path, page, hard_links=options.hard_links, options=options.save_options()
                )
            except TagFileError as error:
                refused[show(encode(error.path))] = error.why
                continue
            if plan.changes:
                plans.append(plan)
    return Plans(tuple(plans), refused)


def _each(track_ids: Sequence[int], step: StepCode, progress: Progress, cancelled: Cancelled) -> Iterator[int]:
    for done, track_id in enumerate(track_ids):
        if cancelled():
            return
        progress(done, len(track_ids), Step(step))
        yield track_id
