"""A label-free measure of an encoder: does one half of a track find its other half among all other halves?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from pemr.datasets.folder import ClipCollection

SEGMENTS_PER_HALF = 4


@torch.no_grad()
def half_vectors(encoder: nn.Module, clips: ClipCollection, device: torch.device) -> tuple[Tensor, Tensor]:
    """Mean embeddings of the first and of the second half of each track, (tracks, 512) each. Draws nothing.

    `encoder` takes samples (B, n) to (B, 512). Tracks shorter than two segments have no halves and are left out.
    """
    training = encoder.training
    encoder.eval()
    segment = clips.segment_samples
    halves: tuple[list[Tensor], list[Tensor]] = ([], [])
    for index in with_halves(clips):
        track = clips.tracks[index]
        middle = track.samples // 2
        for half, (start, end) in zip(halves, ((0, middle), (middle, track.samples)), strict=True):
            starts = np.linspace(start, end - segment, SEGMENTS_PER_HALF).astype(int)
            samples = torch.from_numpy(np.stack([clips.crop(index, int(at)) for at in starts]))
            half.append(encoder(samples.to(device)).float().mean(dim=0).cpu())
    encoder.train(training)
    if not halves[0]:
        return torch.zeros(0, 512), torch.zeros(0, 512)
    return torch.stack(halves[0]), torch.stack(halves[1])


def with_halves(clips: ClipCollection) -> list[int]:
    """The tracks of which `half_vectors` gives vectors."""
    return [index for index, track in enumerate(clips.tracks) if track.samples // 2 >= clips.segment_samples]


def mean_reciprocal_rank(queries: Tensor, references: Tensor) -> float:
    """Row i of `queries` (n, D) looks for row i of `references`; cosine around the common mean, ties count half."""
    centre = torch.cat([queries, references]).mean(dim=0)
    queries = torch.nn.functional.normalize(queries - centre, dim=1)
    references = torch.nn.functional.normalize(references - centre, dim=1)
    similarity = queries @ references.T
    own = similarity.diagonal()[:, None]
    ahead = (similarity > own).sum(dim=1) + ((similarity == own).sum(dim=1) - 1) / 2
    return float((1.0 / (1.0 + ahead)).mean())


def chance_reciprocal_rank(count: int) -> float:
    """What random vectors reach among `count` candidates."""
    ranks: npt.NDArray[np.float64] = 1.0 / np.arange(1, count + 1)
    return float(ranks.mean())
