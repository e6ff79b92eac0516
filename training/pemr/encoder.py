"""FCN-4, the fully convolutional encoder of the paper, and the projection head behind it (section 3.5)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from pemr.distributed import BatchNorm2d
from pemr.graphs.fcn import EMBEDDING_WIDTH, MIN_FRAMES

PARAMETERS = 370_562


class Block(nn.Module):
    """Convolution 3x3 -> batch norm -> max-pool -> ReLU: (B, in, F, T) -> (B, out, F / 2, T / 4).

    ReLU and max-pool commute; pooling first touches an eighth of the numbers.
    """

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels_in, channels_out, 3, padding=1)
        self.norm = BatchNorm2d(channels_out)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.pool(self.norm(self.conv(x))))

    def pool(self, x: Tensor) -> Tensor:
        return nn.functional.max_pool2d(x, (2, 4))


class LastBlock(Block):
    """Like `Block`, but pools frequency by 4 and all of time: (B, in, 16, T) -> (B, out, 4, 1).

    With the paper's 462 frames seven time steps reach this block, of which its pool of 5 sees the first five;
    pooling all of them lets any length give the same width.
    """

    def pool(self, x: Tensor) -> Tensor:
        return nn.functional.max_pool2d(x, (4, x.shape[3]))


class FCN4(nn.Module):
    """Log-mel (B, 128, L) with L >= 64 -> embedding (B, 512). Yao et al. 2022, 3.5. 370,562 parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.input_norm = BatchNorm2d(1)
        self.blocks = nn.Sequential(Block(1, 64), Block(64, 128), Block(128, 128), LastBlock(128, 128))
        self.to(memory_format=torch.channels_last)

    def forward(self, frames: Tensor) -> Tensor:
        if frames.shape[2] < MIN_FRAMES:
            raise ValueError(f"a segment needs at least {MIN_FRAMES} frames, this one has {frames.shape[2]}")
        x = frames.unsqueeze(1).contiguous(memory_format=torch.channels_last)
        return torch.as_tensor(self.blocks(self.input_norm(x))).flatten(1)


class ProjectionHead(nn.Module):
    """(B, 512) -> (B, width): one hidden layer of 512 with ReLU, no bias."""

    def __init__(self, width: int = 256) -> None:
        super().__init__()
        self.hidden = nn.Linear(EMBEDDING_WIDTH, EMBEDDING_WIDTH, bias=False)
        self.out = nn.Linear(EMBEDDING_WIDTH, width, bias=False)

    def forward(self, embedding: Tensor) -> Tensor:
        return torch.as_tensor(self.out(torch.relu(self.hidden(embedding))))


@contextmanager
def running_statistics_frozen(encoder: nn.Module) -> Iterator[None]:
    """Batch norm still normalises by the batch, but does not learn its running mean and variance from it.

    The negative view is nine tenths mask vector; statistics that learn from it would not fit real music later.
    """
    norms = [module for module in encoder.modules() if isinstance(module, nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    counts = [torch.as_tensor(norm.num_batches_tracked).clone() for norm in norms]
    for norm in norms:
        norm.momentum = 0.0
    try:
        yield
    finally:
        for norm, momentum, count in zip(norms, momenta, counts, strict=True):
            norm.momentum = momentum
            norm.num_batches_tracked = count
