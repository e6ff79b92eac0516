"""The PEMR encoder for versions: alone, or joined with a cover network as in Table 5 of the paper."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from pemr.covers.networks.contract import CoverNetwork
from pemr.covers.networks.frames import Input
from pemr.encoder import FCN4
from pemr.graphs.fcn import EMBEDDING_WIDTH


def mean_of_segments(encoder: FCN4, segments: Tensor) -> Tensor:
    """Log-mel (B, S, 128, L) -> mean of the segment vectors (B, 512)."""
    batch, count = segments.shape[:2]
    return torch.as_tensor(encoder(segments.flatten(0, 1)).view(batch, count, -1).mean(dim=1))


class FcnCoverNet(CoverNetwork):
    """FCN-4 alone: mean of segment vectors, one linear layer. It starts at random unless it is given an encoder."""

    takes: Input = "segments"

    def __init__(self, width: int = 300, encoder: FCN4 | None = None) -> None:
        super().__init__()
        self.width = width
        self.encoder = encoder if encoder is not None else FCN4()
        self.out = nn.Linear(EMBEDDING_WIDTH, width)

    def forward(self, frames: Tensor, segments: Tensor | None = None) -> Tensor:
        if segments is None:
            raise ValueError("this network listens to log-mel segments")
        return torch.as_tensor(self.out(mean_of_segments(self.encoder, segments)))


class JoinedNet(CoverNetwork):
    """FCN-4 and a cover network: both vectors side by side, one linear layer. Yao et al. 2022, 4.3; the join is ours.

    `encoder`: a pre-trained one, or None for one that starts at random. Both are trained unless `frozen_encoder`.
    """

    def __init__(
        self, width: int, partner: CoverNetwork, encoder: FCN4 | None = None, *, frozen_encoder: bool = False
    ) -> None:
        super().__init__()
        self.width = width
        self.takes = "chroma and segments" if partner.takes_chroma else "spectrum and segments"
        self.partner = partner
        self.encoder = encoder if encoder is not None else FCN4()
        self.frozen_encoder = frozen_encoder
        self.out = nn.Linear(partner.width + EMBEDDING_WIDTH, width)

    def begin_as_partner(self) -> None:
        """Let the vectors be those of the partner (of the same width) until training finds what the encoder adds."""
        with torch.no_grad():
            self.out.weight.copy_(torch.eye(self.width, self.out.in_features))
            self.out.bias.zero_()

    def forward(self, frames: Tensor, segments: Tensor | None = None) -> Tensor:
        if segments is None:
            raise ValueError("this network listens to log-mel segments as well")
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.frozen_encoder):
            embedding = mean_of_segments(self.encoder, segments)
        return torch.as_tensor(self.out(torch.cat([self.partner(frames), embedding], dim=1)))
