"""A network on chroma whose every layer turns with the key, so that a transposed track gives the same vector.

Convolutions run round the circle of twelve pitch classes and along time. They are computed in the Fourier domain of
the circle, where one of C channels costs 22 instead of 144 C² multiplications a frame. Tensors are (B, 12, C, T).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from pemr.covers.networks.contract import CoverNetwork
from pemr.covers.networks.frames import Input
from pemr.covers.networks.graphs import PITCH_CLASSES, circle_basis


class CircleConvolution(nn.Module):
    """(B, 12, in, T) -> (B, 12, out, T): kernel of all twelve pitch classes and `taps` frames, zero-padded in time.

    The same as a two-dimensional convolution with circular padding in pitch; of `stride` frames in time one is kept.
    """

    basis: Tensor

    def __init__(self, channels_in: int, channels_out: int, taps: int = 3, stride: int = 1) -> None:
        super().__init__()
        self.taps, self.stride = taps, stride
        scale = 1.0 / math.sqrt(channels_in * taps * PITCH_CLASSES)
        self.weight = nn.Parameter(torch.randn(channels_out, channels_in, PITCH_CLASSES, taps) * scale * math.sqrt(2.0))
        self.register_buffer("basis", torch.from_numpy(circle_basis()), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        batch, _, channels, time = x.shape
        turned = torch.matmul(self.basis, x.reshape(batch, PITCH_CLASSES, -1))
        rows = turned.view(batch, PITCH_CLASSES * channels, time)
        flat, paired = torch.split_with_sizes(rows, [2 * channels, 10 * channels], dim=1)
        real, pairs = self._weights()
        reach = (self.taps - 1) // 2
        spectrum = torch.cat(
            [
                nn.functional.conv1d(flat, real, padding=reach, stride=self.stride, groups=2),
                nn.functional.conv1d(paired, pairs, padding=reach, stride=self.stride, groups=5),
            ],
            dim=1,
        )
        back = torch.matmul(self.basis.T, spectrum.view(batch, PITCH_CLASSES, -1))
        return back.view(batch, PITCH_CLASSES, -1, spectrum.shape[2])

    def _weights(self) -> tuple[Tensor, Tensor]:
        """Kernels of the two real frequencies (2 out, in, taps) and of the five others (10 out, 2 in, taps)."""
        kernels = torch.einsum("fq,oiqt->foit", self.basis, self.weight)
        # the basis has length 1, a kernel must keep its own
        real = kernels[:2].flatten(0, 1) * math.sqrt(12)
        cosine, sine = kernels[2::2] * math.sqrt(6), kernels[3::2] * math.sqrt(6)
        above, below = torch.cat([cosine, sine], dim=2), torch.cat([-sine, cosine], dim=2)
        return real, torch.cat([above, below], dim=1).flatten(0, 1)


class Layer(nn.Module):
    """Convolution, batch norm over all but channels, ReLU."""

    def __init__(self, channels_in: int, channels_out: int, *, taps: int, stride: int) -> None:
        super().__init__()
        self.convolution = CircleConvolution(channels_in, channels_out, taps, stride)
        self.norm = nn.BatchNorm1d(channels_out)

    def forward(self, x: Tensor) -> Tensor:
        x = self.convolution(x)
        return torch.relu(self.norm(x.flatten(0, 1))).view(x.shape)


class PitchClassNet(CoverNetwork):
    """Chroma (B, 12, T) -> (B, width). The largest over pitch classes, then mean and largest over time.

    Three of five layers halve time: a maximum over frames instead would cost more than the convolutions.
    """

    takes: Input = "chroma"

    def __init__(self, width: int = 128, channels: tuple[int, ...] = (32, 48, 64, 96, 128)) -> None:
        super().__init__()
        self.width = width
        into = (1, *channels[:-1])
        self.layers = nn.Sequential(
            *(
                Layer(before, after, taps=5 if index < 4 else 3, stride=2 if 0 < index < 4 else 1)
                for index, (before, after) in enumerate(zip(into, channels, strict=True))
            )
        )
        self.norm = nn.BatchNorm1d(2 * channels[-1])
        self.out = nn.Linear(2 * channels[-1], width)

    def forward(self, frames: Tensor, segments: Tensor | None = None) -> Tensor:
        strongest = self.layers(frames.unsqueeze(2)).amax(dim=1)
        pooled = torch.cat([strongest.mean(dim=2), strongest.amax(dim=2)], dim=1)
        return torch.as_tensor(self.out(self.norm(pooled)))
