"""How much each frame matters to its clip: the attention of the predicting module (3.3 and 3.4) as a graph."""

from __future__ import annotations

import math

import numpy as np

from pemr.graphs.builder import Floats, GraphBuilder, Weights, floats, integers

LAYER_NORM_EPSILON = 1e-5


def importance_graph(weights: Weights, bands: int, length: int, heads: int) -> bytes:
    """`frames`: log-mel (B, bands, L) of this length -> the share of each frame (B, L), all together 1. Eq. 4."""
    graph = GraphBuilder("importance")
    frames = graph.input("frames", ["segments", bands, length])
    tokens = _tokens(graph, weights, frames, bands, length)
    last = layer_count(weights) - 1
    for layer in range(last):
        tokens = _layer(graph, weights, f"layers.{layer}", tokens, heads)
    return graph.model(_attended(graph, weights, f"layers.{last}.attention", tokens, heads), ["segments", length])


def layer_count(weights: Weights) -> int:
    """How many transformer layers a predicting module has."""
    return sum(name.endswith(".attention_norm.weight") for name in weights)


def predictor_shapes(width: int, layers: int, heads: int, feed_forward_width: int) -> dict[str, tuple[int, ...]]:
    """Name and shape of everything that a predicting module consists of."""
    shapes: dict[str, tuple[int, ...]] = {"cls": (width,), "mask_vector": (width,)}
    for layer in (f"layers.{index}" for index in range(layers)):
        for part in ("query", "key", "value"):
            shapes |= _linear_shapes(f"{layer}.attention.{part}", width, heads * width)
        shapes |= _linear_shapes(f"{layer}.attention.out", heads * width, width)
        shapes |= _linear_shapes(f"{layer}.feed_forward.0", width, feed_forward_width)
        shapes |= _linear_shapes(f"{layer}.feed_forward.2", feed_forward_width, width)
        for norm in ("attention_norm", "feed_forward_norm"):
            shapes |= {f"{layer}.{norm}.weight": (width,), f"{layer}.{norm}.bias": (width,)}
    for part in ("predicting_layer.0", "predicting_layer.2"):
        shapes |= _linear_shapes(part, width, width)
    return shapes


def sinusoidal_positions(length: int, width: int) -> Floats:
    """(length, width): sines in even, cosines in odd columns. Vaswani et al. 2017, 3.5."""
    position = np.arange(length)[:, np.newaxis]
    rate = np.exp(np.arange(0, width, 2) * (-math.log(10_000.0) / width))
    table = np.zeros((length, width))
    table[:, 0::2] = np.sin(position * rate)
    table[:, 1::2] = np.cos(position * rate)
    return table.astype(np.float32)


def _linear_shapes(name: str, width_in: int, width_out: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (width_out, width_in), f"{name}.bias": (width_out,)}


def _tokens(graph: GraphBuilder, weights: Weights, frames: str, bands: int, length: int) -> str:
    """(B, bands, L) -> (B, L + 1, bands): [CLS] in front, positions added to all."""
    segments = graph.add("Gather", graph.add("Shape", frames), integers(0))
    cls = graph.add("Expand", weights["cls"].reshape(1, 1, -1), graph.concatenate(segments, _ones(graph), axis=0))
    x = graph.concatenate(cls, graph.transpose(frames, 0, 2, 1), axis=1)
    return graph.add("Add", x, sinusoidal_positions(length + 1, bands))


def _ones(graph: GraphBuilder) -> str:
    return graph.add("Identity", integers(1, 1))


def _layer(graph: GraphBuilder, weights: Weights, name: str, x: str, heads: int) -> str:
    """A transformer layer with post-norm residuals, dropout off."""
    attended = graph.add("Add", x, _attention(graph, weights, f"{name}.attention", x, heads))
    x = _layer_norm(graph, weights, f"{name}.attention_norm", attended)
    hidden = graph.add("Relu", graph.linear(x, weights, f"{name}.feed_forward.0"))
    fed = graph.add("Add", x, graph.linear(hidden, weights, f"{name}.feed_forward.2"))
    return _layer_norm(graph, weights, f"{name}.feed_forward_norm", fed)


def _layer_norm(graph: GraphBuilder, weights: Weights, name: str, x: str) -> str:
    scale, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
    return graph.add("LayerNormalization", x, scale, bias, axis=-1, epsilon=LAYER_NORM_EPSILON)


def _attention(graph: GraphBuilder, weights: Weights, name: str, x: str, heads: int) -> str:
    """Self-attention (B, L, D) -> (B, L, D). Eq. 1 and 2.

    Every head is as wide as the model, so keys and values need not be made: the key matrix is multiplied into that of
    the queries, the value matrix into that of the output. What a key's bias adds is the same for all frames that a
    query meets, which the softmax does not see; a value's bias is added once, as the shares of the frames sum to 1.
    """
    query, query_bias, key, value, value_bias, out, out_bias = (
        weights[f"{name}.{part}"].astype(np.float64)
        for part in (
            "query.weight", "query.bias", "key.weight", "value.weight", "value.bias", "out.weight", "out.bias",
        )
    )  # fmt: skip
    width = query.shape[1]
    key = key.reshape(heads, width, width) / math.sqrt(width)
    asking = np.einsum("hkd,hke->dhe", query.reshape(heads, width, width), key).reshape(width, -1)
    asking_bias = np.einsum("hk,hke->he", query_bias.reshape(heads, width), key).reshape(-1)
    telling = np.einsum("ohk,hkd->hdo", out.reshape(width, heads, width), value.reshape(heads, width, width))
    bias = out_bias + out @ value_bias

    asked = graph.reshape(graph.add("Add", graph.add("MatMul", x, asking), asking_bias), 0, 0, heads, width)
    keys = graph.add("Unsqueeze", x, integers(1))
    scores = graph.add("MatMul", graph.transpose(asked, 0, 2, 1, 3), graph.transpose(keys, 0, 1, 3, 2))
    mixed = graph.transpose(graph.add("MatMul", graph.add("Softmax", scores, axis=-1), keys), 0, 2, 1, 3)
    mixed = graph.reshape(mixed, 0, 0, heads * width)
    return graph.add("Add", graph.add("MatMul", mixed, telling.reshape(heads * width, width)), bias)


def _attended(graph: GraphBuilder, weights: Weights, name: str, hidden: str, heads: int) -> str:
    """[CLS] of (B, L + 1, D) against the frames -> softmax over frames, mean of heads, (B, L).

    A query meets as many keys as there are frames, so the key matrix is multiplied into the few queries. The key bias
    adds the same to every frame, which the softmax does not see.
    """
    key = floats(weights[f"{name}.key.weight"])
    width = key.shape[1]
    cls = graph.add("Slice", hidden, integers(0), integers(1), integers(1))
    frames = graph.add("Slice", hidden, integers(1), integers(np.iinfo(np.int64).max), integers(1))
    query = graph.transpose(graph.reshape(graph.linear(cls, weights, f"{name}.query"), 0, 1, heads, width), 0, 2, 1, 3)
    asked = graph.add("MatMul", query, key.reshape(heads, width, width) / math.sqrt(width))
    asked = graph.reshape(asked, 0, heads, width)
    scores = graph.add("MatMul", asked, graph.transpose(frames, 0, 2, 1))
    return graph.mean(graph.add("Softmax", scores, axis=-1), 1)
