"""Training batches as a pure function of seed and step: resuming needs no sampler state beyond the step number."""

import hashlib
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from pemr.datasets.folder import CachedTrack, ClipCollection

ORDER, CROPS, AUGMENTATION = range(3)


@dataclass(frozen=True)
class Batch:
    """Two crops (B, segment_samples) of the clips `indices`."""

    step: int
    indices: list[int]
    first: Tensor
    second: Tensor


class Batches:
    """Epoch by epoch, every clip once in a new order; the next batch is read while the current one is used."""

    def __init__(self, clips: ClipCollection, batch_size: int, seed: int) -> None:
        self.clips = clips
        self.batch_size = batch_size
        self.seed = seed
        self.steps_per_epoch = max(1, len(clips) // batch_size)

    def indices(self, step: int) -> list[int]:
        """The clips of a step. With fewer clips than a batch holds, a batch goes around them more than once."""
        epoch, at = divmod(step, self.steps_per_epoch)
        order = np.random.default_rng([self.seed, ORDER, epoch]).permutation(len(self.clips))
        order = np.resize(order, max(len(order), self.batch_size))
        return [int(index) for index in order[at * self.batch_size : (at + 1) * self.batch_size]]

    def batch(self, step: int) -> Batch:
        indices = self.indices(step)
        random = np.random.default_rng([self.seed, CROPS, step])
        pairs = [self.clips.two_crops(index, random) for index in indices]
        first = torch.from_numpy(np.stack([pair[0] for pair in pairs]))
        second = torch.from_numpy(np.stack([pair[1] for pair in pairs]))
        return Batch(step, indices, first, second)

    def generator(self, step: int) -> torch.Generator:
        """The one generator that augmentation and random masking of a step draw from."""
        digest = hashlib.sha256(f"{self.seed}/{AUGMENTATION}/{step}".encode()).digest()
        return torch.Generator().manual_seed(int.from_bytes(digest[:7], "little"))

    def from_step(self, start: int, end: int) -> Generator[Batch, None, None]:
        with ThreadPoolExecutor(1, thread_name_prefix="batches") as pool:
            coming: Future[Batch] = pool.submit(self.batch, start)
            for step in range(start, end):
                batch = coming.result()
                if step + 1 < end:
                    coming = pool.submit(self.batch, step + 1)
                yield batch


def split_held_out(tracks: list[CachedTrack], share: float, seed: int) -> tuple[list[CachedTrack], list[CachedTrack]]:
    """(training tracks, held-out tracks). Which are held out depends on their paths and the seed only."""

    def key(track: CachedTrack) -> bytes:
        return hashlib.sha256(f"{seed}/{track.path}".encode()).digest()

    chosen = {track.path for track in sorted(tracks, key=key)[: round(share * len(tracks))]}
    return [t for t in tracks if t.path not in chosen], [t for t in tracks if t.path in chosen]
