"""What listening to a track costs, part by part, beside the musicnn teacher on the same tracks in the same run.

    python tests/benchmarks/analysis_speed.py MUSIC_FOLDER [--tracks 20] [--shortest 210] [--longest 270]

Seconds are those of the processor, all threads together, so that other work on the machine hardly moves them. Decoding
is from the file to the mono samples that all parts hear. The teacher hears every 3 s patch of a track, one after the
other, as its own package does.
"""

from __future__ import annotations

import argparse
import os
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch

from pemr import audio
from pemr.covers.alignment.features import cover_features
from pemr.datasets.folder import audio_files
from pemr.embed import Encoder
from pemr.errors import DecodeError
from pemr.tags import teacher
from pemr_desktop.resources import resource

PARTS = {
    "frontend_s": "front end",
    "encoder_s": "encoder",
    "importance_s": "importance",
    "heads_s": "heads",
}


def main() -> None:
    """Measure and print one table."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--tracks", type=int, default=20)
    arguments.add_argument("--shortest", type=float, default=210.0, help="seconds a track lasts at least")
    arguments.add_argument("--longest", type=float, default=270.0, help="seconds a track lasts at most")
    arguments.add_argument("--threads", type=int, default=1)
    asked = arguments.parse_args()
    torch.set_num_threads(asked.threads)
    encoder = Encoder.load(resource("models", "bundled.safetensors"))
    musicnn = teacher.load_teacher(resource("models", "teacher", "mtt_musicnn.safetensors"))
    found = [path for path in audio_files([asked.folder]) if asked.shortest <= _duration_s(path) <= asked.longest]
    paths = found[:: max(1, len(found) // asked.tracks)][: asked.tracks]
    if not paths:
        raise SystemExit(f"{asked.folder} holds no track of {asked.shortest:g} to {asked.longest:g} s")
    spent: dict[str, float] = defaultdict(float)
    heard_s = 0.0
    _teach(_listen(paths[0], encoder, defaultdict(float)), musicnn)  # the first time warms up
    for path in paths:
        samples = _listen(path, encoder, spent)
        spent["musicnn"] += _took(partial(_teach, samples, musicnn))
        heard_s += len(samples) / encoder.sample_rate
    _show(spent, len(paths), heard_s)
    busy = ", ".join(f"{load:.1f}" for load in os.getloadavg()) if hasattr(os, "getloadavg") else "not known"
    print(f"{asked.threads} threads; load of the machine over 1, 5 and 15 minutes: {busy}")


def _show(spent: dict[str, float], tracks: int, heard_s: float) -> None:
    ours = sum(seconds for part, seconds in spent.items() if part != "musicnn")
    theirs = spent["decode"] + spent["musicnn"]
    print(f"{tracks} tracks of {heard_s / tracks:.0f} s, {heard_s / 60:.0f} minutes of music")
    for part, seconds in spent.items():
        print(f"  {part:10s} {seconds / tracks:7.3f} s a track   {heard_s / seconds:8.0f} x real time")
    print(f"PEMR Desktop (decode to cover features): {60 * tracks / ours:6.1f} tracks a minute of one core")
    print(f"musicnn (decode and network):            {60 * tracks / theirs:6.1f} tracks a minute of one core")
    print(f"ratio {theirs / ours:.2f}; analysis over decoding {ours / spent['decode']:.2f}")


def _listen(path: Path, encoder: Encoder, spent: dict[str, float]) -> np.ndarray:
    began = time.process_time()
    samples = audio.decode(path, encoder.sample_rate)
    decoded = time.process_time()
    embedding = encoder.embed_samples(samples, clock=time.process_time)
    embedded = time.process_time()
    spent["decode"] += decoded - began
    for name, part in PARTS.items():
        spent[part] += embedding.timings[name]
    spent["other"] += embedded - decoded - sum(embedding.timings.values())
    spent["covers"] += _took(lambda: cover_features(samples, encoder.sample_rate))
    return samples


def _took(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _duration_s(path: Path) -> float:
    try:
        return audio.probe(path).duration_s
    except DecodeError:
        return 0.0


def _teach(samples: np.ndarray, musicnn: teacher.Teacher) -> None:
    padded = np.pad(samples, (0, max(0, teacher.PATCH_SAMPLES - len(samples))))
    count = len(padded) // teacher.PATCH_SAMPLES
    starts = teacher.patch_starts(len(padded), count)
    for at in range(0, count, 8):
        batch = np.stack([padded[start : start + teacher.PATCH_SAMPLES] for start in starts[at : at + 8]])
        musicnn.label(batch)


if __name__ == "__main__":
    main()
