"""What every cover network offers, so that one training, one evaluation and one search serve them all."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from pemr.covers.networks.frames import Frames, Input, Vectors


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

    @torch.inference_mode()
    def vectors(self, frames: Frames, segments: Frames | None = None) -> Vectors:
        """The same for arrays, without gradients."""
        heard = None if segments is None else torch.from_numpy(segments)
        found: Vectors = self(torch.from_numpy(frames), heard).numpy()
        return found
