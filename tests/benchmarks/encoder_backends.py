"""The encoder as written, laid out, fused, and as a graph: milliseconds a segment, and how far they differ.

    python tests/benchmarks/encoder_backends.py MUSIC_FOLDER [--model resources/models/bundled.safetensors]

With OpenVINO (`pip install openvino`) the same graph is computed by it too. Seconds are those of the processor; each
backend in turn, over and over, so that what else the machine does falls on all of them alike. Twelve segments of each
track, as a track is heard. OpenVINO is told to compute in 32 bits; left alone it takes bfloat16 where the processor has
it, which is shown too.
"""

from __future__ import annotations

import argparse
import contextlib
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from pemr import audio
from pemr.build import encoder_module
from pemr.datasets.folder import audio_files
from pemr.embed import DEFAULT_SEGMENTS, SEGMENTS_AT_ONCE, segment_starts
from pemr.graphs.fcn import encoder_graph, frames_reached
from pemr.graphs.session import Graph
from pemr.log_mel import LogMel
from pemr.modelfile import Model, load_model
from pemr_desktop.resources import resource
from torch_listening import FusedFCN4

EAGER = "eager, torch's own layout"
Backend = Callable[[np.ndarray], np.ndarray]


def main() -> None:
    """Measure and print one line for each backend."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", type=Path, default=resource("models", "bundled.safetensors"))
    parser.add_argument("--tracks", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    model = load_model(asked.model)
    paths = list(audio_files([asked.folder]))
    clips = [_frames(path, LogMel(model.info.front_end)) for path in paths[:: max(1, len(paths) // asked.tracks)]]
    spent: dict[str, list[float]] = defaultdict(list)
    apart: dict[str, float] = defaultdict(float)
    backends = dict(_backends(model, asked.threads))
    for backend in backends.values():
        backend(clips[0])
    for _ in range(asked.rounds):
        for frames in clips:
            truth = backends[EAGER](frames)
            for name, backend in backends.items():
                began = time.process_time()
                found = backend(frames)
                spent[name].append(1000.0 * (time.process_time() - began) / len(frames))
                apart[name] = max(apart[name], float(np.abs(found - truth).max()))
    print(
        f"{len(clips)} tracks, {sum(map(len, clips))} segments of {clips[0].shape[2]} frames, {asked.threads} threads"
    )
    for name in backends:
        times_faster = np.mean(spent[EAGER]) / np.mean(spent[name])
        print(f"{name:44s} {np.mean(spent[name]):6.2f} ms a segment  {times_faster:5.2f} x  apart {apart[name]:.1e}")


def _frames(path: Path, log_mel: LogMel) -> np.ndarray:
    length = log_mel.settings.segment_samples
    samples = audio.decode(path, log_mel.settings.sample_rate)
    samples = np.pad(samples, (0, max(0, length - len(samples))))
    starts = segment_starts(len(samples), length, DEFAULT_SEGMENTS)
    with torch.inference_mode():
        return log_mel(torch.from_numpy(np.stack([samples[start : start + length] for start in starts]))).numpy()


def _backends(model: Model, threads: int) -> Iterator[tuple[str, Backend]]:
    encoder, unordered = encoder_module(model), encoder_module(model).to(memory_format=torch.contiguous_format)
    fused = FusedFCN4(encoder).eval()
    yield EAGER, _by_torch(_Unordered(unordered))
    yield "eager, channels last: as written", _by_torch(encoder)
    yield "channels last, fused", _by_torch(fused)
    yield f"the same, {SEGMENTS_AT_ONCE} at a time (shipped once)", _by_torch(fused, SEGMENTS_AT_ONCE)
    content = encoder_graph(model.encoder, model.info.front_end.n_mels)
    graph = Graph(content, threads)
    for at_once in (1, SEGMENTS_AT_ONCE, DEFAULT_SEGMENTS):
        ships = " (ships)" if at_once == SEGMENTS_AT_ONCE else ""
        yield f"ONNX Runtime, {at_once} at a time{ships}", _by_onnx_runtime(graph, at_once)
    yield from _by_openvino(content, threads)


class _Unordered(torch.nn.Module):
    """The encoder in the memory layout that torch begins with, which its own `forward` would change."""

    def __init__(self, encoder: torch.nn.Module) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        x = self.encoder.input_norm(frames.unsqueeze(1))
        for block in self.encoder.blocks:
            x = block(x.contiguous())
        return x.flatten(1)


def _by_torch(network: torch.nn.Module, at_once: int = 64) -> Backend:
    @torch.inference_mode()
    def run(frames: np.ndarray) -> np.ndarray:
        return torch.cat([network(part) for part in torch.split(torch.from_numpy(frames), at_once)]).numpy()

    return run


def _by_onnx_runtime(graph: Graph, at_once: int) -> Backend:
    def run(frames: np.ndarray) -> np.ndarray:
        reached = frames[..., : frames_reached(frames.shape[2])]
        return np.concatenate([graph(frames=reached[at : at + at_once]) for at in range(0, len(frames), at_once)])

    return run


def _by_openvino(content: bytes, threads: int) -> Iterator[tuple[str, Backend]]:
    with contextlib.suppress(ImportError):
        import openvino

        core = openvino.Core()
        for told, precision in (("32 bits", "f32"), ("bfloat16", "bf16")):
            compiled = core.compile_model(
                core.read_model(content),
                "CPU",
                {"INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": precision},
            )
            request = compiled.create_infer_request()
            yield f"OpenVINO {openvino.__version__.split('-')[0]}, {told}", partial(_inferred, request)


def _inferred(request: Any, frames: np.ndarray) -> np.ndarray:
    return request.infer({0: frames})[0].copy()


if __name__ == "__main__":
    main()
