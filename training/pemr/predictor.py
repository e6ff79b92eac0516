"""The predicting module: a small transformer over log-mel frames whose attention scores frames (3.3 and 3.4).

`torch.nn.MultiheadAttention` does not fit: each of the paper's three heads is as wide as the model.
"""

from __future__ import annotations

import math
from typing import cast

import torch
from torch import Tensor, nn

from pemr.distributed import at_least_float32
from pemr.graphs.importance import sinusoidal_positions

ROWS_AT_ONCE = 256


class Attention(nn.Module):
    """Multi-head self-attention (B, L, D) -> (B, L, D), every head D wide, scale sqrt(D). Eq. 1 and 2."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, heads * width)
        self.key = nn.Linear(width, heads * width)
        self.value = nn.Linear(width, heads * width)
        self.out = nn.Linear(heads * width, width)

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = self.split(self.query(x)), self.split(self.key(x)), self.split(self.value(x))
        mixed = nn.functional.scaled_dot_product_attention(query, key, value)
        return torch.as_tensor(self.out(mixed.transpose(1, 2).flatten(2)))

    def split(self, x: Tensor) -> Tensor:
        """(B, L, heads * D) -> (B, heads, L, D)."""
        batch, length, _ = x.shape
        return x.view(batch, length, self.heads, -1).transpose(1, 2)


class Layer(nn.Module):
    """A transformer layer with post-norm residuals. Eq. 2 and 3, the rest as in Vaswani et al. 2017."""

    def __init__(self, width: int, heads: int, feed_forward_width: int, dropout: float) -> None:
        super().__init__()
        self.attention = Attention(width, heads)
        self.attention_norm = nn.LayerNorm(width)
        self.feed_forward = nn.Sequential(
            nn.Linear(width, feed_forward_width), nn.ReLU(), nn.Linear(feed_forward_width, width)
        )
        self.feed_forward_norm = nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        x = self.attention_norm(x + self.dropout(self.attention(x)))
        return torch.as_tensor(self.feed_forward_norm(x + self.dropout(self.feed_forward(x))))


class Predictor(nn.Module):
    """Transformer with a [CLS] token, the learned mask vector and the predicting layer.

    Frames are (B, L, D) with D the number of mel bands.
    """

    def __init__(
        self, width: int = 128, layers: int = 3, heads: int = 3, feed_forward_width: int = 128, dropout: float = 0.1
    ) -> None:
        super().__init__()
        self.cls = nn.Parameter(torch.empty(width).normal_(std=0.02))
        self.mask_vector = nn.Parameter(torch.empty(width).normal_(std=0.02))
        self.layers = nn.Sequential(*(Layer(width, heads, feed_forward_width, dropout) for _ in range(layers)))
        self.predicting_layer = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width))
        self.dropout = nn.Dropout(dropout)

    def forward(self, frames: Tensor, chosen: Tensor) -> Tensor:
        """Frames (B, L, D) with some masked, bool (B, L) which -> what stood there, (number chosen, D)."""
        rows = self.layers(self.tokens(frames))[:, 1:][chosen]
        # oneDNN compiles and keeps a kernel for each number of rows it meets, half a gigabyte in an hour of training
        padded = nn.functional.pad(rows, (0, 0, 0, -len(rows) % ROWS_AT_ONCE))
        return torch.as_tensor(self.predicting_layer(padded)[: len(rows)])

    def tokens(self, frames: Tensor) -> Tensor:
        """(B, L, D) -> (B, L + 1, D): [CLS] in front, positions added to all."""
        batch, length, width = frames.shape
        positions = torch.from_numpy(sinusoidal_positions(length + 1, width)).to(frames)
        x = torch.cat([self.cls.to(frames.dtype).expand(batch, 1, width), frames], dim=1)
        return torch.as_tensor(self.dropout(x + positions))

    @torch.no_grad()
    def scores(self, first: Tensor, second: Tensor) -> Tensor:
        """How much each frame of the second view matters to both views, (B, L), every row summing to 1. Eq. 4.

        The queries are [CLS] of either view, the keys the frames of the second, all in the last layer. Dropout
        is off while scoring, whatever mode the module is in.
        """
        batch = len(first)
        hidden = self._entering_last_layer(torch.cat([first, second]))
        return (
            self._attended(hidden[:batch, :1], hidden[batch:])
            .add(self._attended(hidden[batch:, :1], hidden[batch:]))
            .div(2)
        )

    @torch.no_grad()
    def importance(self, frames: Tensor) -> Tensor:
        """Frames (B, L, D) -> how much each matters to its own clip, (B, L): the score with one view as both."""
        hidden = self._entering_last_layer(frames)
        return self._attended(hidden[:, :1], hidden)

    def _entering_last_layer(self, frames: Tensor) -> Tensor:
        training = self.training
        self.eval()
        try:
            return torch.as_tensor(self.layers[:-1](self.tokens(frames)))
        finally:
            self.train(training)

    def _attended(self, cls: Tensor, hidden: Tensor) -> Tensor:
        """[CLS] (B, 1, D) against the frames of (B, L + 1, D) -> softmax over frames, mean of heads, (B, L).

        A query meets as many keys as there are frames, so the key matrix is multiplied into the few queries. The key
        bias adds the same to every frame, which the softmax does not see.
        """
        attention = cast(Layer, self.layers[-1]).attention
        query = at_least_float32(attention.query(cls).view(len(cls), attention.heads, -1))
        key_of_heads = at_least_float32(attention.key.weight).view(attention.heads, query.shape[2], -1)
        asked = torch.einsum("bhk,hkd->bhd", query, key_of_heads)
        weights = asked @ at_least_float32(hidden[:, 1:]).transpose(1, 2) / math.sqrt(query.shape[2])
        return torch.as_tensor(weights.softmax(dim=2).mean(dim=1))
