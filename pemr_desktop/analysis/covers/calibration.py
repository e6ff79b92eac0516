"""The calibration of the cover search, fitted to what is known of a library and kept only where it proves better.

Three coefficients of a logistic regression are fitted: a bias, and slopes of the normalised score and of the similarity
along the path. It is a MAP estimate with a prior around the shipped ones, so few labels change little. Proof: on
held-out works the truth must become likelier than before by more than chance, and the verdicts no worse.
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

from pemr.covers.scores.map_logistic import fit_map_logistic
from pemr.covers.scores.normalisation import ScoreModel, default_score_model
from pemr_desktop.analysis.covers.evaluation import SURE, LabelledScore
from pemr_desktop.analysis.covers.projection import ProjectionLayer
from pemr_desktop.analysis.covers.verdict import MIN_PASSAGE_S
from pemr_desktop.errors import JobRefused
from pemr_desktop.library.library import Library
from pemr_desktop.library.versions.calibration import StoredCalibration, calibration, outdate
from pemr_desktop.protocol.cover_quality import Count, CoverFitReport, FitCode, FitScore
from pemr_desktop.protocol.cover_sentences import fit_reason

if TYPE_CHECKING:
    from pemr.covers.scores.fusion import ScoreFusion

log = logging.getLogger(__name__)

Floats = npt.NDArray[np.float64]

MIN_LABELS = 6
"""So many versions, and so many non-versions, must be known."""
MIN_WORKS = 3
FOLDS = 5
SCORE_CENTRE, SIMILARITY_CENTRE = 4.0, 0.8
"""Where most pairs are decided; the coefficients are fitted around this point."""
PRIOR_DEVIATIONS = (1.5, 0.3, 0.3)
"""Standard deviations of the prior around the shipped ones: log-odds at the centre, and shares of the two slopes."""
MIN_SLOPE_SHARE = 0.25
MIN_PRIOR_DEVIATION = 1e-3
"""Of a slope that ships as 0: what the shipped search does not use stays unused."""
MIN_PROBABILITY = 1e-6
MIN_PRECISION = 0.95
"""If more non-versions than before would be called versions, so many of all those called must be right all the same."""
MAX_MISSED_PER_MISTAKE = 2
"""So many versions may be missed for each non-version that is no longer called one."""


class LogisticCoefficients(msgspec.Struct, frozen=True):
    """What is fitted of a `ScoreModel`. A library keeps them under the names that `background.toml` has."""

    bias: float = msgspec.field(name="evidence_bias")
    score_slope: float = msgspec.field(name="evidence_above")
    similarity_slope: float = msgspec.field(name="evidence_likeness")


class StoredFit(msgspec.Struct, frozen=True):
    """What a library keeps of a fit: coefficients, and the last layer of the network if that is another."""

    coefficients: LogisticCoefficients = msgspec.field(name="figures")
    layer: ProjectionLayer | None = None


@dataclass(frozen=True)
class CalibrationFit:
    """What came of it; `score_model` is the fitted one, or the one of before where that was not worse.

    `held_out`: for each informative pair the figures that no pair of its works had a part in.
    """

    score_model: ScoreModel
    held_out: list[ScoreModel]
    result: CoverFitReport


class TooFewLabels(JobRefused):
    """Not enough is known to fit anything to; says what is needed and what is there."""


def coefficients_of(score_model: ScoreModel) -> LogisticCoefficients:
    """The three that can be fitted."""
    return LogisticCoefficients(score_model.bias, score_model.score_slope, score_model.similarity_slope)


def with_coefficients(shipped: ScoreModel, coefficients: LogisticCoefficients) -> ScoreModel:
    """The shipped score model with other coefficients."""
    return msgspec.structs.replace(shipped, **msgspec.structs.asdict(coefficients))


def calibration_in_use(library: Library, fusion: ScoreFusion | None) -> tuple[ScoreModel, ProjectionLayer | None]:
    """What judges in this library: figures, and another last layer. Those fitted to it stand in for one shipped set.

    When that is shipped no longer they count for nothing, and the library remembers it.
    """
    shipped = default_score_model()
    stored = library.read(calibration)
    if stored is None:
        return shipped, None
    fitted = _fitted(stored) if stored.shipped == digest_of(shipped, fusion) else None
    if fitted is None:
        log.warning("What was taught to the cover search is of another version and counts for nothing")
        with library.store.writing() as connection:
            outdate(connection)
        return shipped, None
    return with_coefficients(shipped, fitted.coefficients), fitted.layer


def _fitted(stored: StoredCalibration) -> StoredFit | None:
    """What was fitted; None if another version of this program wrote it in its own way."""
    try:
        return msgspec.json.decode(stored.figures, type=StoredFit)
    except msgspec.MsgspecError as error:
        log.warning("What was taught to the cover search cannot be read: %s", error)
        return None


def digest_of(shipped: ScoreModel, fusion: ScoreFusion | None) -> str:
    """Names the figures that a fit began with, and how scores were fused: fitted ones stand in for no others."""
    return hashlib.blake2b(msgspec.json.encode((shipped, fusion)), digest_size=8).hexdigest()


def fit(pairs: Sequence[LabelledScore], shipped: ScoreModel, now: ScoreModel, candidates: int) -> CalibrationFit:
    """Fit, and prove against `now`, the figures in use. Raises `TooFewLabels`."""
    pairs = informative(pairs)
    versions = sum(labelled.pair.is_version for labelled in pairs)
    non_versions = len(pairs) - versions
    groups = works_of(pairs)
    works = len(set(groups.values()))
    if min(versions, non_versions) < MIN_LABELS or works < MIN_WORKS:
        raise TooFewLabels(
            "too few answers",
            needed=str(MIN_LABELS),
            works_needed=str(MIN_WORKS),
            versions=str(versions),
            works=str(works),
            others=str(non_versions),
        )
    as_now = [now] * len(pairs)
    held_out = _held_out(pairs, groups, shipped, candidates)
    before, after = score(pairs, as_now, candidates), score(pairs, held_out, candidates)
    weights = np.array([labelled.weight for labelled in pairs])
    gains = (losses(pairs, as_now, candidates) - losses(pairs, held_out, candidates)) * weights
    why: FitCode | None = "no better"
    if float(gains.sum()) > math.sqrt(float(np.square(gains - gains.mean()).sum())):
        why = worse_verdicts(before, after)
    result = CoverFitReport(versions, non_versions, works, before, after, not why, fit_reason(why, ""), why=why)
    return (
        CalibrationFit(now, as_now, result)
        if why
        else CalibrationFit(fit_coefficients(pairs, shipped, candidates), held_out, result)
    )


def informative(pairs: Sequence[LabelledScore]) -> list[LabelledScore]:
    """Those that something can be fitted to: neither copies nor pairs without a passage."""
    return [
        labelled
        for labelled in pairs
        if not labelled.measurements.is_copy and labelled.measurements.straight_s >= MIN_PASSAGE_S
    ]


def fit_coefficients(pairs: Sequence[LabelledScore], shipped: ScoreModel, candidates: int) -> ScoreModel:
    """The most probable figures (MAP), given the pairs and a prior around the shipped ones."""
    start = _at_centre(coefficients_of(shipped))
    values = fit_map_logistic(
        np.array([_row(labelled) for labelled in pairs]),
        np.array([labelled.pair.is_version for labelled in pairs], np.float64),
        start,
        np.maximum(np.array(PRIOR_DEVIATIONS) * np.array([1.0, start[1], start[2]]), MIN_PRIOR_DEVIATION),
        counts=np.array([labelled.weight for labelled in pairs]),
        offset=shipped.prior_log_odds(candidates),
        lower_bounds=np.array([-np.inf, *(MIN_SLOPE_SHARE * start[1:])]),
    )
    return with_coefficients(shipped, _at_zero(values))


def _held_out(
    pairs: Sequence[LabelledScore], groups: dict[int, int], shipped: ScoreModel, candidates: int
) -> list[ScoreModel]:
    """For each pair the figures fitted without any pair of the works of its fold."""
    fold_of = folds_of(groups)
    folds = [{fold_of[labelled.pair.track_a], fold_of[labelled.pair.track_b]} for labelled in pairs]
    fitted = {
        fold: fit_coefficients(
            [labelled for labelled, touched in zip(pairs, folds, strict=True) if fold not in touched],
            shipped,
            candidates,
        )
        for fold in set(fold_of.values())
    }
    return [fitted[fold_of[labelled.pair.track_a]] for labelled in pairs]


def folds_of(works: Mapping[int, int]) -> dict[int, int]:
    """Track -> work, to track -> fold: whole works are kept aside together."""
    names = sorted(set(works.values()), key=lambda name: hashlib.blake2b(str(name).encode()).digest())
    fold_of = {name: index % min(FOLDS, len(names)) for index, name in enumerate(names)}
    return {track: fold_of[work] for track, work in works.items()}


def works_of(pairs: Sequence[LabelledScore]) -> dict[int, int]:
    """Track -> the smallest id among all that known versions join it with: pairs of one work stay together."""
    top: dict[int, int] = {}

    def root(track: int) -> int:
        while top.setdefault(track, track) != track:
            track = top[track]
        return track

    for labelled in pairs:
        a, b = root(labelled.pair.track_a), root(labelled.pair.track_b)
        if labelled.pair.is_version:
            top[max(a, b)] = min(a, b)
    return {track: root(track) for track in list(top)}


def score(pairs: Sequence[LabelledScore], score_models: Sequence[ScoreModel], candidates: int) -> FitScore:
    """How the search does on these pairs, each judged by the figures beside it."""
    sure = [
        labelled.classified(score_model, candidates)[0] in SURE
        for labelled, score_model in zip(pairs, score_models, strict=True)
    ]
    right = sum(found and labelled.pair.is_version for labelled, found in zip(pairs, sure, strict=True))
    versions = sum(labelled.pair.is_version for labelled in pairs)
    doubts = losses(pairs, score_models, candidates) * np.array([labelled.weight for labelled in pairs])
    return FitScore(Count(right, sum(sure)), Count(right, versions), float(doubts.sum() / max(1, versions)))


def worse_verdicts(old: FitScore, new: FitScore) -> FitCode | None:
    """What is worse about the new verdicts; None when nothing is."""
    more_wrong = new.called.of - new.called.right > old.called.of - old.called.right
    if more_wrong and new.called.right < MIN_PRECISION * new.called.of:
        return "more wrong"
    spared = (old.called.of - old.called.right) - (new.called.of - new.called.right)
    if not more_wrong and new.called.right < old.called.right - MAX_MISSED_PER_MISTAKE * spared:
        return "fewer found"
    return None


def losses(pairs: Sequence[LabelledScore], score_models: Sequence[ScoreModel], candidates: int) -> Floats:
    """Negative log-likelihood of the truth of each pair, judged by the figures beside it (p,)."""
    found = [
        score_model.probability(labelled.measurements.normalised_score, labelled.measurements.similarity, candidates)
        for labelled, score_model in zip(pairs, score_models, strict=True)
    ]
    probabilities = np.clip(np.array(found), MIN_PROBABILITY, 1 - MIN_PROBABILITY)
    truth = np.array([labelled.pair.is_version for labelled in pairs])
    negative: Floats = -np.log(np.where(truth, probabilities, 1 - probabilities))
    return negative


def _row(labelled: LabelledScore) -> tuple[float, float, float]:
    """The predictors of the logistic regression, around the centre."""
    measurements = labelled.measurements
    return 1.0, measurements.normalised_score - SCORE_CENTRE, measurements.similarity - SIMILARITY_CENTRE


def _at_centre(figures: LogisticCoefficients) -> Floats:
    log_odds = figures.bias + figures.score_slope * SCORE_CENTRE + figures.similarity_slope * SIMILARITY_CENTRE
    return np.array([log_odds, figures.score_slope, figures.similarity_slope])


def _at_zero(values: Floats) -> LogisticCoefficients:
    score_slope, similarity_slope = float(values[1]), float(values[2])
    bias = float(values[0]) - score_slope * SCORE_CENTRE - similarity_slope * SIMILARITY_CENTRE
    return LogisticCoefficients(bias, score_slope, similarity_slope)
