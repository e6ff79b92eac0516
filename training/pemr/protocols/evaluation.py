"""How an encoder with a head does on labelled tracks: in eval mode, a track's score is the mean of its segments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from pemr.log_mel import LogMel
from pemr.metrics import TagScores, score_tags
from pemr.protocols.examples import Examples, Floats, Starts

SEGMENTS_PER_BATCH = 16


@dataclass(frozen=True)
class Evaluation:
    """Mean cross-entropy of the segments, and ROC-AUC and PR-AUC of the tracks. scores (tracks, k) in 0..1."""

    loss: float
    tags: TagScores
    scores: Floats

    def value(self, name: str) -> float:
        """`loss`, `roc_auc` or `pr_auc`."""
        return {"loss": self.loss, "roc_auc": self.tags.macro_roc_auc, "pr_auc": self.tags.macro_pr_auc}[name]

    def cost(self, name: str) -> float:
        """The same, as something to be made small."""
        return self.value(name) if name == "loss" else -self.value(name)

    def chances(self, examples: Examples) -> dict[str, float]:
        """What answering every tag with its share in the examples would reach, by the name of the measure."""
        targets = torch.from_numpy(examples.track_targets)
        shares = targets.mean(dim=0).clamp(1e-4, 1 - 1e-4)
        entropy = -(shares * shares.log() + (1 - shares) * (1 - shares).log()).mean()
        positives = float(np.mean(self.tags.positives)) if self.tags.names else float("nan")
        return {"loss": float(entropy), "roc_auc": 0.5, "pr_auc": positives / len(targets)}


@torch.no_grad()
def embed_segments(
    encoder: nn.Module, log_mel: LogMel, examples: Examples, device: torch.device, most: int = 0
) -> list[Floats]:
    """Embeddings (m, 512) of the evaluation segments of each track; at most `most` of them, spread evenly, if not 0.

    The encoder is left in the mode it was in.
    """
    training = encoder.training
    network = nn.Sequential(log_mel, encoder).eval()
    vectors = []
    for track in range(len(examples.tracks)):
        starts = examples.evaluated[track].starts[chosen_segments(examples, track, most)]
        vectors.append(embed_track(network, examples, track, starts, device))
    encoder.train(training)
    return vectors


@torch.inference_mode()
def embed_track(network: nn.Module, examples: Examples, track: int, starts: Starts, device: torch.device) -> Floats:
    """Vectors (m, width) of some segments of a track; the network maps samples (B, n) to vectors."""
    samples = examples.segments(track, starts)
    return torch.cat(
        [network(part.to(device)).float().cpu() for part in torch.split(samples, SEGMENTS_PER_BATCH)]
    ).numpy()


def chosen_segments(examples: Examples, track: int, most: int) -> list[int]:
    """Which evaluation segments of a track are used when there may be at most `most` of them (0: all)."""
    count = len(examples.evaluated[track].starts)
    return list(range(count)) if not most or count <= most else np.linspace(0, count - 1, most).astype(int).tolist()


@torch.no_grad()
def evaluate_vectors(head: nn.Module, vectors: Sequence[Floats], examples: Examples, most: int = 0) -> Evaluation:
    """A head on the embeddings that `embed_segments` gave with the same `most`."""
    losses, scores = [], []
    device = next(head.parameters()).device
    for track, segments in enumerate(vectors):
        logits: Tensor = head(torch.from_numpy(segments).to(device)).float().cpu()
        targets = torch.from_numpy(examples.evaluated[track].targets[chosen_segments(examples, track, most)])
        losses.append(float(nn.functional.binary_cross_entropy_with_logits(logits, targets)))
        scores.append(torch.sigmoid(logits).mean(dim=0).numpy())
    return _evaluation(float(np.mean(losses)), np.stack(scores), examples)


def evaluate_scores(scores: Floats, examples: Examples) -> Evaluation:
    """Scores (tracks, k) in 0..1 as they are."""
    logits = torch.logit(torch.from_numpy(scores), eps=1e-4)
    targets = torch.from_numpy(examples.track_targets)
    return _evaluation(float(nn.functional.binary_cross_entropy_with_logits(logits, targets)), scores, examples)


def _evaluation(loss: float, scores: Floats, examples: Examples) -> Evaluation:
    """Tags without a positive or without a negative track are left out and named."""
    names = [name for name, _ in examples.tags]
    return Evaluation(loss, score_tags(names, examples.truth, scores, least_share=0.0), scores)
