"""What a track sounds like to version search: whitened chroma, 4.3 frames a second, 26 bytes a second."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from pemr.errors import PemrError
from pemr.frontend import LogFrequency, power_of

FEATURE_VERSION = 2
SAMPLE_RATE = LogFrequency.sample_rate
FRAME_S = LogFrequency.hop_length / SAMPLE_RATE
HALF_RATE_FRAME_S = 2 * FRAME_S
"""What compares many tracks takes two frames together, which costs a quarter."""
MAX_CHROMA_LEVEL = 15
"""Chroma is kept in fifteenths, two pitch classes in a byte: finer ones rank no better (measured)."""
MAX_COMPARED_S = 20 * 60.0
MIN_COMPARED_S = 5.0
SILENCE_DB = -60.0
"""A frame whose strongest semitone lies lower (full scale: 0) is silence and matches nothing."""
DYNAMIC_RANGE_DB = 70.0
MIN_CONTRAST_DB = 2.0
"""How far a semitone lies off its neighbours (root mean square); below this a track is noise, without pitch."""
MIN_CHANGE = 0.03
"""Mean squared distance of chroma frames from their mean (0 to 1) below which nothing happens in a track."""
NEIGHBOURS = 12
REGISTER_CENTRE, REGISTER_WIDTH = 49.0, 15.0
"""Semitones above C1: the register where melodies and their first partials lie."""
BLOCK_FRAMES = 64
"""Spectra computed at a time; what more of them take no longer lies in the cache of a core."""
HEADER = struct.Struct("<4sHHIffff")
MAGIC = b"PCVR"

Packed = npt.NDArray[np.uint8]
Rows = npt.NDArray[np.float32]
Samples = npt.NDArray[np.float32]


class CoverFeaturesError(PemrError):
    """Stored cover features are damaged or were made by another version; the track must be analysed again."""


class Incomparable(NamedTuple):
    """Why a track cannot be compared. `seconds`: how long it is if it is too short, else how much of it sounds."""

    why: Literal["too short", "silent", "too quiet", "no pitches", "unchanging"]
    seconds: float


@dataclass(frozen=True)
class CoverFeatures:
    """`packed` (t, 6) uint8: chroma in fifteenths, an even pitch class in the low half of a byte, the odd one above it.

    Frames have length 1, or 0 where silent. `duration_s` is the whole track; `tuning` the semitones it lies above
    A4 = 440 Hz; `contrast_db` how far pitches stand out.
    """

    packed: Packed
    duration_s: float
    tuning: float
    contrast_db: float

    @staticmethod
    def of(chroma: Rows, duration_s: float, tuning: float, contrast_db: float) -> CoverFeatures:
        """From chroma (t, 12), rows of length 1 or 0."""
        fifteenths = (np.asarray(chroma) * MAX_CHROMA_LEVEL).round().clip(0, MAX_CHROMA_LEVEL).astype(np.uint8)
        packed = (fifteenths[:, ::2] | fifteenths[:, 1::2] << 4).astype(np.uint8)
        return CoverFeatures(packed, duration_s, tuning, contrast_db)

    @property
    def frames(self) -> int:
        """Length, 4.3 frames a second."""
        return len(self.packed)

    @property
    def half_rate_frames(self) -> int:
        """Length, 2.15 frames a second."""
        return self.frames // 2

    @property
    def compared_s(self) -> float:
        """Seconds from the start that the features cover."""
        return min(self.duration_s, MAX_COMPARED_S)

    def rows(self) -> Rows:
        """Chroma (t, 12), rows of length 1, or 0 where silent."""
        values = np.stack([self.packed & MAX_CHROMA_LEVEL, self.packed >> 4], axis=2).reshape(-1, 12).astype(np.float32)
        return _unit(values)

    def half_rate_rows(self) -> Rows:
        """The same (t // 2, 12), each row the mean of two frames."""
        pairs = self.rows()[: 2 * self.half_rate_frames].reshape(-1, 2, 12)
        return _unit(pairs[:, 0] + pairs[:, 1])

    @property
    def problem(self) -> Incomparable | None:
        """Why this track cannot be compared; None if it can."""
        if self.duration_s < MIN_COMPARED_S:
            return Incomparable("too short", self.duration_s)
        sounding_s = float(np.count_nonzero(self.packed.any(axis=1)) * FRAME_S)
        if sounding_s == 0:
            return Incomparable("silent", 0.0)
        if sounding_s < MIN_COMPARED_S:
            return Incomparable("too quiet", sounding_s)
        if self.contrast_db < MIN_CONTRAST_DB:
            return Incomparable("no pitches", sounding_s)
        if self._change() < MIN_CHANGE:
            return Incomparable("unchanging", sounding_s)
        return None

    def _change(self) -> float:
        rows = self.half_rate_rows()
        rows = rows[rows.any(axis=1)]
        return float(1.0 - np.square(rows.mean(axis=0)).sum())

    def to_bytes(self) -> bytes:
        """A compact form to be stored; `from_bytes` reads it."""
        head = HEADER.pack(
            MAGIC, FEATURE_VERSION, 0, self.frames, self.duration_s, self.tuning, self.contrast_db, FRAME_S
        )
        return head + self.packed.tobytes()

    @staticmethod
    def from_bytes(data: bytes) -> CoverFeatures:
        """Raises `CoverFeaturesError` if the data is damaged or of another version."""
        if len(data) < HEADER.size or not data.startswith(MAGIC):
            raise CoverFeaturesError("The stored cover features are damaged. Analyse the track again.")
        _, version, _, frames, duration_s, tuning, contrast_db, _ = HEADER.unpack_from(data)
        if version != FEATURE_VERSION:
            raise CoverFeaturesError(
                f"The stored cover features are of version {version}, this program reads version {FEATURE_VERSION}. "
                "Analyse the track again."
            )
        if len(data) != HEADER.size + 6 * frames:
            raise CoverFeaturesError("The stored cover features are cut short. Analyse the track again.")
        packed = np.frombuffer(data, np.uint8, offset=HEADER.size).reshape(frames, 6)
        return CoverFeatures(packed, duration_s, tuning, contrast_db)


def cover_features(samples: Samples, sample_rate: int = SAMPLE_RATE) -> CoverFeatures:
    """Mono float32 (n,) at 16 kHz -> features. Of tracks longer than 20 minutes the first 20 are used.

    Silence, noise and short clips give features whose `problem` says so. Raises `PemrError` at another rate.
    """
    if sample_rate != SAMPLE_RATE:
        raise PemrError(f"Cover features are made from sound at {SAMPLE_RATE} Hz, not {sample_rate} Hz.")
    duration_s = len(samples) / SAMPLE_RATE
    used = np.asarray(samples[: int(MAX_COMPARED_S * SAMPLE_RATE)], np.float32)
    front_end = LogFrequency()
    with torch.inference_mode():
        tuning, magnitudes = _tuned(front_end, used)
        if not bool(magnitudes.isfinite().all()):
            tuning, magnitudes = _tuned(front_end, np.nan_to_num(used, posinf=0.0, neginf=0.0))
        return features_of_semitones(magnitudes.clamp_min(1e-7).log10().mul(20.0), duration_s, tuning)


def _tuned(front_end: LogFrequency, samples: Samples) -> tuple[float, Tensor]:
    """How far samples (n,) lie off 440 Hz in semitones, and the magnitudes (t, 84) of their semitones."""
    sound = torch.from_numpy(samples)
    tuning = estimate_tuning(front_end, sound) if len(samples) else 0.0
    return tuning, semitone_magnitudes(front_end, sound, tuning)


def features_of_semitones(decibels: Tensor, duration_s: float, tuning: float = 0.0) -> CoverFeatures:
    """Levels of semitones in dB (t, 84), 4.3 frames a second -> features."""
    sounding = decibels.amax(dim=1) > SILENCE_DB if len(decibels) else decibels.new_zeros(0, dtype=torch.bool)
    chroma = fold(whiten(decibels)) * sounding[:, None]
    return CoverFeatures.of(
        chroma.numpy(), float(np.float32(duration_s)), float(np.float32(tuning)), _contrast_db(decibels, sounding)
    )


def _contrast_db(decibels: Tensor, sounding: Tensor) -> float:
    """How far pitches stand out from their neighbours in the middle of all that sounds, two frames taken together."""
    pairs = len(decibels) // 2
    sounding_pairs = sounding[: 2 * pairs].view(pairs, 2).any(dim=1)
    values = decibels.clamp_min(float(decibels.max()) - DYNAMIC_RANGE_DB) if pairs else decibels
    values = values[: 2 * pairs].view(pairs, 2, values.shape[1]).mean(dim=1)[sounding_pairs]
    if not len(values):
        return 0.0
    bend = values[:, 25:71] - 0.5 * (values[:, 24:70] + values[:, 26:72])
    return float(bend.square().mean(dim=1).sqrt().median())


def semitone_magnitudes(front_end: LogFrequency, sound: Tensor, tuning: float) -> Tensor:
    """(n,) -> magnitudes (t, 84), 4.3 frames a second; block by block, so that long mixes fit in memory."""
    hop, half = front_end.hop_length, front_end.n_fft // 2
    frames = len(sound) // hop
    octaves = _octaves(front_end.filterbank(tuning))
    lines = octaves[-1][0].stop
    window = front_end.get_buffer("window")
    scale = 2.0 / float(window.sum())
    levels = sound.new_empty((frames, front_end.n_bins))
    windowed = sound.new_empty((min(BLOCK_FRAMES, frames), front_end.n_fft))
    for first in range(0, frames, BLOCK_FRAMES):
        count = min(BLOCK_FRAMES, frames - first)
        begin, end = first * hop - half, (first + count - 1) * hop + half
        part = sound[max(0, begin) : end]
        if begin < 0 or end > len(sound):
            part = torch.nn.functional.pad(part, (max(0, -begin), max(0, end - len(sound))))
        torch.mul(part.unfold(0, front_end.n_fft, hop), window, out=windowed[:count])
        spectrum = torch.fft.rfft(windowed[:count])
        power = power_of(spectrum[:, :lines])
        magnitudes = torch.cat([power[:, covered] @ bank for covered, bank in octaves], dim=1).sqrt_()
        torch.mul(magnitudes, scale, out=levels[first : first + count])
    return levels


def _octaves(bank: Tensor) -> list[tuple[slice, Tensor]]:
    """A filterbank (84, lines) as the lines that each octave covers and their weights (lines covered, 12)."""
    octaves: list[tuple[slice, Tensor]] = []
    for rows in bank.view(len(bank) // 12, 12, -1):
        covered = rows.any(dim=0).nonzero()
        lines = slice(int(covered.min()), int(covered.max()) + 1)
        octaves.append((lines, rows[:, lines].T.contiguous()))
    return octaves


def estimate_tuning(front_end: LogFrequency, sound: Tensor, excerpt_s: float = 20.0) -> float:
    """Semitones (-0.5 to 0.5) by which spectral peaks from 160 to 2000 Hz lie off A4 = 440 Hz.

    From three excerpts, every other frame of them.
    """
    length = int(excerpt_s * SAMPLE_RATE)
    starts = sorted({0, max(0, (len(sound) - length) // 2), max(0, len(sound) - length)})
    low, high = 160 * front_end.n_fft // SAMPLE_RATE, 2000 * front_end.n_fft // SAMPLE_RATE
    window = front_end.get_buffer("window")
    scale = (2.0 / float(window.sum())) ** 2
    centre = 0j
    for start in starts:
        part = sound[start : start + length]
        part = torch.nn.functional.pad(part, (0, max(0, front_end.n_fft - len(part))))
        frames = part.unfold(0, front_end.n_fft, 2 * front_end.hop_length) * window
        power = power_of(torch.fft.rfft(frames)[:, low - 1 : high + 2]) * scale
        left, peak, right = power[:, :-2], power[:, 1:-1], power[:, 2:]
        loudest = power.amax(dim=1, keepdim=True)
        chosen = (peak > left) & (peak >= right) & (peak > 4e-4 * loudest) & (peak > 1e-9)
        left, peak, right = (values[chosen] for values in (left, peak, right))
        logs = [values.clamp_min(1e-20).log() for values in (left, peak, right)]
        offset = 0.5 * (logs[0] - logs[2]) / (logs[0] - 2 * logs[1] + logs[2]).clamp_max(-1e-6)
        lines = low + chosen.nonzero()[:, 1] + offset.clamp(-0.5, 0.5)
        pitch = 12.0 * (lines * (SAMPLE_RATE / front_end.n_fft / 440.0)).log2()
        angle = 2.0 * math.pi * pitch
        weight = peak.sqrt()
        centre += complex(float((weight * angle.cos()).sum()), float((weight * angle.sin()).sum()))
    return math.atan2(centre.imag, centre.real) / (2.0 * math.pi) if centre else 0.0


def whiten(decibels: Tensor) -> Tensor:
    """dB (t, 84) -> how far each semitone stands out around it, 0 or more (t, 84)."""
    if not len(decibels):
        return decibels
    values = decibels.clamp_min(float(decibels.max()) - DYNAMIC_RANGE_DB)
    bins = values.shape[1]
    distance = (torch.arange(bins)[:, None] - torch.arange(bins)[None, :]).abs()
    average = (distance <= NEIGHBOURS).float()
    average = average / average.sum(dim=1, keepdim=True)
    mean = values @ average.T
    variance = ((values * values) @ average.T - mean * mean).clamp_min(0.0)
    return ((values - mean) / (variance + 4.0).sqrt()).clamp_min(0.0)


def fold(whitened: Tensor) -> Tensor:
    """(t, 84) -> chroma (t, 12), rows of length 1; the register of melodies counts most."""
    position = torch.arange(whitened.shape[1])
    weight = torch.exp(-0.5 * ((position - REGISTER_CENTRE) / REGISTER_WIDTH) ** 2)
    chroma = (whitened * weight).reshape(len(whitened), whitened.shape[1] // 12, 12).sum(dim=1)
    length: Tensor = torch.linalg.vector_norm(chroma, dim=1, keepdim=True)
    return chroma / length.clamp_min(1e-6)


def _unit(rows: Rows) -> Rows:
    """Rows (t, 12) of any length -> of length 1; rows of nothing stay."""
    length = np.sqrt(np.square(rows).sum(axis=1, keepdims=True))
    unit: Rows = rows / np.maximum(length, 1e-6)
    return unit
