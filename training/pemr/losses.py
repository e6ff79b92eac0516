"""The losses of the paper (section 3.6), as functions without state."""

import torch
from torch import Tensor


def prediction_loss(predicted: Tensor, target: Tensor, delta: float = 1.0) -> Tensor:
    """Huber loss between predicted and true frames (m, D), mean over the masked entries. Eq. 6 and 7."""
    if predicted.numel() == 0:
        return predicted.sum()
    return torch.nn.functional.huber_loss(predicted.float(), target.float(), delta=delta)


def standardise(z: Tensor, epsilon: float = 1e-5) -> Tensor:
    """(B, D) -> every column with mean 0 and variance 1 over the batch, without learned scale."""
    z = z.float()
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
