"""The calibration of the cover search, fitted to what is known of a library and kept only where it proves better.

Three figures are fitted: how much evidence it takes, and how much lying above strangers and likeness along the path
count. They are drawn towards the shipped ones, so few answers change little. Proof: on works that had no part in the
fit, the truth must have been likelier than before by more than chance, and the verdicts no worse.
"""

from __future__ import annotations

import hashlib
import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import numpy.typing as npt

from pemr.covers.scores.map_logistic import fit_evidence
from pemr.covers.scores.normalisation import Background, default_background
from pemr_desktop.analysis.covers.evaluation import SURE, Weighed
from pemr_desktop.analysis.covers.projection import TaughtLayer
from pemr_desktop.analysis.covers.verdict import LEAST_PASSAGE_S
from pemr_desktop.errors import JobRefused
from pemr_desktop.library.library import Library
from pemr_desktop.library.versions.calibration import StoredCalibration, calibration, outdate
from pemr_desktop.protocol.cover_quality import Count, CoverTeachingResult, LessonCode, TeachingScore
from pemr_desktop.protocol.cover_sentences import lesson_reason

if TYPE_CHECKING:
    from pemr.covers.scores.fusion import Joining

log = logging.getLogger(__name__)

Floats = npt.NDArray[np.float64]

NEEDED = 6
"""So many versions, and so many pairs that are none, must be known."""
WORKS_NEEDED = 3
FOLDS = 5
ABOVE_CENTRE, LIKENESS_CENTRE = 4.0, 0.8
"""Where evidence usually decides; the figures are fitted around this point."""
PRIOR_SPREAD = (1.5, 0.3, 0.3)
"""How far the three may go from the shipped ones: log-odds at the centre, and shares of the two slopes."""
LEAST_SLOPE = 0.25
LEAST_FREEDOM = 1e-3
"""Of a figure that ships as 0: evidence that the shipped search does not use stays unused."""
LEAST_PROBABILITY = 1e-6
WANTED_SHARE = 0.95
"""If more strangers than before would be called versions, so many of all those called must be right all the same."""
VERSIONS_FOR_A_MISTAKE = 2
"""So many versions may be missed for each stranger that is no longer called one."""


class Figures(msgspec.Struct, frozen=True):
    """What is fitted, under the names they have in `Background`."""

    evidence_bias: float
    evidence_above: float
    evidence_likeness: float


class Fitted(msgspec.Struct, frozen=True):
    """What a library keeps of a lesson: figures, and the last layer of the network if that is another."""

    figures: Figures
    layer: TaughtLayer | None = None


@dataclass(frozen=True)
class Taught:
    """What came of it; `background` is the fitted one, or the one of before where that was not worse.

    `aside`: for each telling pair the figures that no pair of its works had a part in.
    """

    background: Background
    aside: list[Background]
    result: CoverTeachingResult


class TooFewAnswers(JobRefused):
    """Not enough is known to learn from; says what is needed and what is there."""


def figures_of(background: Background) -> Figures:
    """The three that can be fitted."""
    return Figures(background.evidence_bias, background.evidence_above, background.evidence_likeness)


def with_figures(shipped: Background, figures: Figures) -> Background:
    """The shipped background with other figures."""
    return msgspec.structs.replace(shipped, **msgspec.structs.asdict(figures))


def in_use(library: Library, joining: Joining | None) -> tuple[Background, TaughtLayer | None]:
    """What judges in this library: figures, and another last layer. Those fitted to it stand in for one shipped set.

    When that is shipped no longer they count for nothing, and the library remembers it.
    """
    shipped = default_background()
    stored = library.read(calibration)
    if stored is None:
        return shipped, None
    fitted = _fitted(stored) if stored.shipped == digest_of(shipped, joining) else None
    if fitted is None:
        log.warning("What was taught to the cover search is of another version and counts for nothing")
        with library.store.writing() as connection:
            outdate(connection)
        return shipped, None
    return with_figures(shipped, fitted.figures), fitted.layer


def _fitted(stored: StoredCalibration) -> Fitted | None:
    """What was fitted; None if another version of this program wrote it in its own way."""
    try:
        return msgspec.json.decode(stored.figures, type=Fitted)
    except msgspec.MsgspecError as error:
        log.warning("What was taught to the cover search cannot be read: %s", error)
        return None


def digest_of(shipped: Background, joining: Joining | None) -> str:
    """Names the figures that a fit began with, and what evidence was made of: fitted ones stand in for no others."""
    return hashlib.blake2b(msgspec.json.encode((shipped, joining)), digest_size=8).hexdigest()


def teach(pairs: Sequence[Weighed], shipped: Background, now: Background, candidates: int) -> Taught:
    """Fit, and prove against `now`, the figures in use. Raises `TooFewAnswers`."""
    pairs = telling(pairs)
    versions = sum(one.pair.is_version for one in pairs)
    strangers = len(pairs) - versions
    groups = works_of(pairs)
    works = len(set(groups.values()))
    if min(versions, strangers) < NEEDED or works < WORKS_NEEDED:
        raise TooFewAnswers.because(
            "too few answers",
            needed=str(NEEDED),
            works_needed=str(WORKS_NEEDED),
            versions=str(versions),
            works=str(works),
            others=str(strangers),
        )
    as_now = [now] * len(pairs)
    aside = _held_out(pairs, groups, shipped, candidates)
    before, after = score(pairs, as_now, candidates), score(pairs, aside, candidates)
    weights = np.array([one.weight for one in pairs])
    gains = (losses(pairs, as_now, candidates) - losses(pairs, aside, candidates)) * weights
    why: LessonCode | None = "no better"
    if float(gains.sum()) > math.sqrt(float(np.square(gains - gains.mean()).sum())):
        why = worse_verdicts(before, after)
    result = CoverTeachingResult(versions, strangers, works, before, after, not why, lesson_reason(why, ""), why=why)
    return Taught(now, as_now, result) if why else Taught(fit(pairs, shipped, candidates), aside, result)


