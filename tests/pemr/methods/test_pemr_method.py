"""PEMR as a whole: which parts learn from which loss, and what the ablations leave out."""

from __future__ import annotations

from typing import Literal

import pytest
import torch

from pemr.methods.pemr import Pemr, PemrSettings


def views(batch: int = 6, frames: int = 64) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(3)
    return (
        torch.randn(batch, 128, frames, generator=generator),
        torch.randn(batch, 128, frames, generator=generator),
    )


def test_the_total_is_the_weighted_sum_of_its_terms() -> None:
    torch.manual_seed(1)
    method = Pemr(PemrSettings(prediction_weight=0.25))
    terms = method(*views(), torch.Generator().manual_seed(1))
    expected = 0.25 * terms["prediction"] + terms["positive"] + terms["negative"]
    torch.testing.assert_close(terms["total"], expected)


@pytest.mark.parametrize(
    ("masks", "names"),
    [
        ("none", {"positive", "total"}),
        ("positive", {"prediction", "positive", "total"}),
        ("both", {"prediction", "positive", "negative", "total"}),
    ],
)
def test_ablations_leave_out_their_terms(masks: Literal["none", "positive", "both"], names: set[str]) -> None:
    method = Pemr(PemrSettings(masks=masks))
    assert method(*views(), torch.Generator().manual_seed(1)).keys() == names


def test_the_transformer_learns_from_prediction_only_and_the_mask_vector_from_both() -> None:
    method = Pemr(PemrSettings())
    terms = method(*views(), torch.Generator().manual_seed(1))
    contrastive = terms["positive"] + terms["negative"]
    gradients = torch.autograd.grad(contrastive, list(method.predictor.parameters()), allow_unused=True)
    touched = {
        name
        for (name, _), gradient in zip(method.predictor.named_parameters(), gradients, strict=True)
        if gradient is not None
    }
    assert touched == {"mask_vector"}


def test_the_negative_view_does_not_move_the_running_statistics() -> None:
    torch.manual_seed(1)
    with_negative, without = Pemr(PemrSettings(masks="both")), Pemr(PemrSettings(masks="positive"))
    without.load_state_dict(with_negative.state_dict())
    for method in (with_negative, without):
        torch.manual_seed(2)
        method(*views(), torch.Generator().manual_seed(1))
    for name, value in with_negative.encoder.state_dict().items():
        assert torch.equal(value, without.encoder.state_dict()[name]), name
