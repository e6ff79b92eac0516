"""What every cover network offers, so that one training, one evaluation and one search serve them all."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Literal

from torch import Tensor, nn

Input = Literal["chroma", "spectrum", "segments", "chroma and segments", "spectrum and segments"]
"""`chroma` (B, 12, T) as the application stores it and `spectrum` (B, 84, T) whitened, both 2.15 frames a second;
`segments` (B, S, 128, L) log-mel of the PEMR encoder."""


class CoverNetwork(nn.Module, ABC):
    """Tracks or parts of tracks in, vectors (B, width) out; versions are compared by their cosine."""

    takes: Input
    width: int

    @property
    def takes_chroma(self) -> bool:
        """Whether its frames are chroma; else they are spectra."""
        return self.takes.startswith("chroma")

    @abstractmethod
    def forward(self, frames: Tensor, segments: Tensor | None = None) -> Tensor:
        """`frames`: chroma or spectrum of any length; `segments`: log-mel, if the network takes it. -> (B, width)."""
