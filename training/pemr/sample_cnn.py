"""SampleCNN, the encoder of CLMR: convolutions on the waveform itself. Lee et al. 2017, Spijkervet et al. 2021."""

from __future__ import annotations

import itertools

import torch
from torch import Tensor, nn

from pemr.distributed import BatchNorm1d

CHANNELS = (128, 128, 128, 256, 256, 256, 256, 256, 256, 512)
LEAST_SAMPLES = 3 ** len(CHANNELS)


class SampleCNN(nn.Module):
    """Samples (B, n) with n >= 59,049 -> embedding (B, 512). Ten stages each make time three times coarser.

    59,049 samples end as one step; what a longer clip leaves beyond that is averaged.
    """

    def __init__(self) -> None:
        super().__init__()
        stages = [nn.Sequential(nn.Conv1d(1, CHANNELS[0], 3, stride=3), BatchNorm1d(CHANNELS[0]), nn.ReLU())]
        for channels_in, channels_out in itertools.pairwise(CHANNELS):
            stages.append(nn.Sequential(*_convolution(channels_in, channels_out), nn.MaxPool1d(3)))
        stages.append(nn.Sequential(*_convolution(CHANNELS[-1], CHANNELS[-1])))
        self.stages = nn.Sequential(*stages)

    def forward(self, samples: Tensor) -> Tensor:
        if samples.shape[1] < LEAST_SAMPLES:
            raise ValueError(f"a segment needs at least {LEAST_SAMPLES} samples, this one has {samples.shape[1]}")
        return torch.as_tensor(self.stages(samples[:, None])).mean(dim=2)


def _convolution(channels_in: int, channels_out: int) -> list[nn.Module]:
    return [nn.Conv1d(channels_in, channels_out, 3, padding=1), BatchNorm1d(channels_out), nn.ReLU()]
