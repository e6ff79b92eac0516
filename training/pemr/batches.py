"""Training batches as a pure function of seed and step: resuming needs no sampler state beyond the step number.

Every random number of a clip is drawn for its index in the batch, so a batch shared by several processes is the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from pemr.datasets.folder import CachedTrack, ClipCollection

Made = TypeVar("Made")

ORDER, CROPS, AUGMENTATION, MASKING, DROPOUT = range(5)


@dataclass(frozen=True)
class Batch:
    """Two crops (B, segment_samples) of the clips `indices`: of a batch, the rows of this process."""

    step: int
    indices: list[int]
    first: Tensor
    second: Tensor


class Batches:
    """Epoch by epoch, every clip once in a new order; the next batch is read while the current one is used."""

    def __init__(self, clips: ClipCollection, batch_size: int, seed: int, *, rank: int = 0, processes: int = 1) -> None:
        self.clips = clips
        self.batch_size = batch_size
        self.seed = seed
        share = batch_size // processes
        self.own_rows = range(rank * share, (rank + 1) * share)
        """Which rows of each batch this process fills."""
        self.steps_per_epoch = max(1, len(clips) // batch_size)

    def indices(self, step: int) -> list[int]:
        """The clips of a step, of all processes. With fewer clips than a batch holds, it goes around them again."""
        epoch, at = divmod(step, self.steps_per_epoch)
        order = np.random.default_rng([self.seed, ORDER, epoch]).permutation(len(self.clips))
        order = np.resize(order, max(len(order), self.batch_size))
        return [int(index) for index in order[at * self.batch_size : (at + 1) * self.batch_size]]

    def batch(self, step: int) -> Batch:
        """The rows of this process."""
        whole = self.indices(step)
        indices = [whole[row] for row in self.own_rows]
        pairs = [
            self.clips.two_crops(index, np.random.default_rng([self.seed, CROPS, step, row]))
            for index, row in zip(indices, self.own_rows, strict=True)
        ]
        first = torch.from_numpy(np.stack([pair[0] for pair in pairs]))
        second = torch.from_numpy(np.stack([pair[1] for pair in pairs]))
        return Batch(step, indices, first, second)

    def masking_generator(self, step: int) -> torch.Generator:
        """What random masking draws from, for all rows of a step, in every process the same."""
        return torch.Generator().manual_seed(self._seed_of(MASKING, step))

    def augmentation_generators(self, step: int, view: int) -> list[torch.Generator]:
        """What the augmentation of each own row draws from; `view` is 0 or 1."""
        return [torch.Generator().manual_seed(self._seed_of(AUGMENTATION, step, view, row)) for row in self.own_rows]

    def dropout_seed(self, step: int) -> int:
        """For torch's global generator, from which dropout draws: another one in each process."""
        return self._seed_of(DROPOUT, step, self.own_rows.start)

    def _seed_of(self, *what: int) -> int:
        digest = hashlib.sha256("/".join(map(str, (self.seed, *what))).encode()).digest()
        return int.from_bytes(digest[:7], "little")

    def from_step(self, start: int, end: int) -> Generator[Batch, None, None]:
        return read_ahead(self.batch, start, end)


def read_ahead(make: Callable[[int], Made], start: int, end: int) -> Generator[Made, None, None]:
    """make(start) to make(end - 1), each made while the one before is used."""
    with ThreadPoolExecutor(1, thread_name_prefix="batches") as pool:
        coming: Future[Made] = pool.submit(make, start)
        for step in range(start, end):
            made = coming.result()
            if step + 1 < end:
                coming = pool.submit(make, step + 1)
            yield made


def split_held_out(tracks: list[CachedTrack], share: float, seed: int) -> tuple[list[CachedTrack], list[CachedTrack]]:
    """(training tracks, held-out tracks). Which are held out depends on their paths and the seed only."""

    def key(track: CachedTrack) -> bytes:
        return hashlib.sha256(f"{seed}/{track.path}".encode()).digest()

    chosen = {track.path for track in sorted(tracks, key=key)[: round(share * len(tracks))]}
    return [t for t in tracks if t.path not in chosen], [t for t in tracks if t.path in chosen]
