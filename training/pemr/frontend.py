"""Samples to normalised log-mel frames, the representation that transformer and encoder share."""

from __future__ import annotations

import math
from collections.abc import Iterable

import msgspec
import torch
from torch import Tensor, nn

AMIN = 1e-10
LEAST_OF_BELL = 0.01
"""A bell of the log-frequency filterbank ends where it would be lower."""


class FrontEnd(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of the log-mel front end; travels inside every checkpoint and model file.

    `mean_db` and `std_db` are measured on the training corpus; frames are (dB - mean) / std.
    """

    sample_rate: int = 16_000
    n_fft: int = 1024
    hop_length: int = 128
    n_mels: int = 128
    segment_samples: int = 59_049
    mean_db: float = 0.0
    std_db: float = 1.0

    @property
    def segment_frames(self) -> int:
        """Frames L of one segment."""
        return self.frames_of(self.segment_samples)

    @property
    def segment_s(self) -> float:
        return self.segment_samples / self.sample_rate

    def frames_of(self, samples: int) -> int:
        """Frames of a clip with that many samples; a frame is centred on every `hop_length` samples."""
        return 1 + samples // self.hop_length


def mel_filterbank(sample_rate: int, n_fft: int, n_mels: int) -> Tensor:
    """(n_fft // 2 + 1, n_mels) triangles on the HTK mel scale from 0 to half the sample rate, peak 1."""
    top = 2595.0 * math.log10(1.0 + sample_rate / 2 / 700.0)
    corners = 700.0 * (10.0 ** (torch.linspace(0.0, top, n_mels + 2, dtype=torch.float64) / 2595.0) - 1.0)
    bins = torch.linspace(0.0, sample_rate // 2, n_fft // 2 + 1, dtype=torch.float64)
    widths = corners.diff()
    offsets = corners[None, :] - bins[:, None]
    rising = -offsets[:, :-2] / widths[:-1]
    falling = offsets[:, 2:] / widths[1:]
    return torch.minimum(rising, falling).clamp_min(0.0).float()


def power_of(spectrum: Tensor) -> Tensor:
    """Squared magnitudes of a complex tensor; the obvious ways of writing it take two to five times as long."""
    parts = torch.view_as_real(spectrum)
    squared = parts * parts
    return squared[..., 0] + squared[..., 1]


class LogMel(nn.Module):
    """Samples (B, n) at the front end's rate -> normalised log-mel (B, n_mels, L)."""

    def __init__(self, settings: FrontEnd) -> None:
        super().__init__()
        self.settings = settings
        bank = mel_filterbank(settings.sample_rate, settings.n_fft, settings.n_mels)
        self.register_buffer("window", torch.hann_window(settings.n_fft), persistent=False)
        self.register_buffer("bank", bank.T.contiguous(), persistent=False)

    def forward(self, samples: Tensor) -> Tensor:
        return (self.decibels(samples) - self.settings.mean_db) / self.settings.std_db

    def decibels(self, samples: Tensor) -> Tensor:
        """(B, n) -> (B, n_mels, L) in dB, not normalised."""
        window, bank = self.get_buffer("window"), self.get_buffer("bank")
        n_fft, hop = self.settings.n_fft, self.settings.hop_length
        spectrum = torch.stft(samples, n_fft, hop, window=window, center=True, return_complex=True)
        return (bank @ power_of(spectrum)).clamp_min(AMIN).log10().mul(10.0)


def normalised(settings: FrontEnd, segments: Iterable[Tensor]) -> FrontEnd:
    """The front end with mean and spread of the log-mel over segments (n,) of a corpus."""
    log_mel = LogMel(settings)
    total, squares, count = 0.0, 0.0, 0
    for segment in segments:
        decibels = log_mel.decibels(segment[None]).double()
        total += float(decibels.sum())
        squares += float(decibels.square().sum())
        count += decibels.numel()
    mean = total / count
    deviation = math.sqrt(max(squares / count - mean * mean, 1e-6))
    return msgspec.structs.replace(settings, mean_db=round(mean, 4), std_db=round(max(deviation, 1e-3), 4))


class LogFrequency(nn.Module):
    """Samples (B, n) -> magnitudes (B, 84, frames) of the semitones C1 (32.7 Hz) to B7, 4.3 frames a second.

    A constant-Q-like spectrum from one long FFT: at this frame rate a window of half a second is short enough
    for every bin, and it is as long as a constant-Q kernel needs to be for the lowest octave.
    """

    sample_rate = 16_000
    n_fft = 8192
    hop_length = 3720
    lowest_hz = 32.7032
    n_bins = 84
    highest_hz = 4800.0
    """No bell reaches further: B7 is at 3951 Hz, and a bell ends two semitones from its middle."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("window", torch.hann_window(self.n_fft), persistent=False)

    def forward(self, samples: Tensor, a4_offset: float = 0.0) -> Tensor:
        """`a4_offset`: semitones by which the music lies above A4 = 440 Hz, -0.5 to 0.5."""
        return self.semitones(self.power(samples), a4_offset)

    def power(self, samples: Tensor) -> Tensor:
        """(B, n) -> power spectrum (B, n_fft // 2 + 1, frames); a sine of amplitude 1 peaks at 1."""
        window = self.get_buffer("window")
        spectrum = torch.stft(
            samples, self.n_fft, self.hop_length, window=window, center=True, pad_mode="constant", return_complex=True
        )
        return power_of(spectrum) * (2.0 / float(window.sum())) ** 2

    def semitones(self, power: Tensor, a4_offset: float = 0.0) -> Tensor:
        """Power spectrum (B, n_fft // 2 + 1, frames) -> magnitudes (B, 84, frames)."""
        bank = self.filterbank(a4_offset).to(power.device)
        return (bank @ power).sqrt()

    def filterbank(self, a4_offset: float = 0.0) -> Tensor:
        """(84, n_fft // 2 + 1) bells a semitone wide, never narrower than a line of the FFT; rows sum to 1."""
        line_hz = self.sample_rate / self.n_fft
        bins = torch.arange(self.n_bins, dtype=torch.float64)
        middle_hz = self.lowest_hz * 2.0 ** (bins / 12.0)
        width = 0.6 * (12.0 / math.log(2.0) * line_hz / middle_hz).clamp_min(0.5)
        reach = width * math.sqrt(2.0 * math.log(1.0 / LEAST_OF_BELL))
        # only lines under a bell are computed: one in fifty of all pairs
        first = (middle_hz * 2.0 ** ((a4_offset - reach) / 12.0) / line_hz).floor().long().clamp_min(0)
        last = (middle_hz * 2.0 ** ((a4_offset + reach) / 12.0) / line_hz).ceil().long()
        count = last.clamp_max(int(self.highest_hz / line_hz)) - first + 1
        row = torch.repeat_interleave(torch.arange(self.n_bins), count)
        line = torch.arange(len(row)) - torch.repeat_interleave(count.cumsum(0) - count - first, count)
        pitch = 12.0 * ((line.double() * line_hz).clamp_min(1.0) / self.lowest_hz).log2() - a4_offset
        bells = torch.exp(-0.5 * ((pitch - bins[row]) / width[row]) ** 2)
        bells[bells < LEAST_OF_BELL] = 0.0
        sums = torch.zeros(self.n_bins, dtype=torch.float64).index_add_(0, row, bells)
        bank = torch.zeros(self.n_bins, self.n_fft // 2 + 1)
        bank[row, line] = (bells / sums[row]).float()
        return bank
