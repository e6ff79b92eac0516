"""What a cover network takes of a track, and how a track becomes vectors: of the whole, and of each half minute."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from pemr.covers.alignment.features import CoverFeatures, whiten
from pemr.covers.alignment.spectrum import Spectrum, decibels_of, features_of
from pemr.covers.networks.contract import CoverNetwork

SHINGLE_FRAMES = 64
"""30 seconds."""
SHINGLE_STEP = 32
WHITE_SCALE = 3.0

Vectors = npt.NDArray[np.float32]
Frames = npt.NDArray[np.float32]


def chroma_frames(features: CoverFeatures) -> Frames:
    """(12, t), columns of length 1 or 0, 2.15 frames a second."""
    return np.ascontiguousarray(features.half_rate_rows().T)


def spectrum_frames(stored: Spectrum) -> Frames:
    """(84, t) whitened, about 0 to 1, 2.15 frames a second."""
    pairs = len(stored) // 2
    decibels = decibels_of(stored[: 2 * pairs]).view(pairs, 2, stored.shape[1]).mean(dim=1)
    frames: Frames = np.ascontiguousarray((whiten(decibels) / WHITE_SCALE).T.numpy())
    return frames


def frames_for(network: CoverNetwork, stored: Spectrum) -> Frames:
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


def track_vector(network: CoverNetwork, frames: Frames, segments: Tensor | None = None) -> Vectors:
    """(bins, t) -> unit vector (width,) of the whole track; `segments` (1, S, 128, L) for networks that take them."""
    with torch.inference_mode():
        vector = network(torch.from_numpy(frames)[None], segments)[0]
        found: Vectors = torch.nn.functional.normalize(vector, dim=0).numpy()
    return found


def shingle_vectors(network: CoverNetwork, frames: Frames, at_once: int = 64) -> Vectors:
    """(bins, t) -> unit vectors (n, width) of its half minutes."""
    parts = shingles(frames)
    with torch.inference_mode():
        found = [network(torch.from_numpy(parts[first : first + at_once])) for first in range(0, len(parts), at_once)]
        vectors: Vectors = torch.nn.functional.normalize(torch.cat(found), dim=1).numpy()
    return vectors
