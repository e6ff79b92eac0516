"""Labelled training batches as a pure function of seed and step, like `pemr.batches` without labels."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from pemr.batches import read_ahead
from pemr.protocols.examples import Examples

ORDER, CROPS, AUGMENTATION, MIXING = range(20, 24)


@dataclass(frozen=True)
class SupervisedBatch:
    """Crops (B, segment_samples) of the stretches `indices` and what is heard in them (B, k)."""

    step: int
    indices: list[int]
    samples: Tensor
    targets: Tensor


class SupervisedBatches:
    """Epoch by epoch, every stretch once in a new order; the next batch is read while the current one is used."""

    def __init__(self, examples: Examples, batch_size: int, seed: int) -> None:
        self.examples = examples
        self.batch_size = batch_size
        self.seed = seed
        self.steps_per_epoch = max(1, len(examples) // batch_size)

    def batch(self, step: int) -> SupervisedBatch:
        epoch, at = divmod(step, self.steps_per_epoch)
        order = np.random.default_rng([self.seed, ORDER, epoch]).permutation(len(self.examples))
        order = np.resize(order, max(len(order), self.batch_size))
        indices = order[at * self.batch_size : (at + 1) * self.batch_size]
        random = np.random.default_rng([self.seed, CROPS, step])
        stretches = self.examples.stretches[indices]
        starts = random.integers(stretches[:, 1], stretches[:, 2] + 1)
        crops = [self.examples.crop(int(track), int(at)) for track, at in zip(stretches[:, 0], starts, strict=True)]
        targets = torch.from_numpy(self.examples.targets[indices])
        return SupervisedBatch(step, indices.tolist(), torch.from_numpy(np.stack(crops)), targets)

    def generators(self, step: int) -> list[torch.Generator]:
        """What the augmentation of each crop of a step draws from."""
        seeds = np.random.default_rng([self.seed, AUGMENTATION, step]).integers(2**62, size=self.batch_size)
        return [torch.Generator().manual_seed(int(seed)) for seed in seeds]

    def mixed(self, samples: Tensor, targets: Tensor, step: int, strength: float) -> tuple[Tensor, Tensor]:
        """Each crop (B, n) laid over the next one of the batch, its targets (B, k) in the same shares.

        The shares are drawn from Beta(strength, strength). Zhang et al. 2018.
        """
        random = np.random.default_rng([self.seed, MIXING, step])
        share = torch.from_numpy(random.beta(strength, strength, size=(len(samples), 1)).astype(np.float32))
        return share * samples + (1 - share) * samples.roll(1, 0), share * targets + (1 - share) * targets.roll(1, 0)

    def from_step(self, start: int, end: int) -> Generator[SupervisedBatch, None, None]:
        return read_ahead(self.batch, start, end)
