"""musicnn (Pons and Serra 2019): the released tagger whose predictions our tag heads learn from.

The weights are the released ones (ISC licence). Its log-mel is kept in float32 here; the original rounds to
float16, which overflows on loud music.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open

from pemr.errors import ModelMismatch
from pemr.frontend import hann_window, short_time_power, triangles
from pemr.graphs.musicnn import musicnn_graph
from pemr.graphs.session import Graph

SAMPLE_RATE = 16_000
N_FFT = 512
HOP_LENGTH = 256
N_MELS = 96
PATCH_FRAMES = 187
PATCH_SAMPLES = (PATCH_FRAMES - 1) * HOP_LENGTH
VOCABULARIES = ("mtt", "msd")

Floats = npt.NDArray[np.float32]


def slaney_filterbank(sample_rate: int = SAMPLE_RATE, n_fft: int = N_FFT, n_mels: int = N_MELS) -> Floats:
    """(n_fft // 2 + 1, n_mels) triangles of equal area on Slaney's mel scale: linear below 1 kHz, then logarithmic."""
    log_step = math.log(6.4) / 27.0
    mel = np.linspace(0.0, 15.0 + math.log(sample_rate / 2 / 1000.0) / log_step, n_mels + 2)
    corners = np.where(mel < 15.0, mel * 200.0 / 3.0, 1000.0 * np.exp(log_step * (mel - 15.0)))
    bank = triangles(corners, np.linspace(0.0, sample_rate / 2, n_fft // 2 + 1))
    equal_areas = bank * 2.0 / (corners[2:] - corners[:-2])
    return np.asarray(equal_areas, np.float32)


class TeacherLogMel:
    """Samples (B, n) at 16 kHz -> (B, frames, 96): log10(10000 mel + 1)."""

    def __init__(self) -> None:
        self._window = hann_window(N_FFT)
        self._bank = slaney_filterbank()

    def __call__(self, samples: Floats) -> Floats:
        mel = np.stack([short_time_power(clip, self._window, HOP_LENGTH) @ self._bank for clip in samples])
        return np.asarray(np.log10(np.float32(10_000.0) * mel + np.float32(1.0)), np.float32)


@dataclass(frozen=True)
class Teacher:
    """A loaded musicnn with its 50 tags. `network`: `patches` (B, 187, 96) of log-mel -> probabilities (B, 50)."""

    tags: tuple[str, ...]
    network: Graph
    log_mel: TeacherLogMel

    def label(self, patches: Floats) -> Floats:
        """Samples (B, 47616) at 16 kHz, 3 s each -> probabilities (B, 50)."""
        return self.network(patches=self.log_mel(patches))


def load_teacher(path: Path) -> Teacher:
    """A teacher from safetensors. Raises `ModelMismatch` naming the file."""
    try:
        with safe_open(path, framework="np") as file:
            stored = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118  not a dict
            tags = tuple(json.loads((file.metadata() or {})["tags"]))
        network = Graph(musicnn_graph(stored, PATCH_FRAMES, N_MELS))
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise ModelMismatch(f"{path} is damaged or not a musicnn teacher") from error
    return Teacher(tags, network, TeacherLogMel())


def patch_starts(samples: int, count: int) -> npt.NDArray[np.int64]:
    """Where `count` patches start that are spread evenly over a clip of that many samples."""
    return np.linspace(0, max(0, samples - PATCH_SAMPLES), count).astype(np.int64)