def telling(pairs: Sequence[Weighed]) -> list[Weighed]:
    """Those that something can be learned from."""
    return [one for one in pairs if not one.evidence.is_copy and one.evidence.straight_s >= LEAST_PASSAGE_S]


def fit(pairs: Sequence[Weighed], shipped: Background, candidates: int) -> Background:
    """The likeliest figures, given the pairs and how far from the shipped ones they are thought to lie."""
    start = _from_figures(figures_of(shipped))
    values = fit_evidence(
        np.array([_row(one) for one in pairs]),
        np.array([one.pair.is_version for one in pairs], np.float64),
        start,
        np.maximum(np.array(PRIOR_SPREAD) * np.array([1.0, start[1], start[2]]), LEAST_FREEDOM),
        counts=np.array([one.weight for one in pairs]),
        odds=shipped.prior_odds(candidates),
        least=np.array([-np.inf, *(LEAST_SLOPE * start[1:])]),
    )
    return with_figures(shipped, _to_figures(values))


def _held_out(
    pairs: Sequence[Weighed], groups: dict[int, int], shipped: Background, candidates: int
) -> list[Background]:
    """For each pair the figures fitted without any pair of the works of its fold."""
    fold_of = folds_of(groups)
    folds = [{fold_of[one.pair.track_a], fold_of[one.pair.track_b]} for one in pairs]
    fitted = {
        fold: fit([one for one, touched in zip(pairs, folds, strict=True) if fold not in touched], shipped, candidates)
        for fold in set(fold_of.values())
    }
    return [fitted[fold_of[one.pair.track_a]] for one in pairs]


def folds_of(works: Mapping[int, int]) -> dict[int, int]:
    """Track -> work, to track -> fold: whole works are kept aside together."""
    names = sorted(set(works.values()), key=lambda name: hashlib.blake2b(str(name).encode()).digest())
    fold_of = {name: place % min(FOLDS, len(names)) for place, name in enumerate(names)}
    return {track: fold_of[work] for track, work in works.items()}


def works_of(pairs: Sequence[Weighed]) -> dict[int, int]:
    """Track -> the smallest id among all that known versions join it with: pairs of one work stay together."""
    top: dict[int, int] = {}

    def root(track: int) -> int:
        while top.setdefault(track, track) != track:
            track = top[track]
        return track

    for one in pairs:
        a, b = root(one.pair.track_a), root(one.pair.track_b)
        if one.pair.is_version:
            top[max(a, b)] = min(a, b)
    return {track: root(track) for track in list(top)}


def score(pairs: Sequence[Weighed], backgrounds: Sequence[Background], candidates: int) -> TeachingScore:
    """How the search does on these pairs, each judged by the figures beside it."""
    sure = [one.called(background, candidates)[0] in SURE for one, background in zip(pairs, backgrounds, strict=True)]
    right = sum(found and one.pair.is_version for one, found in zip(pairs, sure, strict=True))
    versions = sum(one.pair.is_version for one in pairs)
    doubts = losses(pairs, backgrounds, candidates) * np.array([one.weight for one in pairs])
    return TeachingScore(Count(right, sum(sure)), Count(right, versions), float(doubts.sum() / max(1, versions)))


def worse_verdicts(old: TeachingScore, new: TeachingScore) -> LessonCode | None:
    """What is worse about the new verdicts; None when nothing is."""
    more_wrong = new.called.of - new.called.right > old.called.of - old.called.right
    if more_wrong and new.called.right < WANTED_SHARE * new.called.of:
        return "more wrong"
    spared = (old.called.of - old.called.right) - (new.called.of - new.called.right)
    if not more_wrong and new.called.right < old.called.right - VERSIONS_FOR_A_MISTAKE * spared:
        return "fewer found"
    return None


def losses(pairs: Sequence[Weighed], backgrounds: Sequence[Background], candidates: int) -> Floats:
    """Negative log-likelihood of the truth of each pair, judged by the figures beside it (p,)."""
    found = [
        background.probability(one.evidence.above, one.evidence.likeness, candidates)
        for one, background in zip(pairs, backgrounds, strict=True)
    ]
    chances = np.clip(np.array(found), LEAST_PROBABILITY, 1 - LEAST_PROBABILITY)
    truth = np.array([one.pair.is_version for one in pairs])
    negative: Floats = -np.log(np.where(truth, chances, 1 - chances))
    return negative


def _row(one: Weighed) -> tuple[float, float, float]:
    return 1.0, one.evidence.above - ABOVE_CENTRE, one.evidence.likeness - LIKENESS_CENTRE


def _from_figures(figures: Figures) -> Floats:
    at_centre = (
        figures.evidence_bias + figures.evidence_above * ABOVE_CENTRE + figures.evidence_likeness * LIKENESS_CENTRE
    )
    return np.array([at_centre, figures.evidence_above, figures.evidence_likeness])


def _to_figures(values: Floats) -> Figures:
    above, likeness = float(values[1]), float(values[2])
    return Figures(float(values[0]) - above * ABOVE_CENTRE - likeness * LIKENESS_CENTRE, above, likeness)
