"""SimCLR: the two views of a clip find each other among all views of the batch. Chen et al. 2020."""

from __future__ import annotations

import msgspec
import torch
from torch import Tensor

from pemr.distributed import gather
from pemr.encoder import FCN4, ProjectionHead
from pemr.losses import nt_xent_loss
from pemr.methods.contract import Losses, Method


class SimclrSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`temperature` 0.5 is CLMR's."""

    projection_width: int = 256
    temperature: float = 0.5


class Simclr(Method):
    """The paper's encoder and head under the NT-Xent loss."""

    def __init__(self, settings: SimclrSettings) -> None:
        super().__init__()
        self.settings = settings
        self.encoder = FCN4()
        self.head = ProjectionHead(settings.projection_width)

    def forward(self, first: Tensor, second: Tensor, generator: torch.Generator) -> Losses:
        """Log-mel views (B, 128, L) -> terms contrast, total."""
        contrast = nt_xent_loss(
            gather(self.head(self.encoder(first))),
            gather(self.head(self.encoder(second))),
            self.settings.temperature,
        )
        return {"contrast": contrast, "total": contrast}
