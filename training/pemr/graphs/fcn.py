"""The fully convolutional encoder of the paper (FCN-4, Yao et al. 2022, 3.5) as a graph, of any number of blocks."""

from __future__ import annotations

import numpy as np

from pemr.graphs.builder import Array, GraphBuilder, Weights, floats, integers, scale_and_shift

EMBEDDING_WIDTH = 512
MIN_FRAMES = 64
POOL = (2, 4)
LAST_POOL_OF_PITCH = 4


def encoder_graph(weights: Weights, bands: int) -> bytes:
    """`frames`: log-mel (B, bands, L) of any length from 64 -> vectors (B, width)."""
    graph = GraphBuilder("encoder")
    frames = graph.input("frames", ["segments", bands, "length"])
    vectors = add_encoder(graph, weights, frames)
    return graph.model(vectors, ["segments", "width"])


def add_encoder(graph: GraphBuilder, weights: Weights, frames: str) -> str:
    """The encoder as a part of a graph: frames (B, bands, L) -> vectors (B, width).

    Each batch norm is folded into the convolution before it. The first one stays a scale and shift of the frames: in a
    zero-padded convolution it would be wrong at the edges. ReLU and maximum commute: it comes after the pooling.
    """
    scale, shift = scale_and_shift(weights, "input_norm")
    x = graph.add("Unsqueeze", graph.add("Add", graph.add("Mul", frames, scale), shift), integers(1))
    blocks = block_count(weights)
    for block in range(blocks):
        x = graph.add("Conv", x, *_folded(weights, f"blocks.{block}"), pads=[1, 1, 1, 1])
        if block < blocks - 1:
            x = graph.add("MaxPool", x, kernel_shape=POOL, strides=POOL)
        else:
            pool = (LAST_POOL_OF_PITCH, 1)
            x = graph.maximum(graph.add("MaxPool", x, kernel_shape=pool, strides=pool), 3)
        x = graph.add("Relu", x)
    return graph.add("Flatten", x)


def block_count(weights: Weights) -> int:
    """How many blocks an encoder has."""
    return sum(name.endswith(".conv.weight") for name in weights)


def encoder_shapes(weights: Weights) -> dict[str, tuple[int, ...]]:
    """Name and shape of everything that an encoder with the convolutions of these weights consists of."""
    shapes = _norm_shapes("input_norm", 1)
    channels_in = 1
    for block in range(block_count(weights)):
        name = f"blocks.{block}"
        channels = len(weights[f"{name}.conv.weight"])
        shapes |= {f"{name}.conv.weight": (channels, channels_in, 3, 3), f"{name}.conv.bias": (channels,)}
        shapes |= _norm_shapes(f"{name}.norm", channels)
        channels_in = channels
    return shapes


def embedding_width(weights: Weights, bands: int) -> int:
    """How many numbers a vector of this encoder has."""
    blocks = block_count(weights)
    rows: int = bands // POOL[0] ** (blocks - 1) // LAST_POOL_OF_PITCH
    return len(weights[f"blocks.{blocks - 1}.conv.bias"]) * rows


def frames_reached(length: int) -> int:
    """How many of `length` frames a vector of FCN-4 depends on: 85 of 116, 213 of 231.

    Three poolings by 4 in a row leave out what does not fill a step, so the last of `length // 64` steps sees, through
    the convolutions before each pooling, 1 + 4 + 16 frames beyond its own 64.
    """
    return min(length, length // 64 * 64 + 21)


def _norm_shapes(name: str, channels: int) -> dict[str, tuple[int, ...]]:
    parts = ("weight", "bias", "running_mean", "running_var")
    return {**{f"{name}.{part}": (channels,) for part in parts}, f"{name}.num_batches_tracked": ()}


def _folded(weights: Weights, block: str) -> tuple[Array, Array]:
    """Weight and bias of a convolution with the batch norm after it in them."""
    scale, shift = scale_and_shift(weights, f"{block}.norm")
    weight, bias = floats(weights[f"{block}.conv.weight"]), floats(weights[f"{block}.conv.bias"])
    return weight * scale[:, np.newaxis, np.newaxis, np.newaxis], bias * scale + shift
