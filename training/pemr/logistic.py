"""Soft-label logistic regression on frozen embeddings, with weights for every label and a pull towards earlier heads.

Each tag is a problem of its own; they are solved together because that is one matrix product a step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

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
    inputs, targets = torch.from_numpy((vectors - centre) / scale), torch.from_numpy(labels)
    shares = torch.from_numpy((cells / (evidence or max(float(cells.sum(axis=0).max()), 1e-6))).astype(np.float32))
    goal, bias = _prior(labels, cells, prior, centre, scale)
    weight = goal.clone()
    if start is not None:
        weight, bias = (
            torch.from_numpy((start.weight * scale).astype(np.float32)),
            torch.from_numpy(start.scores(centre)),
        )
    weight.requires_grad_(True)
    bias.requires_grad_(True)
    optimizer = torch.optim.LBFGS(
        [weight, bias], max_iter=MAX_STEPS, tolerance_change=1e-6, line_search_fn="strong_wolfe"
    )

    def closure() -> Tensor:
        optimizer.zero_grad()
        scores = inputs @ weight.T + bias
        entropy = torch.nn.functional.binary_cross_entropy_with_logits(scores, targets, reduction="none")
        loss = (entropy * shares).sum() + penalty / 2 * (weight - goal).square().sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return torch.as_tensor(loss)

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    raw = weight.detach().numpy() / scale
    return Linear(raw.astype(np.float32), (bias.detach().numpy() - raw @ centre).astype(np.float32))


def _spread(vectors: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Weighted mean and standard deviation of every dimension."""
    share = (weights / weights.sum())[:, None]
    centre = (vectors * share).sum(axis=0)
    spread = np.sqrt((np.square(vectors - centre) * share).sum(axis=0))
    return centre.astype(np.float32), np.maximum(spread, LEAST_SPREAD).astype(np.float32)


def _prior(labels: Floats, cells: Floats, prior: Linear | None, centre: Floats, scale: Floats) -> tuple[Tensor, Tensor]:
    """Weights and bias of the prior on standardised inputs; without one, zero and how common each tag is."""
    if prior is not None:
        goal = torch.from_numpy((prior.weight * scale).astype(np.float32))
        return goal, torch.from_numpy(prior.scores(centre))
    held = np.broadcast_to(cells, labels.shape)
    share = (labels * held).sum(axis=0) / np.maximum(held.sum(axis=0), 1e-6)
    bias = torch.logit(torch.from_numpy(share.astype(np.float32)).clamp(1e-4, 1 - 1e-4))
    return torch.zeros(labels.shape[1], len(centre)), bias


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
