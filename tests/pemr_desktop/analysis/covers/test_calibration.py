"""The calibration of the cover search fitted to known pairs: better where it can be, as before where it cannot."""

from __future__ import annotations

import numpy as np
import pytest

from pemr.covers.scores.fusion import Joining, Weighing
from pemr.covers.scores.normalisation import default_background
from pemr_desktop.analysis.covers.calibration import (
    NEEDED,
    TooFewAnswers,
    digest_of,
    figures_of,
    fit,
    teach,
    with_figures,
)
from pemr_desktop.analysis.covers.evaluation import Weighed, likely_share, sureness_of
from pemr_desktop.analysis.covers.verdict import Evidence
from pemr_desktop.library.versions.known_pairs import KnownPair

CANDIDATES = 300
SHIPPED = default_background()


def pair(number: int, above: float, *, version: bool, likeness: float = 0.8, copy: bool = False) -> Weighed:
    """A pair of its own work, tracks 2n and 2n + 1."""
    known = KnownPair(2 * number, 2 * number + 1, "version" if version else "not a version", "you", False)
    return Weighed(known, Evidence(above, likeness, 30.0, copy))


def at(odds: float) -> float:
    """How far above strangers a pair lies whose log-odds are these by the shipped figures."""
    rest = SHIPPED.evidence_bias + 0.8 * SHIPPED.evidence_likeness + SHIPPED.prior_odds(CANDIDATES)
    return (odds - rest) / SHIPPED.evidence_above


def library(shift: float, count: int = 60, seed: int = 0) -> list[Weighed]:
    """Versions and strangers whose log-odds lie `shift` off where the shipped figures expect them."""
    draw = np.random.default_rng(seed)
    versions = [pair(n, at(float(draw.normal(6.0 + shift, 4.0))), version=True) for n in range(count)]
    strangers = [pair(count + n, at(float(draw.normal(-10.0 + shift, 3.0))), version=False) for n in range(2 * count)]
    return [*versions, *strangers]


def test_a_library_whose_versions_are_less_alike_teaches_the_search_to_find_more_of_them() -> None:
    taught = teach(library(-6.0), SHIPPED, SHIPPED, CANDIDATES)
    assert taught.result.kept and not taught.result.reason
    assert taught.result.after.found.right > taught.result.before.found.right
    assert taught.result.after.doubt < taught.result.before.doubt
    assert taught.background.evidence_bias != SHIPPED.evidence_bias
    assert taught.background.closely == SHIPPED.closely


def test_a_library_where_strangers_resemble_each_other_teaches_it_to_call_fewer() -> None:
    taught = teach(library(8.0), SHIPPED, SHIPPED, CANDIDATES)
    wrong_before = taught.result.before.called.of - taught.result.before.called.right
    wrong_after = taught.result.after.called.of - taught.result.after.called.right
    assert taught.result.kept
    assert wrong_after < wrong_before


def test_what_is_right_already_stays_as_it_is() -> None:
    easy = [pair(n, at(15.0), version=True) for n in range(20)]
    easy += [pair(20 + n, at(-15.0), version=False) for n in range(40)]
    taught = teach(easy, SHIPPED, SHIPPED, CANDIDATES)
    assert not taught.result.kept
    assert taught.result.why == "no better" and "no better" in taught.result.reason
    assert taught.background is SHIPPED


def test_answers_without_rhyme_or_reason_teach_nothing() -> None:
    draw = np.random.default_rng(5)
    noise = [pair(n, float(draw.normal(4.0, 1.0)), version=bool(draw.random() < 0.5)) for n in range(16)]
    result = teach(noise, SHIPPED, SHIPPED, CANDIDATES).result
    wrong = result.after.called.of - result.after.called.right
    assert not result.kept or wrong <= result.before.called.of - result.before.called.right


@pytest.mark.parametrize("versions", [0, 3, NEEDED - 1])
def test_too_few_answers_are_said_and_not_learned_from(versions: int) -> None:
    few = [pair(n, 5.0, version=True) for n in range(versions)] + [pair(50 + n, 1.0, version=False) for n in range(30)]
    with pytest.raises(TooFewAnswers, match=f"{NEEDED} versions .* {versions} of .* and 30 are there"):
        teach(few, SHIPPED, SHIPPED, CANDIDATES)


def test_copies_of_the_same_recording_teach_nothing() -> None:
    copies = [pair(n, 9.0, version=True, copy=True) for n in range(30)]
    strangers = [pair(50 + n, 1.0, version=False) for n in range(30)]
    with pytest.raises(TooFewAnswers, match="teach nothing"):
        teach([*copies, *strangers], SHIPPED, SHIPPED, CANDIDATES)


def test_all_pairs_of_one_work_are_one_work() -> None:
    one_work = [
        Weighed(KnownPair(1, other, "version", "tags", False), Evidence(5.0, 0.8, 30.0)) for other in range(2, 14)
    ]
    strangers = [
        Weighed(KnownPair(1, 100 + n, "not a version", "you", False), Evidence(3.0, 0.7, 30.0)) for n in range(1)
    ]
    with pytest.raises(TooFewAnswers):
        teach([*one_work, *strangers], SHIPPED, SHIPPED, CANDIDATES)


def test_few_answers_change_the_figures_less_than_many() -> None:
    few, many = (fit(library(-6.0, count), SHIPPED, CANDIDATES) for count in (3, 100))
    far = abs(few.evidence_bias + 4 * few.evidence_above - SHIPPED.evidence_bias - 4 * SHIPPED.evidence_above)
    farther = abs(many.evidence_bias + 4 * many.evidence_above - SHIPPED.evidence_bias - 4 * SHIPPED.evidence_above)
    assert 0 < far < farther


def test_figures_are_told_apart_by_the_shipped_ones_and_by_what_evidence_is_made_of() -> None:
    joining = Joining(Weighing(1.0), Weighing(1.0), 9, 0.5, 0.1)
    taught = fit(library(3.0), SHIPPED, 300)
    names = {digest_of(SHIPPED, None), digest_of(taught, None), digest_of(SHIPPED, joining)}
    assert len(names) == 3
    assert digest_of(with_figures(SHIPPED, figures_of(SHIPPED)), None) in names


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
