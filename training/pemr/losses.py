"""The losses of the paper (section 3.6), as functions without state."""

from __future__ import annotations

import torch
from torch import Tensor

from pemr.distributed import at_least_float32


def prediction_loss(predicted: Tensor, target: Tensor, delta: float = 1.0) -> Tensor:
    """Huber loss between predicted and true frames (m, D), mean over the masked entries. Eq. 6 and 7."""
    if predicted.numel() == 0:
        return predicted.sum()
    return torch.nn.functional.huber_loss(at_least_float32(predicted), at_least_float32(target), delta=delta)


def standardise(z: Tensor, epsilon: float = 1e-5) -> Tensor:
    """(B, D) -> every column with mean 0 and variance 1 over the batch, without learned scale."""
    z = at_least_float32(z)
    return (z - z.mean(dim=0)) / (z.var(dim=0, unbiased=False) + epsilon).sqrt()


def cross_correlation(first: Tensor, second: Tensor) -> Tensor:
    """Two batches (B, D) -> correlation of their columns over the batch, (D, D), in float32 whatever autocast says."""
    with torch.autocast(first.device.type, enabled=False):
        return standardise(first).T @ standardise(second) / len(first)


def positive_loss(first: Tensor, second: Tensor, lambda_pos: float) -> Tensor:
    """Barlow Twins loss of two positive views (B, D): diagonal to 1, the rest to 0. Eq. 8."""
    correlation = cross_correlation(first, second)
    diagonal = correlation.diagonal()
    off_diagonal = correlation.square().sum() - diagonal.square().sum()
    return (1.0 - diagonal).square().sum() + lambda_pos * off_diagonal


def negative_loss(first: Tensor, negative: Tensor, lambda_neg: float) -> Tensor:
    """The view of the unimportant frames (B, D) should not correlate with the first: diagonal to 0. Eq. 9."""
    diagonal = (standardise(first) * standardise(negative)).mean(dim=0)
    return lambda_neg * diagonal.square().sum()


def rank_floor(batch: int, width: int, lambda_pos: float) -> float:
    """The least `positive_loss` that two identical views can reach.

    The correlation matrix of `batch` rows has rank at most batch - 1, so with ones on its diagonal its other
    entries have squares that sum to at least width^2 / (batch - 1) - width. 5.69 for 48, 256 and 0.005.
    """
    return lambda_pos * max(0.0, width * width / max(1, batch - 1) - width)


def nt_xent_loss(first: Tensor, second: Tensor, temperature: float) -> Tensor:
    """Two views (B, D): the cross-entropy of each view choosing its partner among the 2B - 1 others. SimCLR, Eq. 1."""
    batch = len(first)
    with torch.autocast(first.device.type, enabled=False):
        z = torch.nn.functional.normalize(at_least_float32(torch.cat([first, second])), dim=1)
        similarity = (z @ z.T / temperature).fill_diagonal_(-torch.inf)
    partner = torch.arange(2 * batch, device=z.device).roll(batch)
    return torch.nn.functional.cross_entropy(similarity, partner)


def cosine_loss(predicted: Tensor, target: Tensor) -> Tensor:
    """Mean over the batch of 2 - 2 cos between predicted and target (B, D), 0 to 4. BYOL, Eq. 2."""
    return (
        2.0 - 2.0 * torch.nn.functional.cosine_similarity(at_least_float32(predicted), at_least_float32(target), dim=1)
    ).mean()


def queue_loss(query: Tensor, key: Tensor, queue: Tensor, temperature: float) -> Tensor:
    """Queries (B, D) choose their keys (B, D) among the queue (Q, D), both of unit length. MoCo, Eq. 1."""
    with torch.autocast(query.device.type, enabled=False):
        query = torch.nn.functional.normalize(at_least_float32(query), dim=1)
        partner = (query * key).sum(dim=1, keepdim=True)
        choices = torch.cat([partner, query @ queue.T], dim=1) / temperature
    return torch.nn.functional.cross_entropy(choices, torch.zeros(len(query), dtype=torch.long, device=query.device))
