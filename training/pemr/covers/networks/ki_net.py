"""Ki-Net (Xu, Chen, Yang 2018): chroma repeated to 23 rows, one kernel of an octave, the largest of twelve keys."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from pemr.covers.networks.contract import CoverNetwork
from pemr.covers.networks.cqt_net import convolution
from pemr.covers.networks.frames import Input


class KiNet(CoverNetwork):
    """Chroma (B, 12, T) -> (B, 300), the same for every transposition.

    The paper's layers are not published as code; these follow its text: a key-invariant layer, then convolutions
    along time, each followed by a pool, and means and maxima over time.
    """

    takes: Input = "chroma"

    def __init__(self, width: int = 300, channels: int = 64) -> None:
        super().__init__()
        self.width = width
        c = channels
        self.key_invariant = nn.Sequential(nn.Conv2d(1, c, (12, 25), padding=(0, 12)), nn.BatchNorm2d(c), nn.ReLU())
        pool = nn.MaxPool2d((1, 2), ceil_mode=True)
        self.along = nn.Sequential(
            nn.ZeroPad2d((2, 2, 0, 0)), convolution(c, c, (1, 5)), pool,
            nn.ZeroPad2d((2, 2, 0, 0)), convolution(c, 2 * c, (1, 5)), pool,
            nn.ZeroPad2d((2, 2, 0, 0)), convolution(2 * c, 2 * c, (1, 5)),
        )  # fmt: skip
        self.norm = nn.BatchNorm1d(4 * c)
        self.out = nn.Linear(4 * c, width)

    def forward(self, frames: Tensor, segments: Tensor | None = None) -> Tensor:
        repeated = torch.cat([frames, frames[:, :11]], dim=1).unsqueeze(1)
        x = self.along(self.key_invariant(repeated).amax(dim=2, keepdim=True)).squeeze(2)
        return torch.as_tensor(self.out(self.norm(torch.cat([x.mean(dim=2), x.amax(dim=2)], dim=1))))
