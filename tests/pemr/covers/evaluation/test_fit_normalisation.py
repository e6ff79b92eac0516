"""The figures that verdicts rest on, fitted to scores whose origin is known."""

from __future__ import annotations

import math
import tomllib

import msgspec
import numpy as np
import pytest

from pemr.covers.alignment.features import CoverFeatures
from pemr.covers.alignment.rescoring import rescore_pairs
from pemr.covers.evaluation.evaluation import EvaluationSet
from pemr.covers.evaluation.fit_normalisation import (
    align_all,
    as_toml,
    fit_calibration,
    fit_length_model,
    fit_length_models,
)
from pemr.covers.scores.normalisation import ScoreModel, default_score_model
from pemr.errors import CorpusError


def tune(seed: int, blurred: float = 0.0, frames: int = 150) -> CoverFeatures:
    """Held notes; a share of the frames, 2.15 a second, plays something else."""
    chance = np.random.default_rng(seed)
    notes = chance.integers(0, 12, frames // 3 + 1).repeat(3)[:frames]
    other = np.random.default_rng(seed + 1000).random(frames) < blurred
    notes = np.where(other, np.random.default_rng(seed + 2000).integers(0, 12, frames), notes).repeat(2)
    chroma = np.zeros((2 * frames, 12), np.float32)
    chroma[np.arange(2 * frames), notes] = 0.9
    chroma[np.arange(2 * frames), (notes + 7) % 12] = 0.45
    return CoverFeatures.of(chroma, frames * 0.465, 0.0, 9.0)


def evaluation_set(
    features: list[CoverFeatures], works: list[str | None], apart: dict[int, set[int]] | None = None
) -> EvaluationSet:
    return EvaluationSet("made up", "made up", works, features, [], (), [], apart or {})


def scored(count: int, intercept: float, slope: float, deviation: float) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of many lengths whose scores follow the model that is to be found, one in fifty far above it."""
    chance = np.random.default_rng(5)
    frames = chance.integers(60, 600, (count, 2))
    noise = chance.normal(0.0, deviation, count) + (chance.random(count) < 0.02) * 8.0 * deviation
    return frames, np.exp(intercept + slope * np.log(frames.max(axis=1)) + noise).astype(np.float32)


def test_the_length_model_is_found_though_some_pairs_are_versions() -> None:
    found, counted = fit_length_model(*scored(1800, intercept=0.4, slope=0.2, deviation=0.3))
    for shorter, longer in ((80, 150), (200, 400), (500, 550)):
        mean = found.intercept + found.shorter_slope * math.log(shorter) + found.longer_slope * math.log(longer)
        assert mean == pytest.approx(0.4 + 0.2 * math.log(longer), abs=0.05)
    assert found.deviation == pytest.approx(0.3, abs=0.03)
    assert 1600 < counted < 1790


def test_length_models_are_fitted_to_coarse_and_to_rescored_pairs() -> None:
    music = align_all(evaluation_set([tune(100 + k, frames=60 + 12 * k) for k in range(16)], [None] * 16), [])
    found = fit_length_models(music, default_score_model())
    upper = np.argwhere(np.triu(~music.unknown))
    frames = music.frames[upper]
    scores = rescore_pairs(music.features, upper)[0]
    for length_model, measured in ((found.coarse, music.scores[upper[:, 0], upper[:, 1]]), (found.fine, scores)):
        length_normalised = length_model.length_normalised_score(measured, frames[:, 0], frames[:, 1])
        assert np.median(length_normalised) == pytest.approx(0.0, abs=0.25)
    assert found.coarse != found.fine


def test_pairs_that_are_known_or_could_not_be_told_are_no_non_versions() -> None:
    tracks = evaluation_set([tune(1), tune(2), tune(3), tune(4)], ["one", "one", None, None], {0: {3}, 3: {0}})
    found = align_all(tracks, [])
    assert found.same[0, 1]
    assert not found.same[2, 3]
    assert found.unknown[0, 3]
    assert found.unknown[3, 0]
    assert not found.unknown[0, 2]


def test_a_silent_track_is_left_out() -> None:
    silent = CoverFeatures.of(np.zeros((300, 12), np.float32), 70.0, 0.0, 0.0)
    found = align_all(evaluation_set([tune(1), silent, tune(2)], [None] * 3), [])
    assert silent.problem is not None
    assert found.unknown[1].all()
    assert not found.unknown[0, 2]


def test_the_calibration_tells_versions_from_non_versions() -> None:
    versions = [tune(work, blurred) for work in range(14) for blurred in (0.0, 0.25)]
    rendered = align_all(evaluation_set(versions, [f"work {index // 2}" for index in range(28)]), [])
    music = align_all(evaluation_set([tune(100 + k) for k in range(20)], [None] * 20), [])
    score_model = fit_length_models(music, default_score_model())
    found = fit_calibration(rendered, music, score_model, None)
    assert found.score_slope > 0.0
    near, far = (found.bias + found.score_slope * score + found.similarity_slope * 0.8 for score in (8, 0))
    assert near > math.log(19)
    assert far < 0.0


def test_too_few_tracks_are_refused() -> None:
    with pytest.raises(CorpusError, match="too few to measure a background"):
        fit_length_models(align_all(evaluation_set([tune(k) for k in range(5)], [None] * 5), []), default_score_model())


def test_nothing_is_calibrated_to_non_versions_alone() -> None:
    music = align_all(evaluation_set([tune(100 + k) for k in range(6)], [None] * 6), [])
    with pytest.raises(CorpusError, match="no versions"):
        fit_calibration(music, music, default_score_model(), None)


def test_figures_are_written_as_they_are_read() -> None:
    figures = default_score_model()
    assert msgspec.convert(tomllib.loads(as_toml(figures).decode()), ScoreModel) == msgspec.structs.replace(
        figures, provenance=figures.provenance.strip() + "\n"
    )
