"""The calibration of the cover search fitted to known pairs: better where it can be, as before where it cannot."""

from __future__ import annotations

import numpy as np
import pytest

from pemr.covers.scores.fusion import FusionWeights, ScoreFusion
from pemr.covers.scores.normalisation import default_score_model
from pemr_desktop.analysis.covers.calibration import (
    MIN_LABELS,
    TooFewLabels,
    coefficients_of,
    digest_of,
    fit,
    fit_coefficients,
    with_coefficients,
)
from pemr_desktop.analysis.covers.evaluation import LabelledScore, likely_share, sureness_of
from pemr_desktop.analysis.covers.verdict import PairMeasurements
from pemr_desktop.library.versions.known_pairs import KnownPair

CANDIDATES = 300
SHIPPED = default_score_model()


def pair(
    number: int, normalised_score: float, *, version: bool, similarity: float = 0.8, copy: bool = False
) -> LabelledScore:
    """A pair of its own work, tracks 2n and 2n + 1."""
    known = KnownPair(2 * number, 2 * number + 1, "version" if version else "not a version", "you", False)
    return LabelledScore(known, PairMeasurements(normalised_score, similarity, 30.0, copy))


def at(odds: float) -> float:
    """The normalised score of a pair whose log-odds are these by the shipped figures."""
    rest = SHIPPED.bias + 0.8 * SHIPPED.similarity_slope + SHIPPED.prior_log_odds(CANDIDATES)
    return (odds - rest) / SHIPPED.score_slope


def library(shift: float, count: int = 60, seed: int = 0) -> list[LabelledScore]:
    """Versions and non-versions whose log-odds lie `shift` off where the shipped figures expect them."""
    draw = np.random.default_rng(seed)
    versions = [pair(n, at(float(draw.normal(6.0 + shift, 4.0))), version=True) for n in range(count)]
    non_versions = [
        pair(count + n, at(float(draw.normal(-10.0 + shift, 3.0))), version=False) for n in range(2 * count)
    ]
    return [*versions, *non_versions]


def test_fitted_to_a_library_whose_versions_score_lower_the_search_finds_more_of_them() -> None:
    fitted = fit(library(-6.0), SHIPPED, SHIPPED, CANDIDATES)
    assert fitted.result.kept and not fitted.result.reason
    assert fitted.result.after.found.right > fitted.result.before.found.right
    assert fitted.result.after.doubt < fitted.result.before.doubt
    assert fitted.score_model.bias != SHIPPED.bias
    assert fitted.score_model.fine == SHIPPED.fine


def test_fitted_to_a_library_whose_non_versions_score_high_it_calls_fewer() -> None:
    fitted = fit(library(8.0), SHIPPED, SHIPPED, CANDIDATES)
    wrong_before = fitted.result.before.called.of - fitted.result.before.called.right
    wrong_after = fitted.result.after.called.of - fitted.result.after.called.right
    assert fitted.result.kept
    assert wrong_after < wrong_before


def test_what_is_right_already_stays_as_it_is() -> None:
    easy = [pair(n, at(15.0), version=True) for n in range(20)]
    easy += [pair(20 + n, at(-15.0), version=False) for n in range(40)]
    fitted = fit(easy, SHIPPED, SHIPPED, CANDIDATES)
    assert not fitted.result.kept
    assert fitted.result.why == "no better" and "no better" in fitted.result.reason
    assert fitted.score_model is SHIPPED


def test_nothing_is_fitted_to_labels_without_rhyme_or_reason() -> None:
    draw = np.random.default_rng(5)
    noise = [pair(n, float(draw.normal(4.0, 1.0)), version=bool(draw.random() < 0.5)) for n in range(16)]
    result = fit(noise, SHIPPED, SHIPPED, CANDIDATES).result
    wrong = result.after.called.of - result.after.called.right
    assert not result.kept or wrong <= result.before.called.of - result.before.called.right


@pytest.mark.parametrize("versions", [0, 3, MIN_LABELS - 1])
def test_too_few_labels_are_said_and_nothing_is_fitted(versions: int) -> None:
    few = [pair(n, 5.0, version=True) for n in range(versions)] + [pair(50 + n, 1.0, version=False) for n in range(30)]
    with pytest.raises(TooFewLabels, match=f"{MIN_LABELS} versions .* {versions} of .* and 30 are there"):
        fit(few, SHIPPED, SHIPPED, CANDIDATES)


def test_nothing_is_fitted_to_copies_of_the_same_recording() -> None:
    copies = [pair(n, 9.0, version=True, copy=True) for n in range(30)]
    non_versions = [pair(50 + n, 1.0, version=False) for n in range(30)]
    with pytest.raises(TooFewLabels, match="teach nothing"):
        fit([*copies, *non_versions], SHIPPED, SHIPPED, CANDIDATES)


def test_all_pairs_of_one_work_are_one_work() -> None:
    one_work = [
        LabelledScore(KnownPair(1, other, "version", "tags", False), PairMeasurements(5.0, 0.8, 30.0))
        for other in range(2, 14)
    ]
    non_versions = [
        LabelledScore(KnownPair(1, 100 + n, "not a version", "you", False), PairMeasurements(3.0, 0.7, 30.0))
        for n in range(1)
    ]
    with pytest.raises(TooFewLabels):
        fit([*one_work, *non_versions], SHIPPED, SHIPPED, CANDIDATES)


def test_few_labels_change_the_coefficients_less_than_many() -> None:
    few, many = (fit_coefficients(library(-6.0, count), SHIPPED, CANDIDATES) for count in (3, 100))
    far = abs(few.bias + 4 * few.score_slope - SHIPPED.bias - 4 * SHIPPED.score_slope)
    farther = abs(many.bias + 4 * many.score_slope - SHIPPED.bias - 4 * SHIPPED.score_slope)
    assert 0 < far < farther


def test_fits_are_told_apart_by_the_shipped_figures_and_by_the_fusion() -> None:
    fusion = ScoreFusion(FusionWeights(1.0), FusionWeights(1.0), 9, 0.5, 0.1)
    fitted = fit_coefficients(library(3.0), SHIPPED, 300)
    names = {digest_of(SHIPPED, None), digest_of(fitted, None), digest_of(SHIPPED, fusion)}
    assert len(names) == 3
    assert digest_of(with_coefficients(SHIPPED, coefficients_of(SHIPPED)), None) in names


def test_how_sure_it_is_is_checked_against_how_often_it_is_right() -> None:
    assert sureness_of([(0.9, True)] * 9) == "too few"
    assert sureness_of([(0.9, True)] * 18 + [(0.9, False)] * 2) == "fits"
    assert sureness_of([(0.95, True)] * 10 + [(0.95, False)] * 10) == "too sure"
    assert sureness_of([(0.4, True)] * 20) == "too unsure"


def test_a_share_of_few_is_less_certain_than_a_share_of_many() -> None:
    low_few, _ = likely_share(4, 4)
    low_many, high_many = likely_share(400, 400)
    assert low_few < 0.55 < 0.98 < low_many <= high_many == 1.0
    assert likely_share(0, 0) == (0.0, 1.0)
