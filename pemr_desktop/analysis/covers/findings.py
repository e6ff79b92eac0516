"""What a cover search found: matches of one track, pairs as a library stores them, and the answer."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import msgspec

from pemr.covers.alignment.passages import Alignment
from pemr_desktop.analysis.covers.verdict import PairMeasurements
from pemr_desktop.library.rows import Verdict
from pemr_desktop.library.versions.pairs import FoundVersion
from pemr_desktop.protocol.results import CoverAnswer, CoverMatch, CoversFound, Passage


@dataclass(frozen=True)
class ScoredMatch:
    """What was measured of a pair, its verdict, and how the two are aligned, read from the first to the second."""

    track_a: int | None
    track_b: int
    measurements: PairMeasurements
    verdict: Verdict
    probability: float
    alignment: Alignment


@dataclass(frozen=True)
class CoverFindings:
    """Matches of one query, best first, and what that comes to."""

    matches: tuple[CoverMatch, ...]
    compared: int
    answer: CoverAnswer


@dataclass(frozen=True)
class AllVersions:
    """What comparing a library with itself gave. `cancelled`: stopped early; what was reported stays valid."""

    compared_pairs: int
    cancelled: bool


def match_of(track_id: int, verdict: Verdict, probability: float, alignment: Alignment) -> CoverMatch:
    """A match as the window is told of it."""
    return CoverMatch(
        track_id,
        verdict,
        round(probability, 4),
        alignment.score,
        alignment.key_shift,
        alignment.tempo_ratio,
        _passages(alignment),
    )


def found_version(track_id: int, match: ScoredMatch) -> FoundVersion:
    """The pair of a track and one that it was aligned with as a library stores it, from smaller id to larger one.

    Its relation is None when the probability is too low to call the two versions.
    """
    alignment, measurements = match.alignment, match.measurements
    passages, shift, ratio = _passages(alignment), alignment.key_shift, alignment.tempo_ratio
    if match.track_b < track_id:
        turned = (Passage(part.b_start_s, part.b_end_s, part.a_start_s, part.a_end_s) for part in passages)
        passages = tuple(sorted(turned, key=lambda part: part.a_start_s))
        shift = (-shift + 5) % 12 - 5
        ratio = round(1.0 / max(ratio, 1e-3), 3)
    return FoundVersion(
        track_a=min(track_id, match.track_b),
        track_b=max(track_id, match.track_b),
        relation=match.verdict if match.verdict in ("same recording", "version") else None,
        probability=round(match.probability, 4),
        key_shift=shift,
        tempo_ratio=ratio,
        passages=msgspec.json.encode(passages),
        normalised_score=measurements.normalised_score,
        similarity=measurements.similarity,
        straight_s=measurements.straight_s,
        is_copy=measurements.is_copy,
    )


def _passages(alignment: Alignment) -> tuple[Passage, ...]:
    return tuple(
        Passage(passage.a_start_s, passage.a_end_s, passage.b_start_s, passage.b_end_s)
        for passage in alignment.passages
    )


def found_among(matches: list[CoverMatch], compared: int) -> CoversFound:
    """How many of each verdict there are among so many tracks."""
    counts = Counter(match.verdict for match in matches)
    return CoversFound(counts["same recording"], counts["version"], counts["possible"], compared)
