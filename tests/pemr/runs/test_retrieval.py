"""The label-free probe against cases worked by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from pemr.build import SegmentEncoder
from pemr.runs.retrieval import chance_reciprocal_rank, half_vectors, mean_reciprocal_rank


def test_perfect_and_worst_retrieval() -> None:
    vectors = torch.eye(4)
    assert mean_reciprocal_rank(vectors, vectors) == pytest.approx(1.0)
    assert mean_reciprocal_rank(vectors, vectors.roll(1, 0)) < chance_reciprocal_rank(4)


def test_equal_answers_give_no_credit_for_their_order() -> None:
    assert mean_reciprocal_rank(torch.randn(3, 8), torch.ones(3, 8)) == pytest.approx(1 / 2)


def test_chance_is_the_mean_of_the_reciprocal_ranks() -> None:
    assert chance_reciprocal_rank(3) == pytest.approx((1 + 1 / 2 + 1 / 3) / 3)


def test_probing_draws_nothing_and_leaves_the_encoder_in_its_mode(music: Path, tmp_path: Path) -> None:
    from pemr.datasets.folder import ClipCollection, build_cache
    from pemr.encoder import FCN4
    from pemr.frontend import FrontEnd
    from pemr.log_mel import LogMel

    manifest = build_cache(
        [music], tmp_path, 16_000, max_track_s=60, cache_gb=1, progress=lambda done, total, skipped: None
    )
    clips = ClipCollection(manifest.tracks, tmp_path, 16_000, 16_384)
    encoder = FCN4().train()
    before = {name: value.clone() for name, value in encoder.state_dict().items()}
    state = torch.get_rng_state()
    listening = SegmentEncoder(LogMel(FrontEnd(hop_length=256)), encoder).train()
    first, second = half_vectors(listening, clips, torch.device("cpu"))
    assert first.shape == second.shape == (6, 512)
    assert torch.equal(torch.get_rng_state(), state)
    assert encoder.training
    assert all(torch.equal(value, before[name]) for name, value in encoder.state_dict().items())
