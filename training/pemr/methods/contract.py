"""What every pre-training method offers, so that one training loop, one probe and one export serve them all."""

from abc import ABC, abstractmethod
from collections.abc import Callable

import torch
from torch import Tensor, nn

from pemr.encoder import FCN4

Losses = dict[str, Tensor]


class Method(nn.Module, ABC):
    """Two augmented views of a batch in, loss terms out. The encoder is what is kept afterwards."""

    encoder: FCN4

    @abstractmethod
    def forward(self, first: Tensor, second: Tensor, generator: torch.Generator) -> Losses:
        """Two views as log-mel (B, 128, L) -> scalar terms by name; the term `total` is what is minimised."""

    def after_step(self) -> None:
        """Called after each optimiser step; methods with a momentum encoder update it here."""

    def floors(self, batch_size: int) -> dict[str, float]:
        """For a term that cannot reach zero, the value it cannot pass, to be shown beside the curve."""
        return {}


Builder = Callable[[], Method]
