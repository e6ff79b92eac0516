"""CLMR's group of augmentations on samples. Every random number comes from the generators that are passed in.

Order and ranges follow the code of CLMR and torchaudio-augmentations (see PAPER.md): polarity, noise, gain,
filter, delay, pitch shift, reverb. Each function changes one clip (n,) in a way a test can hear.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import msgspec
import torch
from torch import Tensor

Generators = torch.Generator | Sequence[torch.Generator]
PITCH_N_FFT = 1024
PITCH_HOP = 256


class Augmentation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How likely each augmentation is, and its range."""

    polarity: float = 0.8
    noise: float = 0.01
    noise_db: tuple[float, float] = (-80.0, -40.0)
    gain: float = 0.3
    gain_db: tuple[float, float] = (-20.0, -1.0)
    filter: float = 0.8
    high_pass_hz: tuple[float, float] = (200.0, 1200.0)
    low_pass_hz: tuple[float, float] = (2200.0, 4000.0)
    delay: float = 0.3
    delay_ms: tuple[int, int, int] = (200, 450, 50)
    delay_level: float = 0.5
    pitch: float = 0.6
    pitch_cents: int = 700
    reverb: float = 0.0
    reverb_s: tuple[float, float] = (0.2, 1.5)


class _Dice:
    """Draws from one generator."""

    def __init__(self, generator: torch.Generator) -> None:
        self.generator = generator

    def hits(self, probability: float) -> bool:
        return self.between(0.0, 1.0) < probability

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * float(torch.rand((), generator=self.generator))

    def integer(self, low: int, high: int) -> int:
        """low .. high, both included."""
        return int(torch.randint(low, high + 1, (), generator=self.generator))

    def noise(self, length: int) -> Tensor:
        return torch.randn(length, generator=self.generator)


def augment(clips: Tensor, sample_rate: int, settings: Augmentation, generator: Generators) -> Tensor:
    """Clips (B, n) -> augmented clips (B, n). Draws from one generator for all in turn, or from one for each."""
    own = [generator] * len(clips) if isinstance(generator, torch.Generator) else generator
    pairs = zip(clips, own, strict=True)
    return torch.stack([_augment_one(clip, sample_rate, settings, generator) for clip, generator in pairs])


def _augment_one(clip: Tensor, rate: int, settings: Augmentation, generator: torch.Generator) -> Tensor:
    """One clip (n,), through the whole chain."""
    dice = _Dice(generator)
    noise_level = 10 ** (dice.between(*settings.noise_db) / 20)
    chain: list[tuple[float, Callable[[Tensor], Tensor]]] = [
        (settings.polarity, lambda x: -x),
        (settings.noise, lambda x: x + dice.noise(len(x)).to(x) * x.std() * noise_level),
        (settings.gain, lambda x: x * 10 ** (dice.between(*settings.gain_db) / 20)),
        (settings.filter, lambda x: _random_filter(x, rate, settings, dice)),
        (settings.delay, lambda x: _random_delay(x, rate, settings, dice)),
        (
            settings.pitch,
            lambda x: pitch_shift(x, dice.integer(-settings.pitch_cents, settings.pitch_cents)),
        ),
        (settings.reverb, lambda x: reverb(x, rate, dice.between(*settings.reverb_s), dice.generator)),
    ]
    for probability, change in chain:
        if dice.hits(probability):
            clip = change(clip)
    return clip


def _random_filter(clip: Tensor, rate: int, settings: Augmentation, dice: _Dice) -> Tensor:
    if dice.hits(0.5):
        return high_pass(clip, rate, dice.between(*settings.high_pass_hz))
    return low_pass(clip, rate, dice.between(*settings.low_pass_hz))


