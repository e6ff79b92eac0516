"""Versions of a work: of one track, of a file outside the library, of everything; and the user's word on them."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pemr_desktop.analysis.covers.verdict import MIN_STORED_PROBABILITY
from pemr_desktop.analysis.decoding.pool import NoSound, decode_one
from pemr_desktop.errors import JobCancelled, JobRefused
from pemr_desktop.jobs.context import JobContext, Outcome
from pemr_desktop.jobs.operations.cover_verdicts import reestimate_prior
from pemr_desktop.jobs.operations.listening import ASKED_FOR, listen_at_once
from pemr_desktop.library import queries
from pemr_desktop.library.paths import track_path
from pemr_desktop.library.versions import pairs as versions
from pemr_desktop.library.versions.pairs import FoundVersion
from pemr_desktop.protocol.messages import FindAllVersions, FindCovers, JudgeVersion
from pemr_desktop.protocol.results import CoverResult, Done, VersionsResult
from pemr_desktop.refusals import Refusal, refusal
from pemr_desktop.steps import Step
from pemr_desktop.tagfiles.errors import readable

if TYPE_CHECKING:
    from pemr.covers.alignment.features import CoverFeatures


def find_covers(request: FindCovers, context: JobContext) -> Outcome:
    """Versions of a track of the library, which is listened to first if need be, or of a file outside it."""
    library = context.library
    if request.path is not None:
        query = _query_of_file(Path(os.fsdecode(request.path)), context)
    elif request.track_id is not None:
        query = _query_of_track(request.track_id, context)
    else:
        raise JobRefused("no query")
    from pemr.covers.alignment.features import MAX_COMPARED_S
    from pemr_desktop.analysis.covers.pair_scores import CoverSearchCancelled

    search = context.loaded_models.covers(library)
    try:
        findings = search.find(
            query.features,
            limit=request.limit,
            exclude_id=query.track_id,
            also=request.also,
            progress=context.progress,
            cancelled=context.cancelled,
        )
    except CoverSearchCancelled:
        raise JobCancelled from None
    cut_to_s = MAX_COMPARED_S if findings.compared and query.duration_s > MAX_COMPARED_S else None
    return Outcome(
        CoverResult(
            query.track_id,
            findings.matches,
            findings.compared,
            findings.answer,
            query.peaks,
            query.duration_s,
            cut_to_s,
        )
    )


def find_all_versions(_request: FindAllVersions, context: JobContext) -> Outcome:
    """Compare all tracks with one another. Tracks compared in an earlier run are not compared with each other again."""
    library = context.library
    search = context.loaded_models.covers(library)
    began_at = time.time()

    def found(track_id: int, pairs: list[FoundVersion]) -> None:
        library.store_versions(track_id, pairs)
        sure = [pair for pair in pairs if pair.relation is not None]
        if sure:
            context.touched({pair.track_a for pair in sure} | {pair.track_b for pair in sure}, versions=True)

    outcome = search.find_all(
        compared=library.compared_ids(),
        least=MIN_STORED_PROBABILITY,
        found=found,
        progress=context.progress,
        cancelled=context.cancelled,
    )
    changed = reestimate_prior(context)
    groups = library.regroup()
    called = library.read(versions.classified_since, began_at)
    context.touched(versions=True, everything=bool(called or changed))
    return Outcome(VersionsResult(outcome.compared_pairs, called, groups), outcome.cancelled)


def judge_version(request: JudgeVersion, context: JobContext) -> Outcome:
    """The user's word on a pair."""
    ids = context.library.judge(request.track_a, request.track_b, request.relation)
    context.touched(ids, versions=True)
    return Outcome(Done())


@dataclass(frozen=True)
class _Query:
    """What is compared: stored or fresh features, and what the window draws."""

    track_id: int | None
    features: bytes | CoverFeatures
    peaks: bytes
    duration_s: float


def _query_of_track(track_id: int, context: JobContext) -> _Query:
    from pemr.covers.alignment.features import FEATURE_VERSION

    features = context.library.cover_features_of(track_id, FEATURE_VERSION)
    if features is None:
        listen_at_once((track_id,), context)
        features = context.library.cover_features_of(track_id, FEATURE_VERSION)
    detail = context.read(queries.detail, track_id)
    if features is None:
        raise JobRefused("track not comparable", title=detail.row.title, reason=_why_not_heard(track_id, context))
    return _Query(track_id, features, detail.peaks, detail.row.duration_s or 0.0)


def _why_not_heard(track_id: int, context: JobContext) -> Refusal:
    """What the list of problems says, else that the file is not there."""
    found = context.read(queries.problems)
    reason = next(
        (problem.reason for problem in found if (problem.track_id, problem.stage) == (track_id, "analyse")), ""
    )
    return Refusal(reason) if reason else refusal("file not there", path=readable(context.read(track_path, track_id)))


def _query_of_file(path: Path, context: JobContext) -> _Query:
    if not path.is_file():
        raise JobRefused("file not there", path=readable(path))
    from pemr.covers.alignment.features import SAMPLE_RATE, cover_features

    context.progress(0, 0, Step("listening", path.name))
    patience_s = ASKED_FOR * context.settings.analyse.limit_s
    sound = decode_one(path, SAMPLE_RATE, patience_s, context.cancelled)
    if sound is None:
        raise JobCancelled
    if isinstance(sound, NoSound):
        raise JobRefused("file not comparable", path=readable(path), reason=sound.why)
    known = context.read(queries.find_track, path)
    return _Query(known, cover_features(sound.samples, sound.sample_rate), sound.peaks, sound.duration_s)
