"""The cover search checked against what is known of the library's own pairs."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pemr.covers.scores.normalisation import ScoreModel
from pemr_desktop.analysis.covers.verdict import POSSIBLE_PROBABILITY, VERSION_PROBABILITY, PairMeasurements, classify
from pemr_desktop.errors import JobCancelled
from pemr_desktop.library.database.store import Cancelled
from pemr_desktop.library.library import Library
from pemr_desktop.library.rows import Verdict
from pemr_desktop.library.versions import pairs
from pemr_desktop.library.versions.calibration import KnownPairCounts, known_pair_counts
from pemr_desktop.library.versions.known_pairs import KnownPair, KnownPairs, known_pairs
from pemr_desktop.protocol.cover_quality import Count, CoverQuality, Sureness, SurenessBand, WrongPair
from pemr_desktop.steps import Progress, Step

if TYPE_CHECKING:
    from pemr_desktop.analysis.covers.search import CoverSearch

MAX_TAGGED_PAIRS = 1500
"""Versions that tags tell, so many of them at most: each costs an alignment."""
NON_VERSIONS_DRAWN = 400
"""Pairs of different works that are drawn."""
PROBABILITY_BANDS = (POSSIBLE_PROBABILITY, 0.5, VERSION_PROBABILITY, 0.95, 1.0)
MIN_PAIRS_FOR_SURENESS = 10
MIN_MISCALIBRATION_SIGMA = 2.0
"""Probabilities are off when the number of versions lies so many standard deviations from what they promise."""
Z_95 = 1.96
"""Half the width of a 95 % interval of normal values, in standard deviations."""
SURE: tuple[Verdict, ...] = ("same recording", "version")


@dataclass(frozen=True)
class LabelledScore:
    """A known pair and its measurements. `weight`: how many pairs like it the library holds that were not drawn."""

    pair: KnownPair
    measurements: PairMeasurements
    reached: bool = True
    weight: float = 1.0

    def classified(self, score_model: ScoreModel, candidates: int) -> tuple[Verdict, float]:
        """What the search says of it."""
        verdict, probability = classify(self.measurements, score_model, candidates)
        return (verdict, probability) if self.reached else ("none", 0.0)


@dataclass(frozen=True)
class Evaluation:
    """All known pairs of a library with their scores. `candidates`: how many tracks each is looked for among.

    `counts_at_first`: what there was to check against at `began_at`, seconds since 1970.
    """

    scores: list[LabelledScore]
    known: KnownPairs
    non_versions_in_all: int
    candidates: int
    counts_at_first: KnownPairCounts
    began_at: float


def score_known_pairs(library: Library, search: CoverSearch, progress: Progress, cancelled: Cancelled) -> Evaluation:
    """Score every pair that something is known of, and some pairs of different works. Raises `JobCancelled`."""
    from pemr_desktop.analysis.covers.pair_scores import CoverSearchCancelled

    began_at, counts_at_first = time.time(), library.read(known_pair_counts)
    known = library.read(known_pairs, MAX_TAGGED_PAIRS)
    told = {(pair.track_a, pair.track_b) for pair in known.pairs}
    near = [
        known.non_version(pair.track_a, pair.track_b)
        for pair in library.read(pairs.measured)
        if known.are_non_versions(pair.track_a, pair.track_b) and (pair.track_a, pair.track_b) not in told
    ]
    drawn, in_all = known.draw_non_versions(NON_VERSIONS_DRAWN)
    seen = {(pair.track_a, pair.track_b) for pair in near}
    drawn = [pair for pair in drawn if (pair.track_a, pair.track_b) not in seen]
    weight = max(1.0, (in_all - len(near)) / max(1, len(drawn)))
    todo = [*((pair, 1.0) for pair in (*known.pairs, *near)), *((pair, weight) for pair in drawn)]
    scores: list[LabelledScore] = []
    try:
        for done, (pair, counts) in enumerate(todo):
            if cancelled():
                raise JobCancelled
            progress(done, len(todo), Step("comparing known pairs"))
            found = search.score_pair(pair.track_a, pair.track_b, cancelled)
            if found is None:
                continue
            reached = not pair.is_version or search.would_align(pair.track_a, pair.track_b, cancelled)
            scores.append(LabelledScore(pair, found.measurements, reached, counts))
    except CoverSearchCancelled:
        raise JobCancelled from None
    return Evaluation(scores, known, in_all, search.candidates, counts_at_first, began_at)


def quality_of(evaluation: Evaluation, score_model: ScoreModel, *, fitted: bool) -> CoverQuality:
    """How the search does on these pairs, in counts."""
    said = [(labelled, *labelled.classified(score_model, evaluation.candidates)) for labelled in evaluation.scores]
    called = [labelled.pair.is_version for labelled, verdict, _ in said if verdict in SURE]
    low, high = likely_share(sum(called), len(called))
    tagged = [(labelled.pair, verdict in SURE) for labelled, verdict, _ in said if labelled.pair.told_by == "tags"]
    shown = [(probability, labelled.pair.is_version) for labelled, verdict, probability in said if verdict != "none"]
    return CoverQuality(
        by_you=sum(labelled.pair.told_by == "you" for labelled in evaluation.scores),
        by_tags=sum(labelled.pair.told_by == "tags" and labelled.pair.is_version for labelled in evaluation.scores),
        called=Count(sum(called), len(called)),
        called_low=low,
        called_high=high,
        found=_count(found for pair, found in tagged if pair.truth == "version"),
        found_same_recording=_count(found for pair, found in tagged if pair.truth == "same recording"),
        found_same_artist=_count(found for pair, found in tagged if pair.truth == "version" and pair.same_artist),
        found_other_artist=_count(found for pair, found in tagged if pair.truth == "version" and not pair.same_artist),
        confirmed=_count(
            verdict in SURE
            for labelled, verdict, _ in said
            if labelled.pair.told_by == "you" and labelled.pair.is_version
        ),
        non_versions=_count(not found for pair, found in tagged if not pair.is_version),
        non_versions_in_all=evaluation.non_versions_in_all,
        bands=tuple(bands_of(shown)),
        sureness=sureness_of(shown),
        wrong=tuple(_wrong(said)),
        not_compared=evaluation.known.not_compared,
        fitted=fitted,
        known=evaluation.counts_at_first,
    )


def _wrong(said: Iterable[tuple[LabelledScore, Verdict, float]]) -> list[WrongPair]:
    """False alarms, surest first, then versions that were missed, nearest to being found first."""
    wrong = [
        WrongPair(
            labelled.pair.track_a,
            labelled.pair.track_b,
            verdict,
            round(probability, 4),
            labelled.pair.truth,
            labelled.pair.told_by,
            labelled.reached,
        )
        for labelled, verdict, probability in said
        if (verdict in SURE) != labelled.pair.is_version
    ]
    return sorted(
        wrong, key=lambda pair: (pair.truth != "not a version", -pair.probability, pair.track_a, pair.track_b)
    )


def bands_of(shown: Sequence[tuple[float, bool]]) -> list[SurenessBand]:
    """Pairs (probability, is a version) by how sure the search was; empty bands are left out."""
    bands = []
    for low, high in itertools.pairwise(PROBABILITY_BANDS):
        inside = [(p, true) for p, true in shown if low <= p < high or p == high == PROBABILITY_BANDS[-1]]
        if inside:
            bands.append(
                SurenessBand(low, high, sum(p for p, _ in inside), sum(true for _, true in inside), len(inside))
            )
    return bands


def sureness_of(shown: Sequence[tuple[float, bool]]) -> Sureness:
    """Whether as many are versions as the probabilities say: off by more than chance explains, or not."""
    if len(shown) < MIN_PAIRS_FOR_SURENESS:
        return "too few"
    off = sum(true for _, true in shown) - sum(p for p, _ in shown)
    chance = math.sqrt(sum(p * (1.0 - p) for p, _ in shown))
    if abs(off) <= max(1.0, MIN_MISCALIBRATION_SIGMA * chance):
        return "fits"
    return "too unsure" if off > 0 else "too sure"


def likely_share(right: int, of: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share; 0 to 1 when nothing was counted."""
    if not of:
        return 0.0, 1.0
    share, square = right / of, Z_95 * Z_95
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = Z_95 * math.sqrt(share * (1 - share) / of + square / (4 * of * of)) / (1 + square / of)
    return max(0.0, middle - half), min(1.0, middle + half)


def _count(found: Iterable[bool]) -> Count:
    values = list(found)
    return Count(sum(values), len(values))
