"""What supervised training trains: the encoder with a linear head."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from pemr.encoder import FCN4
from pemr.graphs.fcn import EMBEDDING_WIDTH
from pemr.modelfile import Model


class Tagger(nn.Module):
    """Encoder and linear head: log-mel (B, 128, L) -> logits (B, k)."""

    def __init__(self, encoder: FCN4, head: nn.Linear, *, frozen: bool) -> None:
        super().__init__()
        self.encoder = encoder.requires_grad_(not frozen)
        self.head = head
        self.frozen = frozen

    def forward(self, frames: Tensor) -> Tensor:
        return torch.as_tensor(self.head(self.encoder(frames)))

    def train(self, mode: bool = True) -> Tagger:
        """A frozen encoder stays in eval mode: its batch norms learn nothing either."""
        super().train(mode)
        self.encoder.train(mode and not self.frozen)
        return self


def fresh_head(tags: int, shares: Tensor) -> nn.Linear:
    """A head that begins with weights of zero and the share of each tag as its answer."""
    head = nn.Linear(EMBEDDING_WIDTH, tags)
    with torch.no_grad():
        head.weight.zero_()
        head.bias.copy_(torch.logit(shares.clamp(1e-4, 1 - 1e-4)))
    return head


def calibrated_heads(model: Model) -> dict[str, Tensor]:
    """Weight (k, 512) and bias (k,) of a model's heads with the calibration of each tag worked in."""
    slope = torch.tensor([tag.slope for tag in model.info.tags])
    offset = torch.tensor([tag.offset for tag in model.info.tags])
    weight, bias = torch.from_numpy(model.head_weight), torch.from_numpy(model.head_bias)
    return {"weight": slope[:, None] * weight, "bias": slope * bias + offset}
