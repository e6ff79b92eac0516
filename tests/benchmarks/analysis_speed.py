"""What listening to a track costs, part by part, beside the musicnn teacher on the same tracks in the same run.

    python tests/benchmarks/analysis_speed.py MUSIC_FOLDER [--tracks 40] [--threads 2]

The teacher hears every 3 s patch of a track, as its own package does; both work on the same decoded samples.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch

from pemr import audio, teacher
from pemr.covers.features import cover_features
from pemr.datasets.folder import audio_files
from pemr.embed import Encoder
from pemr_desktop.resources import resource


def main() -> None:
    """Measure and print one table."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--tracks", type=int, default=40)
    arguments.add_argument("--threads", type=int, default=2)
    asked = arguments.parse_args()
    torch.set_num_threads(asked.threads)
    encoder = Encoder.load(resource("models", "bundled.safetensors"))
    musicnn = teacher.load_teacher(resource("models", "teacher", "mtt_musicnn.safetensors"))
    found = audio_files([asked.folder])
    paths = found[:: max(1, len(found) // asked.tracks)][: asked.tracks]
    spent: dict[str, float] = defaultdict(float)
    heard_s = 0.0
    _teach(_listen(paths[0], encoder)[0], musicnn)  # the first time warms up
    for path in paths:
        samples, timings = _listen(path, encoder)
        began = time.perf_counter()
        _teach(samples, musicnn)
        timings["musicnn"] = time.perf_counter() - began
        heard_s += len(samples) / encoder.sample_rate
        for part, seconds in timings.items():
            spent[part] += seconds
    ours = sum(seconds for part, seconds in spent.items() if part != "musicnn")
    theirs = spent["decode"] + spent["musicnn"]
    print(f"{len(paths)} tracks, {heard_s / 60:.0f} minutes of music, {asked.threads} threads, one after the other")
    for part, seconds in spent.items():
        print(f"  {part:10s} {seconds / len(paths):7.3f} s a track   {heard_s / seconds:8.0f} x real time")
    print(f"PEMR Desktop (decode to cover features): {60 * len(paths) / ours:6.1f} tracks a minute")
    print(f"musicnn (decode and network):            {60 * len(paths) / theirs:6.1f} tracks a minute")
    print(f"ratio {theirs / ours:.2f}; analysis over decoding {ours / spent['decode']:.2f}")


def _listen(path: Path, encoder: Encoder) -> tuple[np.ndarray, dict[str, float]]:
    began = time.perf_counter()
    samples = audio.decode(path, encoder.sample_rate)
    decode_s = time.perf_counter() - began
    embedding = encoder.embed_samples(samples)
    began = time.perf_counter()
    cover_features(samples, encoder.sample_rate)
    return samples, {
        "decode": decode_s,
        "front end": embedding.timings["frontend_s"],
        "encoder": embedding.timings["encoder_s"],
        "heads": embedding.timings["heads_s"],
        "covers": time.perf_counter() - began,
    }


def _teach(samples: np.ndarray, musicnn: teacher.Teacher) -> None:
    padded = np.pad(samples, (0, max(0, teacher.PATCH_SAMPLES - len(samples))))
    count = len(padded) // teacher.PATCH_SAMPLES
    starts = teacher.patch_starts(len(padded), count)
    for at in range(0, count, 8):
        batch = np.stack([padded[start : start + teacher.PATCH_SAMPLES] for start in starts[at : at + 8]])
        musicnn.label(torch.from_numpy(batch))


if __name__ == "__main__":
    main()
