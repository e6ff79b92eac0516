"""What cover networks learn from: which work is this (cosine softmax), and versions closer than other clips."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize


def cosine_softmax(vectors: Tensor, centres: Tensor, works: Tensor, *, scale: float, margin: float) -> Tensor:
    """Cross-entropy over works of scaled cosines, the right one less a margin (Wang et al. 2018, CosFace).

    `vectors` (B, d), `centres` (works, d), `works` (B,) indices of the right centres.
    """
    cosines = normalize(vectors) @ normalize(centres).T
    right = torch.nn.functional.one_hot(works, len(centres)) * margin
    return cross_entropy(scale * (cosines - right), works)


def version_contrast(vectors: Tensor, works: Tensor, *, temperature: float) -> Tensor:
    """Each clip's versions against all other clips of the batch (Khosla et al. 2020, supervised contrastive, L_out).

    Clips whose work is alone in the batch count in no mean; 0 if there is no pair.
    """
    unit = normalize(vectors)
    itself = torch.eye(len(unit), dtype=torch.bool)
    similarity = (unit @ unit.T / temperature).masked_fill(itself, -torch.inf)
    log_share = (similarity - similarity.logsumexp(dim=1, keepdim=True)).masked_fill(itself, 0.0)
    same = (works[:, None] == works[None, :]) & ~itself
    partners = same.sum(dim=1)
    paired = partners > 0
    if not bool(paired.any()):
        return vectors.sum() * 0.0
    return -((log_share * same).sum(dim=1)[paired] / partners[paired]).mean()
