"""MoCo: a view finds its partner among a long queue of views that a slow copy encoded. He et al., Chen et al. 2020."""

from __future__ import annotations

from typing import Literal

import msgspec
import torch
from torch import Tensor, nn

from pemr.distributed import at_least_float32, gather, weighted_mean
from pemr.encoder import FCN4, ProjectionHead
from pemr.graphs.fcn import EMBEDDING_WIDTH
from pemr.losses import queue_loss
from pemr.methods.contract import Losses, Method
from pemr.methods.momentum import follow, frozen_copy


class MocoSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`queue_length` views of earlier batches are the negatives; version 1 has a `linear` head, version 2 an `mlp`."""

    head: Literal["mlp", "linear"] = "mlp"
    projection_width: int = 256
    queue_length: int = 4096
    temperature: float = 0.2
    momentum: float = 0.999


class Moco(Method):
    """The paper's encoder, a head, slow copies of both, and a queue (queue_length, width) of unit vectors."""

    queue: Tensor

    def __init__(self, settings: MocoSettings) -> None:
        super().__init__()
        self.settings = settings
        self.encoder = FCN4()
        self.head: nn.Module = (
            nn.Linear(EMBEDDING_WIDTH, settings.projection_width)
            if settings.head == "linear"
            else ProjectionHead(settings.projection_width)
        )
        self.slow_encoder = frozen_copy(self.encoder)
        self.slow_head = frozen_copy(self.head)
        start = torch.randn(settings.queue_length, settings.projection_width)
        self.register_buffer("queue", torch.nn.functional.normalize(start, dim=1))

    def forward(self, first: Tensor, second: Tensor, generator: torch.Generator) -> Losses:
        """Log-mel views (B, 128, L) -> terms contrast, total. The second views join the queue afterwards."""
        query = self.head(self.encoder(first))
        with torch.no_grad():
            key = torch.nn.functional.normalize(at_least_float32(self.slow_head(self.slow_encoder(second))), dim=1)
        contrast = weighted_mean(queue_loss(query, key, self.queue.clone(), self.settings.temperature), 1.0)
        self.queue = torch.cat([gather(key), self.queue])[: self.settings.queue_length]
        return {"contrast": contrast, "total": contrast}

    def after_step(self) -> None:
        follow(self.slow_encoder, self.encoder, self.settings.momentum)
        follow(self.slow_head, self.head, self.settings.momentum)
