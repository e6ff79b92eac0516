"""musicnn (Pons and Serra 2019) as a torch module: the released tagger whose predictions our tag heads learn from.

The weights are the released ones (ISC licence). Its log-mel is kept in float32 here; the original rounds to
float16, which overflows on loud music.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from pemr.errors import ModelMismatch

SAMPLE_RATE = 16_000
N_FFT = 512
HOP_LENGTH = 256
N_MELS = 96
PATCH_FRAMES = 187
PATCH_SAMPLES = (PATCH_FRAMES - 1) * HOP_LENGTH
VOCABULARIES = ("mtt", "msd")
# our layers in the order in which the released file numbers its convolutions and batch norms
CONVOLUTIONS = (
    "timbral_38",
    "timbral_67",
    "temporal_128",
    "temporal_64",
    "temporal_32",
    "middle_1",
    "middle_2",
    "middle_3",
)
EPSILON = 1e-3


def slaney_filterbank(sample_rate: int = SAMPLE_RATE, n_fft: int = N_FFT, n_mels: int = N_MELS) -> Tensor:
    """(n_fft // 2 + 1, n_mels) triangles of equal area on Slaney's mel scale: linear below 1 kHz, then logarithmic."""
    log_step = math.log(6.4) / 27.0

    def to_hz(mel: Tensor) -> Tensor:
        return torch.where(mel < 15.0, mel * 200.0 / 3.0, 1000.0 * torch.exp(log_step * (mel - 15.0)))

    top = 15.0 + math.log(sample_rate / 2 / 1000.0) / log_step
    corners = to_hz(torch.linspace(0.0, top, n_mels + 2, dtype=torch.float64))
    bins = torch.linspace(0.0, sample_rate / 2, n_fft // 2 + 1, dtype=torch.float64)
    offsets = corners[None, :] - bins[:, None]
    widths = corners.diff()
    triangles = torch.minimum(-offsets[:, :-2] / widths[:-1], offsets[:, 2:] / widths[1:]).clamp_min(0.0)
    return (triangles * 2.0 / (corners[2:] - corners[:-2])).float()


class TeacherLogMel(nn.Module):
    """Samples (B, n) at 16 kHz -> (B, frames, 96): log10(10000 mel + 1)."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("window", torch.hann_window(N_FFT), persistent=False)
        self.register_buffer("bank", slaney_filterbank(), persistent=False)

    def forward(self, samples: Tensor) -> Tensor:
        window, bank = self.get_buffer("window"), self.get_buffer("bank")
        spectrum = torch.stft(samples, N_FFT, HOP_LENGTH, window=window, center=True, return_complex=True)
        power = torch.view_as_real(spectrum).square().sum(-1)
        return torch.log10(10_000.0 * (power.transpose(1, 2) @ bank) + 1.0)


class FrontLayer(nn.Module):
    """Convolution, ReLU, batch norm, maximum over frequency: (B, 1, T, 96) -> (B, channels, T).

    The maximum is taken before the batch norm, which then has 96 times less to do; where batch norm turns a channel
    over (negative scale) that is the minimum.
    """

    def __init__(self, channels: int, kernel: tuple[int, int], time_padding: tuple[int, int]) -> None:
        super().__init__()
        self.time_padding = time_padding
        self.conv = nn.Conv2d(1, channels, kernel)
        self.norm = nn.BatchNorm1d(channels, eps=EPSILON)

    def forward(self, x: Tensor) -> Tensor:
        y = torch.relu(self.conv(nn.functional.pad(x, (0, 0, *self.time_padding))))
        return torch.as_tensor(self.norm(torch.where(self.norm.weight[:, None] >= 0, y.amax(dim=3), y.amin(dim=3))))


class MiddleLayer(nn.Module):
    """Convolution of width 7, ReLU, batch norm: (B, channels, T) -> (B, 64, T)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv1d(channels, 64, 7, padding=3)
        self.norm = nn.BatchNorm1d(64, eps=EPSILON)

    def forward(self, x: Tensor) -> Tensor:
        return torch.as_tensor(self.norm(torch.relu(self.conv(x))))


class Musicnn(nn.Module):
    """Patches (B, 187, 96) of log-mel -> probabilities (B, 50)."""

    def __init__(self) -> None:
        super().__init__()
        self.input_norm = nn.BatchNorm2d(1, eps=EPSILON)
        self.timbral_38 = FrontLayer(204, (7, 38), (3, 3))
        self.timbral_67 = FrontLayer(204, (7, 67), (3, 3))
        # "same" padding of an even kernel: one more at the end
        self.temporal_128 = FrontLayer(51, (128, 1), (63, 64))
        self.temporal_64 = FrontLayer(51, (64, 1), (31, 32))
        self.temporal_32 = FrontLayer(51, (32, 1), (15, 16))
        self.middle_1 = MiddleLayer(561)
        self.middle_2 = MiddleLayer(64)
        self.middle_3 = MiddleLayer(64)
        self.pooled_norm = nn.BatchNorm1d(1506, eps=EPSILON)
        self.hidden = nn.Linear(1506, 200)
        self.hidden_norm = nn.BatchNorm1d(200, eps=EPSILON)
        self.out = nn.Linear(200, 50)

    def forward(self, patches: Tensor) -> Tensor:
        x = self.input_norm(patches.unsqueeze(1))
        layers = (self.timbral_38, self.timbral_67, self.temporal_128, self.temporal_64, self.temporal_32)
        front = torch.cat([layer(x) for layer in layers], dim=1)
        first = self.middle_1(front)
        second = self.middle_2(first) + first
        third = self.middle_3(second) + second
        features = torch.cat([front, first, second, third], dim=1)
        # the released network interleaves maximum and mean of each channel
        pooled = torch.stack([features.amax(dim=2), features.mean(dim=2)], dim=2).flatten(1)
        hidden = self.hidden_norm(torch.relu(self.hidden(self.pooled_norm(pooled))))
        return torch.sigmoid(self.out(hidden))


@dataclass(frozen=True)
class Teacher:
    """A loaded musicnn with its 50 tags."""

    tags: tuple[str, ...]
    network: Musicnn
    log_mel: TeacherLogMel

    @torch.inference_mode()
    def label(self, patches: Tensor) -> Tensor:
        """Samples (B, 47616) at 16 kHz, 3 s each -> probabilities (B, 50)."""
        return torch.as_tensor(self.network(self.log_mel(patches)))


def load_teacher(path: Path) -> Teacher:
    """A teacher from safetensors. Raises `ModelMismatch` naming the file."""
    network = Musicnn()
    try:
        with safe_open(path, framework="pt") as file:
            stored = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118  not a dict
            tags = tuple(json.loads((file.metadata() or {})["tags"]))
        network.load_state_dict(_state(stored), strict=False)
    except (OSError, SafetensorError, KeyError, RuntimeError) as error:
        raise ModelMismatch(f"{path} is damaged or not a musicnn teacher") from error
    return Teacher(tags, network.eval().requires_grad_(False), TeacherLogMel())


def _state(stored: dict[str, Tensor]) -> dict[str, Tensor]:
    """From the released names and layouts (height, width, in, out) to ours (out, in, height, width)."""
    state = _norm("input_norm", "batch_normalization", stored)
    for number, name in enumerate(CONVOLUTIONS):
        conv = "conv2d" if number == 0 else f"conv2d_{number}"
        kernel = stored[f"{conv}.kernel"]
        two_dimensional = kernel.permute(3, 2, 0, 1)
        one_dimensional = kernel[:, :, 0].permute(2, 1, 0)
        state[f"{name}.conv.weight"] = (one_dimensional if "middle" in name else two_dimensional).contiguous()
        state[f"{name}.conv.bias"] = stored[f"{conv}.bias"]
        state |= _norm(f"{name}.norm", f"batch_normalization_{number + 1}", stored)
    state |= _norm("pooled_norm", "batch_normalization_9", stored)
    state |= _norm("hidden_norm", "batch_normalization_10", stored)
    for name, dense in (("hidden", "dense"), ("out", "dense_1")):
        state[f"{name}.weight"] = stored[f"{dense}.kernel"].T.contiguous()
        state[f"{name}.bias"] = stored[f"{dense}.bias"]
    return state


def _norm(ours: str, theirs: str, stored: dict[str, Tensor]) -> dict[str, Tensor]:
    names = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"}
    return {f"{ours}.{mine}": stored[f"{theirs}.{other}"] for mine, other in names.items()}


def patch_starts(samples: int, count: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Where `count` patches start that are spread evenly over a clip of that many samples."""
    return np.linspace(0, max(0, samples - PATCH_SAMPLES), count).astype(np.int64)
