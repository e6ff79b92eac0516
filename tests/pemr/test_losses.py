"""The losses against the paper's formulas, written out entry by entry, and against what they must not depend on."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from pemr.losses import (
    cross_correlation,
    negative_loss,
    positive_loss,
    prediction_loss,
    rank_floor,
    standardise,
)


def draw(*shape: int, seed: int = 1) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def correlation_by_hand(first: Tensor, second: Tensor) -> Tensor:
    columns = torch.zeros(first.shape[1], second.shape[1])
    for i in range(first.shape[1]):
        for j in range(second.shape[1]):
            x, y = first[:, i], second[:, j]
            x, y = x - x.mean(), y - y.mean()
            columns[i, j] = (x * y).sum() / (x.square().sum().sqrt() * y.square().sum().sqrt())
    return columns


def test_cross_correlation_is_pearsons() -> None:
    first, second = draw(20, 5), draw(20, 5, seed=2)
    torch.testing.assert_close(
        cross_correlation(first, second), correlation_by_hand(first, second), atol=1e-4, rtol=1e-4
    )


def test_positive_loss_is_equation_8() -> None:
    first, second = draw(20, 5), draw(20, 5, seed=2)
    u = correlation_by_hand(first, second)
    by_hand = sum((1 - u[i, i]) ** 2 if i == j else 0.01 * u[i, j] ** 2 for i in range(5) for j in range(5))
    torch.testing.assert_close(positive_loss(first, second, 0.01), by_hand, atol=1e-3, rtol=1e-3)


def test_negative_loss_is_equation_9() -> None:
    first, second = draw(20, 5), draw(20, 5, seed=2)
    diagonal = correlation_by_hand(first, second).diagonal()
    torch.testing.assert_close(negative_loss(first, second, 0.01), 0.01 * diagonal.square().sum(), atol=1e-5, rtol=1e-3)


@pytest.mark.parametrize("loss", [positive_loss, negative_loss])
def test_contrastive_losses_do_not_depend_on_scale_and_offset_of_a_column(loss: object) -> None:
    assert callable(loss)
    first, second = draw(32, 6), draw(32, 6, seed=2)
    moved = first * torch.tensor([1.0, 2.0, 0.5, 10.0, 3.0, 7.0]) + 5.0
    torch.testing.assert_close(loss(moved, second, 0.005), loss(first, second, 0.005), atol=1e-3, rtol=1e-3)


def test_contrastive_losses_do_not_depend_on_the_order_of_the_batch() -> None:
    first, second = draw(32, 6), draw(32, 6, seed=2)
    order = torch.randperm(32, generator=torch.Generator().manual_seed(3))
    torch.testing.assert_close(positive_loss(first[order], second[order], 0.005), positive_loss(first, second, 0.005))


def test_collapsed_views_are_finite_and_cost_the_whole_diagonal() -> None:
    flat = torch.ones(8, 4)
    assert positive_loss(flat, flat, 0.005) == pytest.approx(4.0)
    assert negative_loss(flat, flat, 0.005) == pytest.approx(0.0)


def test_the_rank_floor_is_the_papers_setting_and_can_be_reached() -> None:
    assert rank_floor(48, 256, 5e-3) == pytest.approx(5.69, abs=0.01)
    # rows of an orthogonal basis without the mean give a correlation matrix of full rank batch - 1
    batch, width = 9, 64
    basis = torch.linalg.qr(torch.cat([torch.ones(batch, 1), draw(batch, batch - 1)], dim=1)).Q[:, 1:]
    mixing = draw(batch - 1, width, seed=4)
    for _ in range(2000):
        mixing = torch.nn.functional.normalize(mixing, dim=0)
        left, _, right = torch.linalg.svd(mixing, full_matrices=False)
        mixing = left @ right
    mixing = torch.nn.functional.normalize(mixing, dim=0)
    z = basis @ mixing * 100
    floor = rank_floor(batch, width, 5e-3)
    assert float(positive_loss(z, z, 5e-3)) == pytest.approx(floor, rel=0.02)
    assert float(positive_loss(draw(batch, width), draw(batch, width), 5e-3)) > floor


def test_prediction_loss_is_half_the_square_below_delta_and_linear_above() -> None:
    target = torch.zeros(1, 4)
    predicted = torch.tensor([[0.5, -0.5, 3.0, -3.0]])
    by_hand = (0.125 + 0.125 + 2.5 + 2.5) / 4
    assert prediction_loss(predicted, target) == pytest.approx(by_hand)


def test_prediction_loss_of_nothing_masked_is_zero() -> None:
    assert prediction_loss(torch.zeros(0, 128, requires_grad=True), torch.zeros(0, 128)) == 0


def test_correlations_keep_float32_under_mixed_precision() -> None:
    first, second = draw(48, 64), draw(48, 64, seed=2)
    with torch.autocast("cpu", torch.bfloat16):
        mixed = positive_loss(first, second, 5e-3)
    torch.testing.assert_close(mixed, positive_loss(first, second, 5e-3))


def test_standardised_columns_have_mean_zero_and_variance_one() -> None:
    z = standardise(draw(50, 3) * 4 + 2)
    torch.testing.assert_close(z.mean(dim=0), torch.zeros(3), atol=1e-5, rtol=0)
    torch.testing.assert_close(z.var(dim=0, unbiased=False), torch.ones(3), atol=1e-4, rtol=0)
