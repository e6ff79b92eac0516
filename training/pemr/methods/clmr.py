"""CLMR: SimCLR on the waveform, with SampleCNN for an encoder. Spijkervet and Burgoyne 2021."""

from __future__ import annotations

import msgspec
import torch
from torch import Tensor, nn

from pemr.distributed import gather
from pemr.encoder import ProjectionHead
from pemr.frontend import FrontEnd
from pemr.losses import nt_xent_loss
from pemr.methods.contract import Losses, Method
from pemr.sample_cnn import SampleCNN


class ClmrSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """As in CLMR's own code."""

    projection_width: int = 64
    temperature: float = 0.5


class Clmr(Method):
    """Its views are samples (B, n); there is no front end to learn from."""

    def __init__(self, settings: ClmrSettings) -> None:
        super().__init__()
        self.settings = settings
        self.encoder = SampleCNN()
        self.head = ProjectionHead(settings.projection_width)

    def forward(self, first: Tensor, second: Tensor, generator: torch.Generator) -> Losses:
        """Views (B, n) -> terms contrast, total."""
        z_first, z_second = (gather(self.head(self.encoder(view))) for view in (first, second))
        contrast = nt_xent_loss(z_first, z_second, self.settings.temperature)
        return {"contrast": contrast, "total": contrast}

    def front(self, settings: FrontEnd) -> nn.Module:
        return nn.Identity()
