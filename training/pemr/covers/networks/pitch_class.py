"""A network on chroma whose every layer turns with the key, so that a transposed track gives the same vector.

Convolutions run round the circle of twelve pitch classes and along time. They are computed in the Fourier domain of
the circle, where one of C channels costs 22 instead of 144 C² multiplications a frame. Tensors are (12, B, T, C).
"""

from __future__ import annotations

import math
from typing import ClassVar

import torch
from torch import Tensor, nn

from pemr.covers.networks.contract import CoverNetwork, Input

PITCH_CLASSES = 12


def circle_basis() -> Tensor:
    """(12, 12) orthonormal: the constant, the alternating, then cosine and sine of the five other frequencies."""
    place = torch.arange(PITCH_CLASSES, dtype=torch.float64)
    rows = [torch.ones_like(place) / math.sqrt(12), torch.cos(math.pi * place) / math.sqrt(12)]
    for frequency in range(1, 6):
        angle = 2.0 * math.pi * frequency * place / PITCH_CLASSES
        rows += [torch.cos(angle) / math.sqrt(6), torch.sin(angle) / math.sqrt(6)]
    return torch.stack(rows).float()


class CircleConvolution(nn.Module):
    """(12, B, T, in) -> (12, B, T, out): kernel of all twelve pitch classes and `taps` frames, zero-padded in time.

    The same as a two-dimensional convolution with circular padding in pitch.
    """

    basis: Tensor

    def __init__(self, channels_in: int, channels_out: int, taps: int = 3, dilation: int = 1) -> None:
        super().__init__()
        self.taps, self.dilation = taps, dilation
        scale = 1.0 / math.sqrt(channels_in * taps * PITCH_CLASSES)
        self.weight = nn.Parameter(torch.randn(channels_out, channels_in, PITCH_CLASSES, taps) * scale * math.sqrt(2.0))
        self.register_buffer("basis", circle_basis(), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        _, batch, time, channels = x.shape
        turned = (self.basis @ x.reshape(PITCH_CLASSES, -1)).view(PITCH_CLASSES, batch, time, channels)
        reach = (self.taps - 1) // 2 * self.dilation
        padded = nn.functional.pad(turned, (0, 0, reach, (self.taps - 1) * self.dilation - reach))
        shifted = [padded[:, :, tap * self.dilation : tap * self.dilation + time] for tap in range(self.taps)]
        rows = torch.cat(shifted, dim=3).view(PITCH_CLASSES, batch * time, self.taps * channels)
        real, paired = self._weights()
        flat = torch.bmm(rows[:2], real)
        pairs = rows[2:].view(5, 2, batch * time, -1).transpose(1, 2).reshape(5, batch * time, -1)
        round_ = torch.bmm(pairs, paired).view(5, batch * time, 2, -1).transpose(1, 2)
        spectrum = torch.cat([flat, round_.reshape(10, batch * time, -1)])
        return (self.basis.T @ spectrum.view(PITCH_CLASSES, -1)).view(PITCH_CLASSES, batch, time, -1)

    def _weights(self) -> tuple[Tensor, Tensor]:
        """Kernels of the two real frequencies (2, taps in, out), of the five others (5, 2 taps in, 2 out)."""
        by_frequency = torch.einsum("fq,oiqt->ftio", self.basis, self.weight)
        out = by_frequency.shape[-1]
        kernels = by_frequency.reshape(PITCH_CLASSES, -1, out)
        # the basis has length 1, a kernel must keep its own
        real = kernels[:2] * math.sqrt(12)
        cosine, sine = kernels[2::2] * math.sqrt(6), kernels[3::2] * math.sqrt(6)
        above = torch.cat([cosine, -sine], dim=2)
        below = torch.cat([sine, cosine], dim=2)
        return real, torch.cat([above, below], dim=1)


class Layer(nn.Module):
    """Convolution, batch norm over all but channels, ReLU; then, if `pooled`, the larger of every two frames."""

    def __init__(self, channels_in: int, channels_out: int, *, pooled: bool, taps: int = 3) -> None:
        super().__init__()
        self.convolution = CircleConvolution(channels_in, channels_out, taps)
        self.norm = nn.BatchNorm1d(channels_out)
        self.pooled = pooled

    def forward(self, x: Tensor) -> Tensor:
        x = self.convolution(x)
        if self.pooled:
            x = nn.functional.pad(x, (0, 0, 0, x.shape[2] % 2), value=-1e4) if x.shape[2] % 2 else x
            x = torch.maximum(x[:, :, 0::2], x[:, :, 1::2])
        return torch.relu(self.norm(x.reshape(-1, x.shape[-1])).view(x.shape))


class PitchClassNet(CoverNetwork):
    """Chroma (B, 12, T) -> (B, width). The largest over pitch classes, then mean and largest over time."""

    takes: ClassVar[Input] = "chroma"

    def __init__(self, width: int = 128, channels: tuple[int, ...] = (32, 48, 64, 96, 128)) -> None:
        super().__init__()
        self.width = width
        into = (1, *channels[:-1])
        self.layers = nn.Sequential(
            *(
                Layer(before, after, pooled=0 < place < 4, taps=5 if place == 0 else 3)
                for place, (before, after) in enumerate(zip(into, channels, strict=True))
            )
        )
        self.norm = nn.BatchNorm1d(2 * channels[-1])
        self.out = nn.Linear(2 * channels[-1], width)

    def forward(self, frames: Tensor, segments: Tensor | None = None) -> Tensor:
        x = self.layers(frames.transpose(0, 1).unsqueeze(-1))
        strongest = x.amax(dim=0)
        pooled = torch.cat([strongest.mean(dim=1), strongest.amax(dim=1)], dim=1)
        return torch.as_tensor(self.out(self.norm(pooled)))
