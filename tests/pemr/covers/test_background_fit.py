"""The figures that verdicts rest on, fitted to scores whose origin is known."""

import math
import tomllib

import msgspec
import numpy as np
import pytest

from pemr.covers.background import Background, default_background
from pemr.covers.background_fit import Compared, as_toml, compare_all, fit_background, fit_evidence_of_pairs
from pemr.covers.evaluation import HeardSet
from pemr.covers.features import CoverFeatures
from pemr.errors import CorpusError


def tune(seed: int, blurred: float = 0.0, frames: int = 150) -> CoverFeatures:
    """Held notes; a share of the frames plays something else."""
    chance = np.random.default_rng(seed)
    notes = chance.integers(0, 12, frames // 3 + 1).repeat(3)[:frames]
    other = np.random.default_rng(seed + 1000).random(frames) < blurred
    notes = np.where(other, np.random.default_rng(seed + 2000).integers(0, 12, frames), notes)
    chroma = np.zeros((frames, 12), np.uint8)
    chroma[np.arange(frames), notes] = 228
    chroma[np.arange(frames), (notes + 7) % 12] = 114
    return CoverFeatures(chroma, np.full(frames, 200, np.uint8), frames * 0.465, 0.0, 9.0)


def heard(features: list[CoverFeatures], works: list[str | None], apart: dict[int, set[int]] | None = None) -> HeardSet:
    return HeardSet("made up", "made up", works, features, [], (), [], apart or {})


def scored(count: int, intercept: float, slope: float, spread: float) -> Compared:
    """Tracks of many lengths whose scores follow the law that is to be found, one pair in fifty far above it."""
    chance = np.random.default_rng(5)
    features = [tune(k, frames=int(chance.integers(60, 600))) for k in range(count)]
    frames = np.array([len(found.chroma) for found in features])
    longer = np.maximum(frames[:, None], frames[None])
    noise = np.triu(chance.normal(0.0, spread, (count, count)), 1)
    far = np.triu(chance.random((count, count)) < 0.02, 1) * 8.0 * spread
    scores = np.exp(intercept + slope * np.log(longer) + (noise + far) + (noise + far).T).astype(np.float32)
    nobody = np.zeros((count, count), bool)
    return Compared(features, scores, nobody, np.eye(count, dtype=bool))


def test_the_law_of_strangers_is_found_though_some_are_no_strangers():
    found = fit_background(scored(60, intercept=0.4, slope=0.2, spread=0.3), default_background())
    for shorter, longer in ((80, 150), (200, 400), (500, 550)):
        usual = found.intercept + found.shorter_slope * math.log(shorter) + found.longer_slope * math.log(longer)
        assert usual == pytest.approx(0.4 + 0.2 * math.log(longer), abs=0.05)
    assert found.spread == pytest.approx(0.3, abs=0.03)
    assert found.unrelated_pairs < 60 * 59 / 2


def test_pairs_that_are_known_or_could_not_be_told_are_no_strangers():
    tracks = heard([tune(1), tune(2), tune(3), tune(4)], ["one", "one", None, None], {0: {3}, 3: {0}})
    found = compare_all(tracks, [])
    assert found.same[0, 1]
    assert not found.same[2, 3]
    assert found.unknown[0, 3]
    assert found.unknown[3, 0]
    assert not found.unknown[0, 2]


def test_a_silent_track_is_left_out():
    silent = CoverFeatures(np.zeros((150, 12), np.uint8), np.zeros(150, np.uint8), 70.0, 0.0, 0.0)
    found = compare_all(heard([tune(1), silent, tune(2)], [None] * 3), [])
    assert silent.problem is not None
    assert found.unknown[1].all()
    assert not found.unknown[0, 2]


def test_evidence_tells_versions_from_strangers():
    versions = [tune(work, blurred) for work in range(14) for blurred in (0.0, 0.25)]
    rendered = compare_all(heard(versions, [f"work {place // 2}" for place in range(28)]), [])
    music = compare_all(heard([tune(100 + k) for k in range(20)], [None] * 20), [])
    background = fit_background(music, default_background())
    found = fit_evidence_of_pairs(rendered, music, background, None)
    assert found.evidence_above > 0.0
    near, far = (found.evidence_bias + found.evidence_above * above + found.evidence_likeness * 0.8 for above in (8, 0))
    assert near > math.log(19)
    assert far < 0.0


def test_too_few_tracks_are_refused():
    with pytest.raises(CorpusError, match="too few to measure a background"):
        fit_background(scored(5, 0.4, 0.2, 0.3), default_background())


def test_strangers_alone_teach_nothing():
    music = compare_all(heard([tune(100 + k) for k in range(6)], [None] * 6), [])
    with pytest.raises(CorpusError, match="no versions"):
        fit_evidence_of_pairs(music, music, default_background(), None)


def test_figures_are_written_as_they_are_read():
    figures = default_background()
    assert msgspec.convert(tomllib.loads(as_toml(figures).decode()), Background) == msgspec.structs.replace(
        figures, provenance=figures.provenance.strip() + "\n"
    )
