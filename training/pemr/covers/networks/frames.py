"""What a cover network takes of a track, and how a track becomes vectors: of the whole, and of each half minute."""

from __future__ import annotations

from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from pemr.covers.alignment.features import CoverFeatures, whiten
from pemr.covers.alignment.spectrum import Spectrum, decibels_of, features_of

SHINGLE_FRAMES = 64
"""30 seconds."""
SHINGLE_STEP = 32
WHITE_SCALE = 3.0

Vectors = npt.NDArray[np.float32]
Frames = npt.NDArray[np.float32]
Input = Literal["chroma", "spectrum", "segments", "chroma and segments", "spectrum and segments"]
"""`chroma` (B, 12, T) as the application stores it and `spectrum` (B, 84, T) whitened, both 2.15 frames a second;
`segments` (B, S, 128, L) log-mel of the PEMR encoder."""


class VectorNetwork(Protocol):
    """A cover network in use: a graph (`graphs.NetworkGraph`), or the torch module that is trained (`CoverNetwork`)."""

    width: int

    @property
    def takes(self) -> Input:
        """What it is given of a track."""

    @property
    def takes_chroma(self) -> bool:
        """Whether its frames are chroma; else they are spectra."""

    def vectors(self, frames: Frames, segments: Frames | None = None) -> Vectors:
        """Frames (B, bins, T) and log-mel segments (B, S, 128, L), as it takes them -> (B, width)."""


def chroma_frames(features: CoverFeatures) -> Frames:
    """(12, t), columns of length 1 or 0, 2.15 frames a second."""
    return np.ascontiguousarray(features.half_rate_rows().T)


def spectrum_frames(stored: Spectrum) -> Frames:
    """(84, t) whitened, about 0 to 1, 2.15 frames a second."""
    pairs = len(stored) // 2
    decibels = decibels_of(stored[: 2 * pairs]).reshape(pairs, 2, stored.shape[1]).mean(axis=1)
    frames: Frames = np.ascontiguousarray((whiten(decibels) / np.float32(WHITE_SCALE)).T)
    return frames


def frames_for(network: VectorNetwork, stored: Spectrum) -> Frames:
    """The frames that this network takes, of a stored spectrum."""
    return chroma_frames(features_of(stored)) if network.takes_chroma else spectrum_frames(stored)


def shingles(frames: Frames) -> Frames:
    """(bins, t) -> parts of 30 s every 15 s (n, bins, 64), the last ending with the track; short ones are padded."""
    bins, time = frames.shape
    if time <= SHINGLE_FRAMES:
        padded = np.zeros((1, bins, SHINGLE_FRAMES), np.float32)
        padded[0, :, :time] = frames
        return padded
    starts = [*range(0, time - SHINGLE_FRAMES, SHINGLE_STEP), time - SHINGLE_FRAMES]
    return np.stack([frames[:, start : start + SHINGLE_FRAMES] for start in starts])


def track_vector(network: VectorNetwork, frames: Frames, segments: Frames | None = None) -> Vectors:
    """(bins, t) -> unit vector (width,) of the whole track; `segments` (1, S, 128, L) for networks that take them."""
    vector: Vectors = _unit(network.vectors(frames[np.newaxis], segments))[0]
    return vector


def shingle_vectors(network: VectorNetwork, frames: Frames, at_once: int = 64) -> Vectors:
    """(bins, t) -> unit vectors (n, width) of its half minutes."""
    parts = shingles(frames)
    return _unit(np.concatenate([network.vectors(parts[at : at + at_once]) for at in range(0, len(parts), at_once)]))


def _unit(vectors: Vectors) -> Vectors:
    unit: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), np.float32(1e-12))
    return unit
