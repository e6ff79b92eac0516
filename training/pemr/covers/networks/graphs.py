"""Every cover network as an ONNX graph, from the weights that its torch module was trained to."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pemr.covers.networks.frames import Frames, Input, Vectors
from pemr.graphs.builder import GraphBuilder, Weights, below, floats, integers, scale_and_shift
from pemr.graphs.fcn import add_encoder
from pemr.graphs.session import Graph

PITCH_CLASSES = 12
SEMITONES = 84
PYRAMID = (4, 3, 2, 1)
ENCODER_BANDS = 128

AddFrames = Callable[[GraphBuilder, Weights, str], str]
"""Writes down a network from its frames (B, bins, T) to its vectors (B, width)."""


@dataclass(frozen=True)
class FramesNetwork:
    """A network on frames alone. `shortest`: what has fewer frames is padded with silence."""

    takes: Input
    add: AddFrames
    shortest: int = 1

    @property
    def bins(self) -> int:
        """Rows of its frames."""
        return PITCH_CLASSES if self.takes == "chroma" else SEMITONES


class NetworkGraph:
    """A trained cover network in use, without torch; see `pemr.covers.networks.frames.VectorNetwork`."""

    def __init__(self, name: str, weights: Weights, cores: int = 1) -> None:
        self._partner = NETWORKS.get(name.removeprefix("fcn+"))
        self._hears_sound = name.split("+")[0] == "fcn"
        if self._partner is None and name != "fcn":
            raise ValueError(f"there is no cover network “{name}”")
        self.takes = _input_of(self._partner, self._hears_sound)
        self.width = len(weights["out.bias"])
        self._graph = Graph(_whole_graph(self._partner, self._hears_sound, weights), cores)

    @property
    def takes_chroma(self) -> bool:
        """Whether its frames are chroma; else they are spectra."""
        return self.takes.startswith("chroma")

    def vectors(self, frames: Frames, segments: Frames | None = None) -> Vectors:
        """Frames (B, bins, T) and log-mel segments (B, S, 128, L), as it takes them -> (B, width)."""
        inputs: dict[str, Frames] = {}
        if self._partner is not None:
            missing = max(0, self._partner.shortest - frames.shape[2])
            inputs["frames"] = np.pad(frames, ((0, 0), (0, 0), (0, missing)))
        if self._hears_sound:
            if segments is None:
                raise ValueError("this network listens to log-mel segments")
            inputs["segments"] = segments
        return self._graph(**inputs)


def _input_of(partner: FramesNetwork | None, hears_sound: bool) -> Input:
    if partner is None:
        return "segments"
    if not hears_sound:
        return partner.takes
    return "chroma and segments" if partner.takes == "chroma" else "spectrum and segments"


def _whole_graph(partner: FramesNetwork | None, hears_sound: bool, weights: Weights) -> bytes:
    graph = GraphBuilder("cover network")
    if partner is None:
        vectors = graph.linear(_mean_of_segments(graph, weights), weights, "out")
    else:
        frames = graph.input("frames", ["tracks", partner.bins, "time"])
        if hears_sound:
            own = partner.add(graph, below("partner.", weights), frames)
            both = graph.concatenate(own, _mean_of_segments(graph, weights), axis=1)
            vectors = graph.linear(both, weights, "out")
        else:
            vectors = partner.add(graph, weights, frames)
    return graph.model(vectors, ["tracks", "width"])


def _mean_of_segments(graph: GraphBuilder, weights: Weights) -> str:
    """Mean of the vectors that the PEMR encoder makes of the segments of a track, (B, 512)."""
    segments = graph.input("segments", ["tracks", "segments", ENCODER_BANDS, "length"])
    shape, rest = graph.add("Shape", segments), graph.add("Identity", integers(-1))
    tracks, frames = (graph.add("Slice", shape, integers(at), integers(at + 2)) for at in (0, 2))
    flat = graph.add("Reshape", segments, graph.concatenate(rest, frames, axis=0))
    vectors = add_encoder(graph, below("encoder.", weights), flat)
    return graph.mean(graph.add("Reshape", vectors, graph.concatenate(tracks, rest, axis=0)), 1)


def _pitch_class(graph: GraphBuilder, weights: Weights, frames: str) -> str:
    """The largest over pitch classes, then mean and largest over time; `pitch_class.PitchClassNet`."""
    x = graph.add("Unsqueeze", frames, integers(2))
    for layer in range(_count(weights, ".convolution.weight")):
        x = _circle_layer(graph, weights, f"layers.{layer}", x, stride=2 if 0 < layer < 4 else 1)
    return _mean_and_largest(graph, weights, graph.maximum(x, 1))


def _circle_layer(graph: GraphBuilder, weights: Weights, name: str, x: str, stride: int) -> str:
    """(B, 12, in, T) -> (B, 12, out, T): convolution round the circle of pitch classes in its Fourier domain, ReLU.

    The batch norm after it is folded in, but for its shift.
    """
    scale, shift = scale_and_shift(weights, f"{name}.norm")
    weight = floats(weights[f"{name}.convolution.weight"]) * scale[:, np.newaxis, np.newaxis, np.newaxis]
    channels_out, channels_in, _, taps = weight.shape
    real, pairs = circle_kernels(weight)
    basis, reach = circle_basis(), (taps - 1) // 2
    turned = graph.add("MatMul", basis, graph.reshape(x, 0, PITCH_CLASSES, -1))
    rows = graph.reshape(turned, 0, PITCH_CLASSES * channels_in, -1)
    parts = [
        graph.add("Conv", _rows(graph, rows, first, last), kernels, group=groups, strides=[stride], pads=[reach, reach])
        for kernels, groups, first, last in (
            (real, 2, 0, 2 * channels_in),
            (pairs, 5, 2 * channels_in, 12 * channels_in),
        )
    ]
    spectrum = graph.reshape(graph.concatenate(*parts, axis=1), 0, PITCH_CLASSES, -1)
    back = graph.reshape(graph.add("MatMul", basis.T, spectrum), 0, PITCH_CLASSES, channels_out, -1)
    return graph.add("Relu", graph.add("Add", back, shift[:, np.newaxis]))


def _rows(graph: GraphBuilder, value: str, first: int, last: int) -> str:
    return graph.add("Slice", value, integers(first), integers(last), integers(1))


def circle_basis() -> Frames:
    """(12, 12) orthonormal: the constant, the alternating, then cosine and sine of the five other frequencies."""
    pitch_class = np.arange(PITCH_CLASSES)
    rows = [np.ones(PITCH_CLASSES) / math.sqrt(12), np.cos(np.pi * pitch_class) / math.sqrt(12)]
    for frequency in range(1, 6):
        angle = 2.0 * np.pi * frequency * pitch_class / PITCH_CLASSES
        rows += [np.cos(angle) / math.sqrt(6), np.sin(angle) / math.sqrt(6)]
    return np.stack(rows).astype(np.float32)


def circle_kernels(weight: Frames) -> tuple[Frames, Frames]:
    """(out, in, 12, taps) -> the two real frequencies (2 out, in, taps) and the five others (10 out, 2 in, taps)."""
    kernels = np.einsum("fq,oiqt->foit", circle_basis(), weight)
    # the basis has length 1, a kernel must keep its own
    real = kernels[:2].reshape(-1, *kernels.shape[2:]) * np.float32(math.sqrt(12))
    cosine, sine = kernels[2::2] * np.float32(math.sqrt(6)), kernels[3::2] * np.float32(math.sqrt(6))
    above, below_ = np.concatenate([cosine, sine], axis=2), np.concatenate([-sine, cosine], axis=2)
    pairs = np.concatenate([above, below_], axis=1)
    return real, pairs.reshape(-1, *pairs.shape[2:])


def _cqt_net(graph: GraphBuilder, weights: Weights, frames: str) -> str:
    """Two convolutions, the second one dilated, then a pool along time, and again; `cqt_net.CqtNet`."""
    x = graph.add("Unsqueeze", frames, integers(1))
    for layer in range(14):
        if layer % 3 == 2:
            x = graph.add("MaxPool", x, kernel_shape=[1, 2], strides=[1, 2])
        else:
            pitch = 6 if layer == 0 else 0
            x = _convolution(graph, weights, f"layers.{layer}", x, dilation=1 + layer % 3, padding=(pitch, 0))
    return _normed_output(graph, weights, graph.maximum(x, 2, 3))


def _tpp_net(graph: GraphBuilder, weights: Weights, frames: str) -> str:
    """Pitch goes in a maximum, time in maxima over quarters, thirds, halves and the whole; `tpp_net.TppNet`."""
    x = _convolution(graph, weights, "pitched.0", graph.add("Unsqueeze", frames, integers(1)))
    for layer in (1, 2):
        x = _convolution(graph, weights, f"pitched.{layer}", x, stride=2, padding=(0, 1))
    x = graph.maximum(x, 2, keep=True)
    for layer in range(3):
        x = _convolution(graph, weights, f"along.{layer}", x, stride=2, padding=(0, 1))
    x = graph.add("Squeeze", x, integers(2))
    levels = [_largest_of_parts(graph, x, parts) for parts in PYRAMID]
    return _normed_output(graph, weights, graph.concatenate(*levels, axis=1))


def _largest_of_parts(graph: GraphBuilder, x: str, parts: int) -> str:
    """(B, C, T) -> (B, C * parts): the largest in each of so many equal parts of time; a frame may lie in two."""
    length = graph.add("Gather", graph.add("Shape", x), integers(2))
    largest = []
    for part in range(parts):
        first = graph.add("Div", graph.add("Mul", length, integers(part)), integers(parts))
        end = graph.add("Add", graph.add("Mul", length, integers(part + 1)), integers(parts - 1))
        inside = graph.add("Slice", x, first, graph.add("Div", end, integers(parts)), integers(2))
        largest.append(graph.maximum(inside, 2, keep=True))
    return graph.add("Flatten", graph.concatenate(*largest, axis=2))


def _ki_net(graph: GraphBuilder, weights: Weights, frames: str) -> str:
    """Chroma repeated to 23 rows, one kernel of an octave, the largest of twelve keys; `ki_net.KiNet`."""
    repeated = graph.concatenate(frames, graph.add("Slice", frames, integers(0), integers(11), integers(1)), axis=1)
    x = _convolution(graph, weights, "key_invariant", graph.add("Unsqueeze", repeated, integers(1)), padding=(0, 12))
    x = graph.maximum(x, 2, keep=True)
    for layer in (1, 4, 7):
        x = _convolution(graph, weights, f"along.{layer}", x, padding=(0, 2))
        if layer < 7:
            x = graph.add("MaxPool", x, kernel_shape=[1, 2], strides=[1, 2], ceil_mode=1)
    return _mean_and_largest(graph, weights, graph.add("Squeeze", x, integers(2)))


def _convolution(
    graph: GraphBuilder,
    weights: Weights,
    name: str,
    x: str,
    *,
    dilation: int = 1,
    stride: int = 1,
    padding: tuple[int, int] = (0, 0),
) -> str:
    """Convolution with its batch norm folded in, then ReLU. `padding` is (pitch, time), the rest along time."""
    scale, shift = scale_and_shift(weights, f"{name}.1")
    kernel = floats(weights[f"{name}.0.weight"]) * scale[:, np.newaxis, np.newaxis, np.newaxis]
    bias = shift + floats(weights[f"{name}.0.bias"]) * scale if f"{name}.0.bias" in weights else shift
    x = graph.add("Conv", x, kernel, bias, dilations=[1, dilation], strides=[1, stride], pads=[*padding, *padding])
    return graph.add("Relu", x)


def _mean_and_largest(graph: GraphBuilder, weights: Weights, x: str) -> str:
    """(B, C, T) -> (B, width) from mean and largest over time."""
    return _normed_output(graph, weights, graph.concatenate(graph.mean(x, 2), graph.maximum(x, 2), axis=1))


def _normed_output(graph: GraphBuilder, weights: Weights, pooled: str) -> str:
    return graph.linear(graph.batch_norm(pooled, weights, "norm"), weights, "out")


def _count(weights: Weights, ending: str) -> int:
    return sum(name.endswith(ending) for name in weights)


NETWORKS = {
    "pitch-class": FramesNetwork("chroma", _pitch_class),
    "cqt-net": FramesNetwork("spectrum", _cqt_net, shortest=202),
    "tpp-net": FramesNetwork("spectrum", _tpp_net, shortest=200),
    "ki-net": FramesNetwork("chroma", _ki_net),
}
