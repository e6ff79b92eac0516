"""What a track sounds like to version search: whitened chroma, 4.3 frames a second, 26 bytes a second."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from pemr.covers.alignment.log_frequency import LogFrequency
from pemr.errors import PemrError

FEATURE_VERSION = 2
SAMPLE_RATE = LogFrequency.sample_rate
FRAME_S = LogFrequency.hop_length / SAMPLE_RATE
HALF_RATE_FRAME_S = 2 * FRAME_S
"""What compares many tracks takes two frames together, which costs a quarter."""
MAX_CHROMA_LEVEL = 15
"""Chroma is kept in fifteenths, two pitch classes in a byte: finer ones rank no better (measured)."""
MAX_COMPARED_S = 20 * 60.0
MIN_COMPARED_S = 5.0
MIN_MAGNITUDE = 1e-7
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

    Frames have length 1, or 0 where silent. `duration_s` is the whole track; `a4_offset` the semitones it lies above
    A4 = 440 Hz; `contrast_db` how far pitches stand out.
    """

    packed: Packed
    duration_s: float
    a4_offset: float
    contrast_db: float

    @staticmethod
    def of(chroma: Rows, duration_s: float, a4_offset: float, contrast_db: float) -> CoverFeatures:
        """From chroma (t, 12), rows of length 1 or 0."""
        fifteenths = (np.asarray(chroma) * MAX_CHROMA_LEVEL).round().clip(0, MAX_CHROMA_LEVEL).astype(np.uint8)
        packed = (fifteenths[:, ::2] | fifteenths[:, 1::2] << 4).astype(np.uint8)
        return CoverFeatures(packed, duration_s, a4_offset, contrast_db)

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
            MAGIC, FEATURE_VERSION, 0, self.frames, self.duration_s, self.a4_offset, self.contrast_db, FRAME_S
        )
        return head + self.packed.tobytes()

    @staticmethod
    def from_bytes(data: bytes) -> CoverFeatures:
        """Raises `CoverFeaturesError` if the data is damaged or of another version."""
        if len(data) < HEADER.size or not data.startswith(MAGIC):
            raise CoverFeaturesError("The stored cover features are damaged. Analyse the track again.")
        _, version, _, frames, duration_s, a4_offset, contrast_db, _ = HEADER.unpack_from(data)
        if version != FEATURE_VERSION:
            raise CoverFeaturesError(
                f"The stored cover features are of version {version}, this program reads version {FEATURE_VERSION}. "
                "Analyse the track again."
            )
        if len(data) != HEADER.size + 6 * frames:
            raise CoverFeaturesError("The stored cover features are cut short. Analyse the track again.")
        packed = np.frombuffer(data, np.uint8, offset=HEADER.size).reshape(frames, 6)
        return CoverFeatures(packed, duration_s, a4_offset, contrast_db)


def cover_features(samples: Samples, sample_rate: int = SAMPLE_RATE) -> CoverFeatures:
    """Mono float32 (n,) at 16 kHz -> features. Of tracks longer than 20 minutes the first 20 are used.

    Silence, noise and short clips give features whose `problem` says so. Raises `PemrError` at another rate.
    """
    if sample_rate != SAMPLE_RATE:
        raise PemrError(f"Cover features are made from sound at {SAMPLE_RATE} Hz, not {sample_rate} Hz.")
    duration_s = len(samples) / SAMPLE_RATE
    used = np.asarray(samples[: int(MAX_COMPARED_S * SAMPLE_RATE)], np.float32)
    if not np.isfinite(used).all():
        used = np.nan_to_num(used, posinf=0.0, neginf=0.0)
    front_end = LogFrequency()
    a4_offset = front_end.a4_offset(used) if len(used) else 0.0
    return features_of_semitones(decibels(front_end.magnitudes(used, a4_offset)), duration_s, a4_offset)


def decibels(magnitudes: Rows) -> Rows:
    """Magnitudes, 1 for full scale -> dB."""
    levels: Rows = np.log10(np.maximum(magnitudes, np.float32(MIN_MAGNITUDE)))
    return levels * np.float32(20.0)


def features_of_semitones(decibels: Rows, duration_s: float, a4_offset: float = 0.0) -> CoverFeatures:
    """Levels of semitones in dB (t, 84), 4.3 frames a second -> features."""
    sounding = decibels.max(axis=1) > SILENCE_DB if len(decibels) else np.zeros(0, bool)
    chroma = fold(whiten(decibels)) * sounding[:, np.newaxis]
    return CoverFeatures.of(
        chroma, float(np.float32(duration_s)), float(np.float32(a4_offset)), _contrast_db(decibels, sounding)
    )


def _contrast_db(decibels: Rows, sounding: npt.NDArray[np.bool_]) -> float:
    """How far pitches stand out from their neighbours in the middle of all that sounds, two frames taken together."""
    pairs = len(decibels) // 2
    if not pairs:
        return 0.0
    sounding_pairs = sounding[: 2 * pairs].reshape(pairs, 2).any(axis=1)
    values = np.maximum(decibels, decibels.max() - np.float32(DYNAMIC_RANGE_DB))
    values = values[: 2 * pairs].reshape(pairs, 2, values.shape[1]).mean(axis=1)[sounding_pairs]
    if not len(values):
        return 0.0
    bend = values[:, 25:71] - 0.5 * (values[:, 24:70] + values[:, 26:72])
    contrasts = np.sort(np.sqrt(np.square(bend).mean(axis=1)))
    return float(contrasts[(len(contrasts) - 1) // 2])  # of an even number the lower of both in the middle


def whiten(decibels: Rows) -> Rows:
    """dB (t, 84) -> how far each semitone stands out around it, 0 or more (t, 84)."""
    if not len(decibels):
        return decibels
    values = np.maximum(decibels, decibels.max() - np.float32(DYNAMIC_RANGE_DB))
    bins = np.arange(values.shape[1])
    average = (np.abs(bins[:, np.newaxis] - bins[np.newaxis, :]) <= NEIGHBOURS).astype(np.float32)
    average /= average.sum(axis=1, keepdims=True)
    mean = values @ average.T
    variance = np.maximum((values * values) @ average.T - mean * mean, 0.0)
    whitened: Rows = np.maximum((values - mean) / np.sqrt(variance + np.float32(4.0)), 0.0)
    return whitened


def fold(whitened: Rows) -> Rows:
    """(t, 84) -> chroma (t, 12), rows of length 1; the register of melodies counts most."""
    position = np.arange(whitened.shape[1], dtype=np.float32)
    weight = np.exp(np.float32(-0.5) * np.square((position - np.float32(REGISTER_CENTRE)) / np.float32(REGISTER_WIDTH)))
    weighted = whitened * weight
    return _unit(weighted.reshape(len(whitened), whitened.shape[1] // 12, 12).sum(axis=1))


def _unit(rows: Rows) -> Rows:
    """Rows (t, 12) of any length -> of length 1; rows of nothing stay."""
    length = np.sqrt(np.square(rows).sum(axis=1, keepdims=True))
    unit: Rows = rows / np.maximum(length, 1e-6)
    return unit
