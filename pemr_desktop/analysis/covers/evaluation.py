"""The cover search checked against what is known of the library's own pairs."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pemr.covers.scores.normalisation import Background
from pemr_desktop.analysis.covers.verdict import POSSIBLE_PROBABILITY, VERSION_PROBABILITY, Evidence, call
from pemr_desktop.errors import JobCancelled
from pemr_desktop.library.database.store import Cancelled
from pemr_desktop.library.library import Library
from pemr_desktop.library.rows import Verdict
from pemr_desktop.library.versions import pairs
from pemr_desktop.library.versions.calibration import KnownPairs, known_pairs
from pemr_desktop.library.versions.known_pairs import Answers, KnownPair, answers
from pemr_desktop.protocol.cover_quality import Count, CoverQuality, Sureness, SurenessBand, WrongPair
from pemr_desktop.steps import Progress, Step

if TYPE_CHECKING:
    from pemr_desktop.analysis.covers.search import CoverSearch

MOST_TAGGED = 1500
"""Versions that tags tell, so many of them at most: each costs an alignment."""
STRANGERS = 400
"""Pairs of different works that are drawn."""
BANDS = (POSSIBLE_PROBABILITY, 0.5, VERSION_PROBABILITY, 0.95, 1.0)
FEWEST_FOR_SURENESS = 10
NOTICEABLE = 2.0
WIDTH = 1.96
SURE: tuple[Verdict, ...] = ("same recording", "version")


@dataclass(frozen=True)
class Weighed:
    """A known pair and what speaks for it. `weight`: how many pairs like it the library holds that were not drawn."""

    pair: KnownPair
    evidence: Evidence
    reached: bool = True
    weight: float = 1.0

    def called(self, background: Background, candidates: int) -> tuple[Verdict, float]:
        """What the search says of it."""
        verdict, probability = call(self.evidence, background, candidates)
        return (verdict, probability) if self.reached else ("none", 0.0)


@dataclass(frozen=True)
class Exam:
    """All known pairs of a library, weighed. `candidates`: how many tracks each is looked for among.

    `at_first`: what there was to check against at `began_at`, seconds since 1970.
    """

    weighed: list[Weighed]
    known: Answers
    strangers_in_all: int
    candidates: int
    at_first: KnownPairs
    began_at: float


def examine(library: Library, search: CoverSearch, progress: Progress, cancelled: Cancelled) -> Exam:
    """Weigh every pair that something is known of, and some pairs of different works. Raises `JobCancelled`."""
    from pemr_desktop.analysis.covers.pair_scores import CoverSearchCancelled

    began_at, at_first = time.time(), library.read(known_pairs)
    known = library.read(answers, MOST_TAGGED)
    told = {(pair.track_a, pair.track_b) for pair in known.pairs}
    near = [
        known.stranger(pair.track_a, pair.track_b)
        for pair in library.read(pairs.measured)
        if known.are_strangers(pair.track_a, pair.track_b) and (pair.track_a, pair.track_b) not in told
    ]
    drawn, in_all = known.strangers(STRANGERS)
    seen = {(pair.track_a, pair.track_b) for pair in near}
    drawn = [pair for pair in drawn if (pair.track_a, pair.track_b) not in seen]
    weight = max(1.0, (in_all - len(near)) / max(1, len(drawn)))
    todo = [*((pair, 1.0) for pair in (*known.pairs, *near)), *((pair, weight) for pair in drawn)]
    weighed: list[Weighed] = []
    try:
        for done, (pair, counts) in enumerate(todo):
            if cancelled():
                raise JobCancelled
            progress(done, len(todo), Step("comparing known pairs"))
            found = search.weigh_pair(pair.track_a, pair.track_b, cancelled)
            if found is None:
                continue
            reached = not pair.is_version or search.would_align(pair.track_a, pair.track_b, cancelled)
            weighed.append(Weighed(pair, found.evidence, reached, counts))
    except CoverSearchCancelled:
        raise JobCancelled from None
    return Exam(weighed, known, in_all, search.candidates, at_first, began_at)


def grade(exam: Exam, background: Background, *, taught: bool) -> CoverQuality:
    """How the search does on these pairs, in counts."""
    said = [(one, *one.called(background, exam.candidates)) for one in exam.weighed]
    called = [one.pair.is_version for one, verdict, _ in said if verdict in SURE]
    low, high = likely_share(sum(called), len(called))
    tagged = [(one.pair, verdict in SURE) for one, verdict, _ in said if one.pair.told_by == "tags"]
    shown = [(probability, one.pair.is_version) for one, verdict, probability in said if verdict != "none"]
    return CoverQuality(
        by_you=sum(one.pair.told_by == "you" for one in exam.weighed),
        by_tags=sum(one.pair.told_by == "tags" and one.pair.is_version for one in exam.weighed),
        called=Count(sum(called), len(called)),
        called_low=low,
        called_high=high,
        found=_count(found for pair, found in tagged if pair.truth == "version"),
        found_same_recording=_count(found for pair, found in tagged if pair.truth == "same recording"),
        found_same_artist=_count(found for pair, found in tagged if pair.truth == "version" and pair.same_artist),
        found_other_artist=_count(found for pair, found in tagged if pair.truth == "version" and not pair.same_artist),
        confirmed=_count(
            verdict in SURE for one, verdict, _ in said if one.pair.told_by == "you" and one.pair.is_version
        ),
        strangers=_count(not found for pair, found in tagged if not pair.is_version),
        strangers_in_all=exam.strangers_in_all,
        bands=tuple(bands_of(shown)),
        sureness=sureness_of(shown),
        wrong=tuple(_wrong(said)),
        not_compared=exam.known.not_compared,
        taught=taught,
        known=exam.at_first,
    )


def _wrong(said: Iterable[tuple[Weighed, Verdict, float]]) -> list[WrongPair]:
    """False alarms, surest first, then versions that were missed, nearest to being found first."""
    wrong = [
        WrongPair(
            one.pair.track_a,
            one.pair.track_b,
            verdict,
            round(probability, 4),
            one.pair.truth,
            one.pair.told_by,
            one.reached,
        )
        for one, verdict, probability in said
        if (verdict in SURE) != one.pair.is_version
    ]
    return sorted(
        wrong, key=lambda pair: (pair.truth != "not a version", -pair.probability, pair.track_a, pair.track_b)
    )


def bands_of(shown: Sequence[tuple[float, bool]]) -> list[SurenessBand]:
    """Pairs (probability, is a version) by how sure the search was; empty bands are left out."""
    bands = []
    for low, high in itertools.pairwise(BANDS):
        inside = [(p, true) for p, true in shown if low <= p < high or p == high == BANDS[-1]]
        if inside:
            bands.append(
                SurenessBand(low, high, sum(p for p, _ in inside), sum(true for _, true in inside), len(inside))
            )
    return bands


def sureness_of(shown: Sequence[tuple[float, bool]]) -> Sureness:
    """Whether as many are versions as the probabilities say: off by more than chance explains, or not."""
    if len(shown) < FEWEST_FOR_SURENESS:
        return "too few"
    off = sum(true for _, true in shown) - sum(p for p, _ in shown)
    chance = math.sqrt(sum(p * (1.0 - p) for p, _ in shown))
    if abs(off) <= max(1.0, NOTICEABLE * chance):
        return "fits"
    return "too unsure" if off > 0 else "too sure"


def likely_share(right: int, of: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share; 0 to 1 when nothing was counted."""
    if not of:
        return 0.0, 1.0
    share, square = right / of, WIDTH * WIDTH
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = WIDTH * math.sqrt(share * (1 - share) / of + square / (4 * of * of)) / (1 + square / of)
    return max(0.0, middle - half), min(1.0, middle + half)


def _count(found: Iterable[bool]) -> Count:
    values = list(found)
    return Count(sum(values), len(values))
