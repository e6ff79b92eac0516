"""Random masking follows BERT's shares frame by frame; the frame mask removes exactly the lowest floor(r L)."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pemr.mask import RandomMasking, keep_frames, mask_randomly, masked_count, positive_mask


@pytest.mark.parametrize(
    ("length", "ratio", "count"), [(462, 0.1, 46), (100, 0.29, 29), (30, 0.1, 3), (231, 0.5, 115), (116, 0.01, 1)]
)
def test_the_number_of_masked_frames_is_exact(length: int, ratio: float, count: int) -> None:
    assert masked_count(length, ratio) == count
    scores = torch.rand(4, length, generator=torch.Generator().manual_seed(1))
    assert (~positive_mask(scores, ratio)).sum(dim=1).tolist() == [count] * 4


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 600), st.integers(1, 99))
def test_every_masked_frame_scores_no_higher_than_any_kept_one(length: int, percent: int) -> None:
    scores = torch.rand(2, length, generator=torch.Generator().manual_seed(length))
    keep = positive_mask(scores, percent / 100)
    for row, kept in zip(scores, keep, strict=True):
        if kept.any() and not kept.all():
            assert row[~kept].max() <= row[kept].min()


def test_ties_are_broken_by_position() -> None:
    keep = positive_mask(torch.ones(1, 10), 0.3)
    assert keep[0].tolist() == [False] * 3 + [True] * 7


def test_a_positive_scale_does_not_change_the_mask() -> None:
    scores = torch.rand(3, 50, generator=torch.Generator().manual_seed(1))
    assert torch.equal(positive_mask(scores, 0.2), positive_mask(scores * 7.5, 0.2))


def test_removed_frames_become_the_mask_vector_and_negative_is_the_complement() -> None:
    frames = torch.randn(2, 10, 4, generator=torch.Generator().manual_seed(1))
    vector = torch.full((4,), 9.0, requires_grad=True)
    keep = positive_mask(frames.sum(dim=2), 0.3)
    positive, negative = keep_frames(frames, keep, vector), keep_frames(frames, ~keep, vector)
    assert torch.equal(positive[keep], frames[keep])
    assert (positive[~keep] == 9.0).all()
    assert torch.equal(negative[~keep], frames[~keep])
    assert (negative[keep] == 9.0).all()
    positive.sum().backward()
    assert vector.grad is not None
    assert vector.grad.tolist() == [6.0] * 4


def test_random_masking_draws_each_frame_with_the_shares_of_bert() -> None:
    frames = torch.arange(1.0, 401.0)[None, :, None].expand(200, 400, 2).contiguous()
    vector = torch.zeros(2)
    masked, chosen = mask_randomly(frames, vector, RandomMasking(), torch.Generator().manual_seed(1))
    assert float(chosen.float().mean()) == pytest.approx(0.15, abs=0.005)
    assert torch.equal(masked[~chosen], frames[~chosen])
    replaced = masked[chosen][:, 0]
    original = frames[chosen][:, 0]
    assert float((replaced == 0).float().mean()) == pytest.approx(0.8, abs=0.01)
    assert float((replaced == original).float().mean()) == pytest.approx(0.1, abs=0.01)
    other = (replaced != 0) & (replaced != original)
    assert float(other.float().mean()) == pytest.approx(0.1, abs=0.01)


def test_random_masking_repeats_with_its_generator() -> None:
    frames = torch.randn(3, 40, 8, generator=torch.Generator().manual_seed(1))
    vector = torch.zeros(8)
    first, _ = mask_randomly(frames, vector, RandomMasking(), torch.Generator().manual_seed(2))
    again, _ = mask_randomly(frames, vector, RandomMasking(), torch.Generator().manual_seed(2))
    assert torch.equal(first, again)
