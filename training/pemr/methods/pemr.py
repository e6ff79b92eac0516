"""PEMR: Barlow Twins on views whose unimportant frames are masked, with a counterfactual negative (section 3)."""

from __future__ import annotations

from typing import Literal

import msgspec
import torch
from torch import Tensor

from pemr import losses
from pemr.distributed import gather, weighted_mean
from pemr.encoder import FCN4, ProjectionHead, running_statistics_frozen
from pemr.mask import RandomMasking, keep_frames, mask_randomly, positive_mask
from pemr.methods.contract import Losses, Method
from pemr.predictor import Predictor


class PemrSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything the paper varies. `masks` is one of none, positive, both: the rows of Table 6."""

    projection_width: int = 256
    layers: int = 3
    heads: int = 3
    feed_forward_width: int = 128
    dropout: float = 0.1
    mask_ratio: float = 0.10
    masks: Literal["none", "positive", "both"] = "both"
    random_masking: RandomMasking = msgspec.field(default_factory=RandomMasking)
    lambda_pos: float = 5e-3
    lambda_neg: float = 5e-3
    prediction_weight: float = 1.0
    huber_delta: float = 1.0

    def __post_init__(self) -> None:
        if not 0.0 < self.mask_ratio < 1.0:
            raise ValueError("mask_ratio must lie between 0 and 1")


class Pemr(Method):
    """The paper's method around an FCN-4 encoder."""

    encoder: FCN4

    def __init__(self, settings: PemrSettings, n_mels: int = 128) -> None:
        super().__init__()
        self.settings = settings
        self.encoder = FCN4()
        self.head = ProjectionHead(settings.projection_width)
        self.predictor = Predictor(
            n_mels, settings.layers, settings.heads, settings.feed_forward_width, settings.dropout
        )
        if settings.masks == "none":
            self.predictor.requires_grad_(False)

    def forward(self, first: Tensor, second: Tensor, generator: torch.Generator) -> Losses:
        """Log-mel views (B, 128, L) -> terms prediction, positive, negative, total. Eq. 6 to 9."""
        settings = self.settings
        z_first = gather(self.head(self.encoder(first)))
        if settings.masks == "none":
            positive = losses.positive_loss(z_first, gather(self.head(self.encoder(second))), settings.lambda_pos)
            return {"positive": positive, "total": positive}
        prediction = self._prediction_loss(first.transpose(1, 2), second.transpose(1, 2), generator)
        frames = second.transpose(1, 2)
        keep = positive_mask(self.predictor.scores(first.transpose(1, 2), frames), settings.mask_ratio)
        z_positive = self._embed_kept(frames, keep)
        positive = losses.positive_loss(z_first, z_positive, settings.lambda_pos)
        terms = {"prediction": prediction, "positive": positive}
        total = settings.prediction_weight * prediction + positive
        if settings.masks == "both":
            with running_statistics_frozen(self.encoder):
                z_negative = self._embed_kept(frames, ~keep)
            terms["negative"] = losses.negative_loss(z_first, z_negative, settings.lambda_neg)
            total = total + terms["negative"]
        return {**terms, "total": total}

    def floors(self, batch_size: int) -> dict[str, float]:
        return {"positive": losses.rank_floor(batch_size, self.settings.projection_width, self.settings.lambda_pos)}

    def _embed_kept(self, frames: Tensor, keep: Tensor) -> Tensor:
        view = keep_frames(frames, keep, self.predictor.mask_vector).transpose(1, 2)
        return gather(self.head(self.encoder(view)))

    def _prediction_loss(self, first: Tensor, second: Tensor, generator: torch.Generator) -> Tensor:
        """Both views (B, L, 128), randomly masked, restored by the predicting module."""
        vector, protocol = self.predictor.mask_vector, self.settings.random_masking
        views = [mask_randomly(frames, vector, protocol, generator) for frames in (first, second)]
        masked, chosen = (torch.cat(parts) for parts in zip(*views, strict=True))
        predicted, target = self.predictor(masked, chosen), torch.cat([first, second])[chosen]
        loss = losses.prediction_loss(predicted, target, self.settings.huber_delta)
        return weighted_mean(loss, len(target))