def _random_delay(clip: Tensor, rate: int, settings: Augmentation, dice: _Dice) -> Tensor:
    low, high, step = settings.delay_ms
    return delay(clip, rate, low + step * dice.integer(0, (high - low) // step), settings.delay_level)


def low_pass(clip: Tensor, sample_rate: int, cutoff_hz: float) -> Tensor:
    """A windowed-sinc low-pass of eight zero crossings to either side: 6 dB down at the cut-off."""
    cutoff = cutoff_hz / sample_rate
    half = math.ceil(8 / cutoff / 2)
    time = torch.arange(-half, half + 1, dtype=clip.dtype, device=clip.device)
    kernel = torch.sinc(2 * cutoff * time) * torch.hann_window(
        2 * half + 1, periodic=False, dtype=clip.dtype, device=clip.device
    )
    return _convolve(clip, kernel / kernel.sum(), half)


def high_pass(clip: Tensor, sample_rate: int, cutoff_hz: float) -> Tensor:
    """What `low_pass` at the same cut-off takes away."""
    return clip - low_pass(clip, sample_rate, cutoff_hz)


def delay(clip: Tensor, sample_rate: int, delay_ms: int, level: float) -> Tensor:
    """One echo `delay_ms` later at `level`; the sum is halved."""
    offset = sample_rate * delay_ms // 1000
    echo = torch.zeros_like(clip)
    echo[offset:] = clip[: len(clip) - offset]
    return (clip + level * echo) / 2


def reverb(clip: Tensor, sample_rate: int, decay_s: float, generator: torch.Generator) -> Tensor:
    """Half the clip, half the clip in a made-up room: noise that falls by 60 dB in `decay_s`."""
    length = max(1, round(decay_s * sample_rate))
    tail = torch.randn(length, generator=generator).to(clip)
    tail = tail * 10 ** (-3.0 * torch.arange(length, dtype=clip.dtype, device=clip.device) / length)
    return (clip + _convolve(clip, tail / tail.square().sum().sqrt(), 0)) / 2


def pitch_shift(clip: Tensor, cents: int) -> Tensor:
    """Move every frequency by `cents` (100 to the semitone) and keep length and tempo.

    A phase vocoder that resamples each short-time spectrum by synthesising it with another FFT size: the
    size is a whole number, so the pitch is met to within a cent.
    """
    if cents == 0:
        return clip
    ratio = 2 ** (cents / 1200)
    size = round(PITCH_N_FFT / ratio)
    ratio = PITCH_N_FFT / size
    window = torch.hann_window(PITCH_N_FFT, dtype=clip.dtype, device=clip.device)
    spectrum = torch.stft(clip, PITCH_N_FFT, PITCH_HOP, window=window, return_complex=True)
    bins = min(len(spectrum), size // 2 + 1)
    magnitude, phase = spectrum[:bins].abs(), spectrum[:bins].angle()
    expected = torch.arange(bins, dtype=clip.dtype, device=clip.device)[:, None] * (
        2 * math.pi * PITCH_HOP / PITCH_N_FFT
    )
    deviation = phase.diff(dim=1) - expected
    advance = (expected + deviation - 2 * math.pi * torch.round(deviation / (2 * math.pi))) * ratio
    phase = torch.cat([phase[:, :1], phase[:, :1] + advance.cumsum(dim=1)], dim=1)
    grains = torch.fft.irfft(torch.polar(magnitude, phase), n=size, dim=0) * (size / PITCH_N_FFT)
    return _overlap_add(grains, len(clip))


def _overlap_add(grains: Tensor, length: int) -> Tensor:
    """Grains (size, count), one every `PITCH_HOP` samples, centred -> clip (length,)."""
    size, count = grains.shape
    window = torch.hann_window(size, dtype=grains.dtype, device=grains.device)
    total = (count - 1) * PITCH_HOP + size

    def fold(columns: Tensor) -> Tensor:
        folded = torch.nn.functional.fold(columns[None], (1, total), (1, size), stride=(1, PITCH_HOP))
        return folded.flatten()

    added = fold(grains * window[:, None])
    weight = fold(window.square()[:, None].expand(size, count))
    start = size // 2
    clip = (added / weight.clamp_min(1e-3))[start : start + length]
    return torch.as_tensor(torch.nn.functional.pad(clip, (0, length - len(clip))))


def _convolve(clip: Tensor, kernel: Tensor, start: int) -> Tensor:
    """Linear convolution by FFT, cut to the clip's own length from sample `start` on."""
    size = 1 << (len(clip) + len(kernel) - 2).bit_length()
    product = torch.fft.rfft(clip, size) * torch.fft.rfft(kernel, size)
    return torch.as_tensor(torch.fft.irfft(product, size)[start : start + len(clip)])
