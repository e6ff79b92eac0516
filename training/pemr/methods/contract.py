"""What every pre-training method offers, so that one training loop, one probe and one export serve them all."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from pemr.frontend import FrontEnd
from pemr.log_mel import LogMel

Losses = dict[str, Tensor]


class Method(nn.Module, ABC):
    """Two augmented views of a batch in, loss terms out. The encoder, view -> (B, 512), is what is kept afterwards.

    Several processes that train together each pass their rows of the batch, and each gets the loss of all of it.
    """

    encoder: nn.Module

    @abstractmethod
    def forward(self, first: Tensor, second: Tensor, generator: torch.Generator) -> Losses:
        """Two views, as `front` makes them -> scalar terms by name; the term `total` is what is minimised."""

    def front(self, settings: FrontEnd) -> nn.Module:
        """What makes a view of augmented samples (B, n): log-mel (B, 128, L), unless a method says otherwise."""
        return LogMel(settings)

    def after_step(self) -> None:
        """Called after each optimiser step; methods with a momentum encoder update it here."""

    def floors(self, batch_size: int) -> dict[str, float]:
        """For a term that cannot reach zero, the value it cannot pass, to be shown beside the curve."""
        return {}
