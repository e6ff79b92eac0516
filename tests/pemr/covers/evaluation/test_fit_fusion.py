"""Fusion of alignment and a network, fitted on tracks whose works are known."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from pemr.command import build
from pemr.covers.alignment.features import CoverFeatures
from pemr.covers.corpus.version_corpus import Rendering, WorkToRender, render_corpus
from pemr.covers.evaluation.fit_fusion import fit_fusion
from pemr.covers.networks.network_file import NetworkSettings, load_network
from pemr.covers.networks.registry import build_network, save_network
from pemr.covers.scores.fusion import FusionWeights, ScoreFusion, cohort_indices, normalised_scores
from pemr.covers.scores.normalisation import default_score_model
from pemr.errors import CorpusError


def melody(seed: int, blurred: int) -> CoverFeatures:
    """A tune of held notes; `blurred` so many of ten frames play something else."""
    notes = np.random.default_rng(seed).integers(0, 12, 40).repeat(4)
    chance = np.random.default_rng(1000 + seed)
    other = chance.random(160) < blurred / 10
    notes[other] = chance.integers(0, 12, int(other.sum()))
    notes = notes.repeat(2)
    chroma = np.zeros((320, 12), np.float32)
    chroma[np.arange(320), notes] = 0.9
    chroma[np.arange(320), (notes + 7) % 12] = 0.45
    return CoverFeatures.of(chroma, 74.4, 0.0, 9.0)


@pytest.fixture(scope="module")
def tracks() -> tuple[list[CoverFeatures], list[str | None]]:
    """Twelve works in two versions each, the second one played badly, and six tracks that are nobody's version."""
    pairs = [melody(work, blurred) for work in range(12) for blurred in (0, 2 + work % 6)]
    works: list[str | None] = [f"work {index // 2}" for index in range(24)]
    return [*pairs, *(melody(50 + lone, 0) for lone in range(6))], [*works, *[None] * 6]


def vectors_that(know: bool, works: list[str | None]) -> list[np.ndarray]:
    """One vector a track: near that of the other version of its work, or by chance alone."""
    chance = np.random.default_rng(3)
    centres = {work: chance.normal(size=16) for work in works if work}
    made = []
    for work in works:
        own = chance.normal(size=16) + (2.0 * centres[work] if know and work else 0.0)
        made.append((own / np.linalg.norm(own)).astype(np.float32)[None])
    return made


def test_a_network_counts_as_much_as_it_knows(tracks: tuple[list[CoverFeatures], list[str | None]]) -> None:
    features, works = tracks
    ignorant, knowing = (
        fit_fusion(features, vectors_that(know, works), works, default_score_model()) for know in (False, True)
    )
    assert knowing.pairs == 12
    for knows, guesses in ((knowing.coarse, ignorant.coarse), (knowing.fine, ignorant.fine)):
        assert knows.weight > 2.0 * guesses.weight
        assert knows.fused_score(4.0, 4.0) > knows.fused_score(4.0, 0.0)
    assert msgspec.json.decode(msgspec.json.encode(knowing), type=ScoreFusion) == knowing


def test_cosines_are_standardised_and_fused() -> None:
    fusion = ScoreFusion(FusionWeights(0.5, 0.4, 1.0), FusionWeights(0.25, 0.4, 1.0), 12, 0.2, 0.1)
    assert fusion.standardised([0.2, 0.4]).tolist() == pytest.approx([0.0, 2.0])
    assert fusion.coarse.fused_score(2.0, 2.0) == pytest.approx(2.2)
    assert fusion.fine.fused_score(2.0, 2.0) == pytest.approx(2.0)


def test_nothing_can_be_fitted_without_versions(tracks: tuple[list[CoverFeatures], list[str | None]]) -> None:
    features, works = tracks
    with pytest.raises(CorpusError, match="no versions"):
        fit_fusion(features, vectors_that(False, works), [None] * len(works), default_score_model())


def test_scores_are_normalised_against_a_cohort_that_stays() -> None:
    assert cohort_indices(200) == cohort_indices(200)
    assert len(cohort_indices(200)) == 48
    scores = np.full((30, 30), 1.0)
    scores[4, 7] = scores[7, 4] = 6.0
    normalised = normalised_scores(scores, default_score_model())
    assert normalised[4, 7] == normalised.max()
    assert normalised[4, 7] > normalised[4, 8] + 4.0


def test_the_command_writes_the_fusion_of_a_network_into_its_file(tmp_path: Path) -> None:
    works = [WorkToRender("song", number, "calibration") for number in (0, 20, 40)]
    list(render_corpus(tmp_path / "corpus", works, Rendering(tmp_path, sketched=2)))
    settings = NetworkSettings("pitch-class", 16, 4)
    torch.manual_seed(5)
    save_network(tmp_path / "net.safetensors", build_network(settings), settings, "untrained")
    calibrated = tmp_path / "calibrated.safetensors"
    run = CliRunner().invoke(
        build(),
        ["covers", "calibrate", f"{tmp_path}/net.safetensors", f"{tmp_path}/corpus", "--out", f"{calibrated}"],
    )
    assert run.exit_code == 0, run.output
    assert load_network(tmp_path / "net.safetensors").fusion is None
    fusion = load_network(calibrated).fusion
    assert fusion is not None
    assert fusion.pairs == 3
    assert f"counts {fusion.coarse.weight:.2f}" in run.output
