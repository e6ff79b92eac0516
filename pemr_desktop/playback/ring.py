"""Ring buffer of stereo frames between the decoding thread (writes) and the audio callback (reads)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Frames = NDArray[np.float32]  # (n, 2)


class Ring:
    """One writer, one reader, no locks: each side moves only its own counter, after the copy.

    `written` and `read` count frames since the beginning and never go back, so both are positions on the
    programme's own time line.
    """

    def __init__(self, capacity: int) -> None:
        self._frames: Frames = np.zeros((capacity, 2), dtype=np.float32)
        self.capacity = capacity
        self.written = 0
        self.read = 0

    @property
    def available(self) -> int:
        """Frames that wait to be read."""
        return self.written - self.read

    def write(self, block: Frames) -> int:
        """Copies as much of `block` (n, 2) as there is room for and returns how many frames that were."""
        count = min(len(block), self.capacity - self.available)
        start = self.written % self.capacity
        first = min(count, self.capacity - start)
        self._frames[start : start + first] = block[:first]
        self._frames[: count - first] = block[first:count]
        self.written += count
        return count

    def read_into(self, out: Frames) -> int:
        """Fills `out` (n, 2) from the front, leaves the rest as it is, returns how many frames were there."""
        count = min(len(out), self.available)
        start = self.read % self.capacity
        first = min(count, self.capacity - start)
        out[:first] = self._frames[start : start + first]
        out[first:count] = self._frames[: count - first]
        self.read += count
        return count
