"""Random masking for the predicting module and the positive-negative frame mask (sections 3.3 and 3.4)."""

from __future__ import annotations

import math
from fractions import Fraction

import msgspec
import torch
from torch import Tensor

from pemr.distributed import own_rows, processes


class RandomMasking(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """BERT's protocol, drawn for every frame on its own: the rest of `chosen` is left as it is."""

    chosen: float = 0.15
    replaced_by_mask: float = 0.8
    replaced_by_frame: float = 0.1


def mask_randomly(
    frames: Tensor, mask_vector: Tensor, settings: RandomMasking, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Frames (B, L, D), mask vector (D) -> (frames with some replaced, which were chosen as bool (B, L)).

    Draws for the rows of all processes and takes its own, so that the same falls on a clip however they are shared.
    """
    batch, length, _ = frames.shape
    shape, where = (batch * processes(), length), generator.device
    choice = own_rows(torch.rand(shape, generator=generator, device=where)).to(frames.device)
    fate = own_rows(torch.rand(shape, generator=generator, device=where)).to(frames.device)
    shift = own_rows(torch.randint(1, max(2, length), shape, generator=generator, device=where)).to(frames.device)
    chosen = choice < settings.chosen
    by_mask = chosen & (fate < settings.replaced_by_mask)
    by_frame = chosen & ~by_mask & (fate < settings.replaced_by_mask + settings.replaced_by_frame)
    # a shift of 1 .. L-1 around the clip is a frame other than this one, each equally likely
    other = (torch.arange(length, device=frames.device) + shift) % length
    row = torch.arange(batch, device=frames.device)[:, None].expand_as(other)
    masked = torch.where(by_mask[..., None], mask_vector.to(frames.dtype), frames)
    at = by_frame.nonzero(as_tuple=True)
    return masked.index_put(at, frames[row[at], other[at]]), chosen


def masked_count(length: int, ratio: float) -> int:
    """floor(ratio * length), exact for a decimal ratio: 0.29 of 100 frames is 29, not 28."""
    return math.floor(Fraction(str(ratio)) * length)


def positive_mask(scores: Tensor, ratio: float) -> Tensor:
    """Frame scores (B, L) -> True where the positive view keeps the frame, bool (B, L). Eq. 5.

    Exactly floor(ratio * L) frames of each clip are False: the lowest scores, earlier frames first among
    equals. The negative mask is the complement.
    """
    lowest = scores.detach().argsort(dim=1, stable=True)[:, : masked_count(scores.shape[1], ratio)]
    keep = torch.ones_like(scores, dtype=torch.bool)
    return keep.scatter_(1, lowest, False)


def keep_frames(frames: Tensor, keep: Tensor, mask_vector: Tensor) -> Tensor:
    """Frames (B, L, D) with those not kept (bool (B, L)) replaced by the mask vector (D)."""
    return torch.where(keep[..., None], frames, mask_vector.to(frames.dtype))
