"""FCN-4 as torch computed it for listening: what the graphs are measured against."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from pemr.encoder import FCN4, Block
from pemr.graphs.fcn import frames_reached


class FusedFCN4(nn.Module):
    """The same function as `FCN4` in eval mode, with the same memory layout and without its batch norms.

    The input norm stays a scale and shift of the frames: folded into a zero-padded convolution it would be
    wrong at the edges.
    """

    def __init__(self, encoder: FCN4) -> None:
        super().__init__()
        self.input_scale, self.input_shift = _scale_and_shift(encoder.input_norm)
        self.convolutions = nn.ModuleList()
        self.convolutions.extend(_folded(cast(Block, block)) for block in encoder.blocks)
        self.requires_grad_(False)
        self.to(memory_format=torch.channels_last)

    def forward(self, frames: Tensor) -> Tensor:
        """Log-mel (B, 128, L) -> (B, 512)."""
        frames = frames[..., : frames_reached(frames.shape[2])]
        x = (frames * self.input_scale + self.input_shift).unsqueeze(1)
        x = x.contiguous(memory_format=torch.channels_last)
        last = len(self.convolutions) - 1
        for index, conv in enumerate(self.convolutions):
            x = conv(x)
            pool = (4, x.shape[3]) if index == last else (2, 4)
            x = torch.relu(nn.functional.max_pool2d(x, pool))
        return x.flatten(1)


@torch.no_grad()
def _folded(block: Block) -> nn.Conv2d:
    scale, shift = _scale_and_shift(block.norm)
    conv = nn.Conv2d(block.conv.in_channels, block.conv.out_channels, 3, padding=1)
    state = {
        "weight": block.conv.weight * scale[:, None, None, None],
        "bias": torch.as_tensor(block.conv.bias) * scale + shift,
    }
    conv.load_state_dict(state)
    return conv


def _scale_and_shift(norm: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    scale = norm.weight / torch.sqrt(torch.as_tensor(norm.running_var) + norm.eps)
    return scale.detach(), (norm.bias - torch.as_tensor(norm.running_mean) * scale).detach()
