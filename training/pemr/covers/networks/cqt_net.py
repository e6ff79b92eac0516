"""CQT-Net (Yu, Xu, Chen, Yang 2020): convolutions on a log-frequency spectrum, pitch kept until a global maximum."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from pemr.covers.networks.contract import CoverNetwork
from pemr.covers.networks.frames import Input

PAPER_CHANNELS = 32


def convolution(
    channels_in: int, channels_out: int, kernel: tuple[int, int], *, dilation: int = 1, pitch_padding: int = 0
) -> nn.Sequential:
    """Convolution without bias, batch norm, ReLU. `kernel` is (pitch, time), dilation runs along time."""
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, kernel, dilation=(1, dilation), padding=(pitch_padding, 0), bias=False),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(),
    )


class CqtNet(CoverNetwork):
    """Spectrum (B, 84, T) -> (B, 300); what is shorter than 202 frames (94 s) is padded with silence.

    `channels`: of the first layer; the published network has 32.
    """

    takes: Input = "spectrum"
    shortest = 202

    def __init__(self, width: int = 300, channels: int = 8) -> None:
        super().__init__()
        self.width = width
        c = channels
        pool = nn.MaxPool2d((1, 2))
        self.layers = nn.Sequential(
            convolution(1, c, (12, 3), pitch_padding=6),
            convolution(c, 2 * c, (13, 3), dilation=2),
            pool,
            convolution(2 * c, 2 * c, (13, 3)),
            convolution(2 * c, 2 * c, (3, 3), dilation=2),
            pool,
            convolution(2 * c, 4 * c, (3, 3)),
            convolution(4 * c, 4 * c, (3, 3), dilation=2),
            pool,
            convolution(4 * c, 8 * c, (3, 3)),
            convolution(8 * c, 8 * c, (3, 3), dilation=2),
            pool,
            convolution(8 * c, 16 * c, (3, 3)),
            convolution(16 * c, 16 * c, (3, 3), dilation=2),
        )
        self.norm = nn.BatchNorm1d(16 * c)
        self.out = nn.Linear(16 * c, width)
        self.to(memory_format=torch.channels_last)

    def forward(self, frames: Tensor, segments: Tensor | None = None) -> Tensor:
        missing = self.shortest - frames.shape[2]
        x = nn.functional.pad(frames, (0, missing)) if missing > 0 else frames
        x = x.unsqueeze(1).contiguous(memory_format=torch.channels_last)
        return torch.as_tensor(self.out(self.norm(self.layers(x).amax(dim=(2, 3)))))
