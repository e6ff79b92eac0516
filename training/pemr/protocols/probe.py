"""Probes: a small head on features that were computed once in eval mode. Nothing of the encoder can move."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec
import numpy as np
import torch
from torch import Tensor, nn

from pemr.errors import TrainingDiverged
from pemr.protocols.evaluation import Evaluation, evaluate_scores, evaluate_vectors
from pemr.protocols.examples import Examples, Floats
from pemr.protocols.supervised_settings import Criterion

TEMPERATURE = 0.07
Features = Sequence[Floats]
EpochListener = Callable[[int, Evaluation], None]


class ProbeSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A linear layer or one hidden layer with ReLU, trained by Adam on segments with the labels of their track.

    Early stop and plateau as in supervised training, counted in epochs. `standardised`: the features are shifted and
    scaled by mean and spread over the training segments, which a linear layer could do itself. `knn` answers with the
    share of a tag among the most similar training tracks; how many of `neighbours` is decided on validation.
    """

    head: Literal["linear", "mlp", "knn"] = "linear"
    hidden_width: int = 512
    batch_size: int = 48
    epochs: int = 200
    learning_rate: float = 1e-3
    weight_decay: float = 1e-6
    standardised: bool = True
    criterion: Criterion = "loss"
    plateau_patience: int = 5
    plateau_factor: float = 0.1
    stop_patience: int = 10
    neighbours: tuple[int, ...] = (5, 10, 20, 50)
    seed: int = 1


@dataclass(frozen=True)
class Probed:
    """What a probe reaches with the head that was best on validation; `best` is its epoch, or how many neighbours."""

    validation: Evaluation
    test: Evaluation
    best: int


def probe(
    splits: Mapping[str, Examples],
    features: Mapping[str, Features],
    settings: ProbeSettings,
    listener: EpochListener = lambda epoch, evaluation: None,
) -> Probed:
    """Features (m, width) of each track of train, validation and test -> figures. The same seed gives the same."""
    if settings.head == "knn":
        return _nearest(splits, features, settings)
    head, best = _fit(splits, features, settings, listener)
    validation = evaluate_vectors(head, features["validation"], splits["validation"])
    return Probed(validation, evaluate_vectors(head, features["test"], splits["test"]), best)


def _fit(
    splits: Mapping[str, Examples],
    features: Mapping[str, Features],
    settings: ProbeSettings,
    listener: EpochListener,
) -> tuple[nn.Module, int]:
    """The head with the best validation value, and its epoch."""
    inputs = torch.from_numpy(np.concatenate(features["train"]))
    targets = torch.from_numpy(np.concatenate([evaluated.targets for evaluated in splits["train"].evaluated]))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        head = _head(inputs, targets.shape[1], settings)
    optimizer = torch.optim.Adam(head.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay)
    plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, factor=settings.plateau_factor, patience=settings.plateau_patience, threshold=0.0
    )
    generator = torch.Generator().manual_seed(settings.seed)
    best_value, best_epoch, best_state = math.inf, 0, copy.deepcopy(head.state_dict())
    for epoch in range(1, settings.epochs + 1):
        _epoch(head, optimizer, inputs, targets, settings.batch_size, generator)
        evaluation = evaluate_vectors(head, features["validation"], splits["validation"])
        listener(epoch, evaluation)
        value = evaluation.cost(settings.criterion)
        if not math.isfinite(evaluation.loss):
            raise TrainingDiverged(f"The probe's loss is not a number in epoch {epoch}; try a lower learning_rate")
        plateau.step(value)
        if value < best_value:
            best_value, best_epoch, best_state = value, epoch, copy.deepcopy(head.state_dict())
        elif epoch - best_epoch >= settings.stop_patience:
            break
    head.load_state_dict(best_state)
    return head.eval(), best_epoch


def _head(inputs: Tensor, tags: int, settings: ProbeSettings) -> nn.Module:
    width = inputs.shape[1]
    front: list[nn.Module] = [Standardised(inputs)] if settings.standardised else []
    if settings.head == "linear":
        return nn.Sequential(*front, nn.Linear(width, tags))
    hidden = settings.hidden_width
    return nn.Sequential(*front, nn.Linear(width, hidden), nn.ReLU(), nn.Linear(hidden, tags))


class Standardised(nn.Module):
    """Features (n, width) minus the mean, over the spread, of those it was made with."""

    def __init__(self, inputs: Tensor) -> None:
        super().__init__()
        self.register_buffer("centre", inputs.mean(dim=0))
        self.register_buffer("scale", inputs.std(dim=0, correction=0).clamp_min(1e-4))

    def forward(self, features: Tensor) -> Tensor:
        return (features - self.get_buffer("centre")) / self.get_buffer("scale")


def _epoch(
    head: nn.Module,
    optimizer: torch.optim.Optimizer,
    inputs: Tensor,
    targets: Tensor,
    batch_size: int,
    generator: torch.Generator,
) -> None:
    head.train()
    for rows in torch.split(torch.randperm(len(inputs), generator=generator), batch_size):
        loss = nn.functional.binary_cross_entropy_with_logits(head(inputs[rows]), targets[rows])
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    head.eval()


def _nearest(splits: Mapping[str, Examples], features: Mapping[str, Features], settings: ProbeSettings) -> Probed:
    """Cosine similarity of track means around the mean of the training tracks."""
    train = np.stack([segments.mean(axis=0) for segments in features["train"]])
    centre = train.mean(axis=0)
    known, labels = _unit(train - centre), splits["train"].track_targets

    def answers(split: str, count: int) -> Evaluation:
        asked = _unit(np.stack([segments.mean(axis=0) for segments in features[split]]) - centre)
        return evaluate_scores(_shares(asked, known, labels, count), splits[split])

    counts = sorted({min(count, len(train)) for count in settings.neighbours})
    on_validation = {count: answers("validation", count) for count in counts}
    best = min(counts, key=lambda count: on_validation[count].cost(settings.criterion))
    return Probed(on_validation[best], answers("test", best), best)


def _shares(asked: Floats, known: Floats, labels: Floats, count: int, batch: int = 256) -> Floats:
    """(n, k): share of each tag among the `count` most similar tracks, the closer the more. Wu et al. 2018, 3.4."""
    parts = []
    for rows in np.array_split(asked, max(1, math.ceil(len(asked) / batch))):
        similarity = rows @ known.T
        nearest = np.argsort(-similarity, axis=1, kind="stable")[:, :count]
        weight = np.exp(np.take_along_axis(similarity, nearest, axis=1) / TEMPERATURE)
        parts.append((weight[:, :, None] * labels[nearest]).sum(axis=1) / weight.sum(axis=1, keepdims=True))
    return np.concatenate(parts).astype(np.float32)


def _unit(rows: Floats) -> Floats:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9), np.float32)
