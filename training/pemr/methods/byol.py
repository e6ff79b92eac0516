"""BYOL: one view predicts what a slow copy of the network makes of the other. Grill et al. 2020."""

from __future__ import annotations

import msgspec
import torch
from torch import Tensor, nn

from pemr.distributed import BatchNorm1d, weighted_mean
from pemr.encoder import FCN4, ProjectionHead
from pemr.losses import cosine_loss
from pemr.methods.contract import Losses, Method
from pemr.methods.momentum import follow, frozen_copy


class ByolSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`momentum` is the share of itself the slow copy keeps at each step."""

    projection_width: int = 256
    hidden_width: int = 512
    momentum: float = 0.99


class Byol(Method):
    """The paper's encoder and head, a predictor behind them, and slow copies of both."""

    def __init__(self, settings: ByolSettings) -> None:
        super().__init__()
        width = settings.projection_width
        self.settings = settings
        self.encoder = FCN4()
        self.head = ProjectionHead(width)
        self.predictor = nn.Sequential(
            nn.Linear(width, settings.hidden_width),
            BatchNorm1d(settings.hidden_width),
            nn.ReLU(),
            nn.Linear(settings.hidden_width, width),
        )
        self.slow_encoder = frozen_copy(self.encoder)
        self.slow_head = frozen_copy(self.head)

    def forward(self, first: Tensor, second: Tensor, generator: torch.Generator) -> Losses:
        """Log-mel views (B, 128, L) -> terms agreement (both directions), total."""
        with torch.no_grad():
            target_first, target_second = (self.slow_head(self.slow_encoder(view)) for view in (first, second))
        agreement = cosine_loss(self.predictor(self.head(self.encoder(first))), target_second) + cosine_loss(
            self.predictor(self.head(self.encoder(second))), target_first
        )
        agreement = weighted_mean(agreement, 1.0)
        return {"agreement": agreement, "total": agreement}

    def after_step(self) -> None:
        follow(self.slow_encoder, self.encoder, self.settings.momentum)
        follow(self.slow_head, self.head, self.settings.momentum)
