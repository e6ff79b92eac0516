"""musicnn (Pons and Serra 2019) as a graph, from the weights as they were released: TensorFlow's names and layouts."""

from __future__ import annotations

import numpy as np

from pemr.graphs.builder import Floats, GraphBuilder, Weights, floats, integers

EPSILON = 1e-3
FRONT_LAYERS = 5
"""Two that hear timbre, three that hear rhythm; each looks at the whole spectrum or at long stretches of it."""
MIDDLE_LAYERS = 3


def musicnn_graph(weights: Weights, frames: int, bands: int) -> bytes:
    """`patches`: log-mel (B, frames, bands) -> probabilities (B, tags)."""
    graph = GraphBuilder("musicnn")
    patches = graph.input("patches", ["patches", frames, bands])
    x = graph.add("Unsqueeze", _normalised(graph, weights, patches, 0), integers(1))
    front = graph.concatenate(*(_front_layer(graph, weights, x, index) for index in range(FRONT_LAYERS)), axis=1)
    middle = [_middle_layer(graph, weights, front, FRONT_LAYERS)]
    for index in range(FRONT_LAYERS + 1, FRONT_LAYERS + MIDDLE_LAYERS):
        middle.append(graph.add("Add", _middle_layer(graph, weights, middle[-1], index), middle[-1]))
    features = graph.concatenate(front, *middle, axis=1)
    # the released network interleaves maximum and mean of each channel
    largest, mean = (
        graph.add("Unsqueeze", x, integers(2)) for x in (graph.maximum(features, 2), graph.mean(features, 2))
    )
    x = graph.reshape(graph.concatenate(largest, mean, axis=2), 0, -1)
    last_norm = FRONT_LAYERS + MIDDLE_LAYERS + 1
    hidden = graph.add("Relu", _dense(graph, weights, _normalised(graph, weights, x, last_norm), "dense"))
    tags = _dense(graph, weights, _normalised(graph, weights, hidden, last_norm + 1), "dense_1")
    return graph.model(graph.add("Sigmoid", tags), ["patches", "tags"])


def _front_layer(graph: GraphBuilder, weights: Weights, x: str, index: int) -> str:
    """Convolution, ReLU, batch norm, maximum over frequency: (B, 1, T, bands) -> (B, channels, T).

    The maximum is taken before the batch norm, which then has 96 times less to do; where batch norm turns a channel
    over (negative scale) that is the minimum.
    """
    kernel = floats(weights[f"{_numbered('conv2d', index)}.kernel"]).transpose(3, 2, 0, 1)
    before = (kernel.shape[2] - 1) // 2
    bias = weights[f"{_numbered('conv2d', index)}.bias"]
    padding = [before, 0, kernel.shape[2] - 1 - before, 0]
    x = graph.add("Relu", graph.add("Conv", x, kernel, bias, pads=padding))
    turned = _scale_and_shift(weights, index + 1)[0][:, np.newaxis] < 0
    strongest = graph.maximum(x, 3)
    if turned.any():
        weakest = graph.add("ReduceMin", x, integers(3), keepdims=0)
        strongest = graph.add("Where", turned, weakest, strongest)
    return _normalised(graph, weights, strongest, index + 1, trailing_axes=1)


def _middle_layer(graph: GraphBuilder, weights: Weights, x: str, index: int) -> str:
    """Convolution along time, ReLU, batch norm: (B, channels, T) -> (B, 64, T)."""
    kernel = floats(weights[f"{_numbered('conv2d', index)}.kernel"])[:, :, 0].transpose(2, 1, 0)
    before = kernel.shape[2] // 2
    x = graph.add("Conv", x, kernel, weights[f"{_numbered('conv2d', index)}.bias"], pads=[before, before])
    return _normalised(graph, weights, graph.add("Relu", x), index + 1, trailing_axes=1)


def _dense(graph: GraphBuilder, weights: Weights, x: str, name: str) -> str:
    return graph.add("Add", graph.add("MatMul", x, weights[f"{name}.kernel"]), weights[f"{name}.bias"])


def _normalised(graph: GraphBuilder, weights: Weights, x: str, index: int, trailing_axes: int = 0) -> str:
    """A batch norm in use; `trailing_axes`: how many axes come after that of the channels."""
    scale, shift = (part.reshape(-1, *[1] * trailing_axes) for part in _scale_and_shift(weights, index))
    return graph.add("Add", graph.add("Mul", x, scale), shift)


def _scale_and_shift(weights: Weights, index: int) -> tuple[Floats, Floats]:
    gamma, beta, mean, variance = (
        floats(weights[f"{_numbered('batch_normalization', index)}.{part}"])
        for part in ("gamma", "beta", "moving_mean", "moving_variance")
    )
    scale = gamma / np.sqrt(variance + np.float32(EPSILON))
    return scale, beta - mean * scale


def _numbered(name: str, index: int) -> str:
    """TensorFlow numbers layers of a kind from the second one on."""
    return f"{name}_{index}" if index else name
