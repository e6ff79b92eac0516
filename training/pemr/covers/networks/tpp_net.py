"""TPP-Net (Yu, Xu, Chen, Yang 2019): the song as a whole through a temporal pyramid of maxima."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from pemr.covers.networks.contract import CoverNetwork
from pemr.covers.networks.cqt_net import convolution
from pemr.covers.networks.frames import Input
from pemr.covers.networks.graphs import PYRAMID


class TppNet(CoverNetwork):
    """Spectrum (B, 84, T) -> (B, 300); what is shorter than 200 frames is padded with silence.

    A first kernel of three octaves by 18 seconds, then layers that halve time; pitch goes in a maximum, time in
    maxima over quarters, thirds, halves and the whole. `channels`: of the first layer; the published network has 32.
    """

    takes: Input = "spectrum"
    shortest = 200

    def __init__(self, width: int = 300, channels: int = 8) -> None:
        super().__init__()
        self.width = width
        c = channels
        self.pitched = nn.Sequential(
            convolution(1, c, (36, 40)), _halving(c, 2 * c, (12, 3)), _halving(2 * c, 4 * c, (3, 3))
        )
        self.along = nn.Sequential(
            _halving(4 * c, 8 * c, (1, 3)), _halving(8 * c, 16 * c, (1, 3)), _halving(16 * c, 16 * c, (1, 3))
        )
        self.norm = nn.BatchNorm1d(sum(PYRAMID) * 16 * c)
        self.out = nn.Linear(sum(PYRAMID) * 16 * c, width)

    def forward(self, frames: Tensor, segments: Tensor | None = None) -> Tensor:
        missing = self.shortest - frames.shape[2]
        x = nn.functional.pad(frames, (0, missing)) if missing > 0 else frames
        x = self.along(self.pitched(x.unsqueeze(1)).amax(dim=2, keepdim=True)).squeeze(2)
        levels = [nn.functional.adaptive_max_pool1d(x, parts).flatten(1) for parts in PYRAMID]
        return torch.as_tensor(self.out(self.norm(torch.cat(levels, dim=1))))


def _halving(channels_in: int, channels_out: int, kernel: tuple[int, int]) -> nn.Sequential:
    """A convolution that takes every second frame."""
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, kernel, stride=(1, 2), padding=(0, 1), bias=False),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(),
    )
