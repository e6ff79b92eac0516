"""Soft-label logistic regression on frozen embeddings, with weights for every label and a pull towards earlier heads.

Each tag is a problem of its own; they are solved together because that is one matrix product a step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pemr.regression.lbfgs import minimise

Floats = npt.NDArray[np.float32]

MAX_STEPS = 100
LEAST_SPREAD = 1e-4


@dataclass(frozen=True)
class Linear:
    """Scores of tags from raw embeddings: weight (k, 512), bias (k,)."""

    weight: Floats
    bias: Floats

    def scores(self, vectors: Floats) -> Floats:
        """Embeddings (512,) or (n, 512) -> (k,) or (n, k)."""
        return np.asarray(vectors @ self.weight.T + self.bias, np.float32)


def fit(
    vectors: Floats,
    labels: Floats,
    penalty: float,
    weights: Floats | None = None,
    prior: Linear | None = None,
    evidence: float | None = None,
    start: Linear | None = None,
) -> Linear:
    """Embeddings (n, 512) and labels (n, k) in 0..1, each counting as much as weights (n, k) or (n, 1) says.

    Minimised by L-BFGS: the weighted cross-entropy, summed and divided by `evidence` (default: the sum of weights of
    the tag that has most), plus penalty / 2 times the squared distance of the weights from `prior` (default: zero),
    measured on standardised inputs. A tag with few labels therefore stays near its prior. `start`: heads that are
    probably near, which saves time.
    """
    cells = np.ones((len(vectors), 1), np.float32) if weights is None else weights
    centre, scale = _spread(vectors, cells.mean(axis=1))
    shares = (cells / (evidence or max(float(cells.sum(axis=0).max()), 1e-6))).astype(np.float32)
    goal, bias = _prior(labels, cells, prior, centre, scale)
    weight = goal
    if start is not None:
        weight, bias = (start.weight * scale).astype(np.float32), start.scores(centre)
    loss = _Loss((vectors - centre) / scale, labels, shares, goal, penalty)
    fitted, bias = loss.parts(minimise(loss, np.append(weight.ravel(), bias), MAX_STEPS))
    raw = fitted / scale
    return Linear(raw.astype(np.float32), (bias - raw @ centre).astype(np.float32))


@dataclass(frozen=True)
class _Loss:
    """The loss of weights (k, d) and biases (k,), as one row of numbers, on standardised inputs (n, d)."""

    inputs: Floats
    labels: Floats
    shares: Floats
    goal: Floats
    penalty: float

    def parts(self, numbers: Floats) -> tuple[Floats, Floats]:
        """The weights and the biases."""
        return numbers[: self.goal.size].reshape(self.goal.shape), numbers[self.goal.size :]

    def __call__(self, numbers: Floats) -> tuple[float, Floats]:
        """The loss and its gradient."""
        weight, bias = self.parts(numbers)
        scores = self.inputs @ weight.T + bias
        smaller = np.exp(-np.abs(scores))  # e to the power of a score or of its opposite, whichever does not overflow
        entropy = np.maximum(scores, 0.0) - scores * self.labels + np.log1p(smaller)
        apart = weight - self.goal
        loss = float((entropy * self.shares).sum()) + self.penalty / 2 * float(np.square(apart).sum())
        probability = np.where(scores >= 0, np.float32(1.0), smaller) / (1.0 + smaller)
        errors = (probability - self.labels) * self.shares
        slopes = errors.T @ self.inputs + np.float32(self.penalty) * apart
        return loss, np.append(slopes.ravel(), errors.sum(axis=0)).astype(np.float32)


def _spread(vectors: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Weighted mean and standard deviation of every dimension."""
    share = (weights / weights.sum())[:, None]
    centre = (vectors * share).sum(axis=0)
    spread = np.sqrt((np.square(vectors - centre) * share).sum(axis=0))
    return centre.astype(np.float32), np.maximum(spread, LEAST_SPREAD).astype(np.float32)


def _prior(labels: Floats, cells: Floats, prior: Linear | None, centre: Floats, scale: Floats) -> tuple[Floats, Floats]:
    """Weights and bias of the prior on standardised inputs; without one, zero and how common each tag is."""
    if prior is not None:
        return (prior.weight * scale).astype(np.float32), prior.scores(centre)
    held = np.broadcast_to(cells, labels.shape)
    share = np.clip((labels * held).sum(axis=0) / np.maximum(held.sum(axis=0), 1e-6), 1e-4, 1 - 1e-4)
    return np.zeros((labels.shape[1], len(centre)), np.float32), np.log(share / (1.0 - share)).astype(np.float32)


def folds_of(groups: Sequence[str], most: int) -> npt.NDArray[np.int64]:
    """A fold number for each item, whole groups together, at most `most` folds of about the same size."""
    names, counts = np.unique(np.asarray(groups), return_counts=True)
    held = [0] * min(most, len(names))
    fold_of: dict[str, int] = {}
    for at in np.argsort(-counts, kind="stable"):
        fold = int(np.argmin(held))
        fold_of[str(names[at])] = fold
        held[fold] += int(counts[at])
    return np.array([fold_of[str(group)] for group in groups], np.int64)
