"""What a cover search found: matches of one track, pairs of a library, and the answer."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal

import msgspec

from pemr.covers.alignment.passages import Alignment
from pemr_desktop.analysis.covers.verdict import Evidence
from pemr_desktop.library.rows import Verdict
from pemr_desktop.protocol.results import CoverAnswer, CoverMatch, CoversFound, Passage


class FoundPair(msgspec.Struct, frozen=True):
    """Two tracks of the library; key, tempo and passages read from `track_a` to `track_b`.

    `relation` is None when the evidence is too weak to call them versions.
    """

    track_a: int
    track_b: int
    relation: Literal["same recording", "version"] | None
    probability: float
    score: float
    key_shift: int
    tempo_ratio: float
    passages: tuple[Passage, ...]
    evidence: Evidence


@dataclass(frozen=True)
class Weighed:
    """What speaks for a pair, what it is called, and how the two are aligned, read from the first to the second."""

    track_a: int | None
    track_b: int
    evidence: Evidence
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


def pair_of(
    track_id: int, other_id: int, evidence: Evidence, verdict: Verdict, probability: float, alignment: Alignment
) -> FoundPair:
    """The pair of a track and another one that it was aligned with, told from the smaller id to the larger."""
    relation = verdict if verdict in ("same recording", "version") else None
    passages = _passages(alignment)
    shift, ratio = alignment.key_shift, alignment.tempo_ratio
    if other_id < track_id:
        turned = (Passage(part.b_start_s, part.b_end_s, part.a_start_s, part.a_end_s) for part in passages)
        passages = tuple(sorted(turned, key=lambda part: part.a_start_s))
        shift = (-shift + 5) % 12 - 5
        ratio = round(1.0 / max(ratio, 1e-3), 3)
    first, second = sorted((track_id, other_id))
    return FoundPair(
        first, second, relation, round(probability, 4), alignment.score, shift, ratio, passages, evidence
    )  # fmt: skip


def _passages(alignment: Alignment) -> tuple[Passage, ...]:
    return tuple(
        Passage(passage.a_start_s, passage.a_end_s, passage.b_start_s, passage.b_end_s)
        for passage in alignment.passages
    )


def found_among(matches: list[CoverMatch], compared: int) -> CoversFound:
    """How many of each verdict there are among so many tracks."""
    counts = Counter(match.verdict for match in matches)
    return CoversFound(counts["same recording"], counts["version"], counts["possible"], compared)
