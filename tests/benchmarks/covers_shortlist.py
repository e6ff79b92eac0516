"""The shortlist of the cover search: how often it holds the right track among thousands, how fast, how large.

    python tests/benchmarks/covers_shortlist.py --network FILE --versions CORPUS --music CORPUS... [--tracks 1000 10000]

CORPUS is a folder of `pemr-train corpus render versions`. Distractors are the tracks of --music moved to other keys and
tempi, begun elsewhere and blurred; beyond --listened of them their vectors are blurred instead, which costs nothing and
is said. Times are processor time of this process.
"""

from __future__ import annotations

import argparse
import os
import random
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import faiss
import numpy as np
import torch

from pemr.covers.alignment.features import FRAME_S, CoverFeatures
from pemr.covers.evaluation.evaluation import evaluation_set_of_corpus
from pemr.covers.networks.contract import CoverNetwork
from pemr.covers.networks.frames import chroma_frames, shingle_vectors
from pemr.covers.networks.network_file import load_network
from pemr.covers.networks.shortlist import VersionIndex

SHORTLISTS = (10, 50, 250)
CLIP_FRAMES = 64


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", type=Path, required=True)
    parser.add_argument("--versions", type=Path, required=True, help="corpus of versions: the questions and answers")
    parser.add_argument("--music", type=Path, nargs="+", required=True, help="corpora of real music: the distractors")
    parser.add_argument("--tracks", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--listened", type=int, default=1_000, help="distractors that go through the network")
    options = parser.parse_args()
    torch.set_num_threads(1)
    faiss.omp_set_num_threads(1)
    trained = load_network(options.network)
    print(f"{trained.settings.name}, {trained.provenance}")
    asked = evaluation_set_of_corpus(options.versions)
    started_s = time.process_time()
    vectors = [shingle_vectors(trained.network, chroma_frames(found)) for found in asked.features]
    spent_s = time.process_time() - started_s
    minutes = sum(found.frames for found in asked.features) * FRAME_S / 60
    print(f"{asked.title}; {1000 * spent_s / minutes:.1f} ms of network a minute of audio")
    distractors = _distractors(
        trained.network,
        [found for music in options.music for found in evaluation_set_of_corpus(music).features],
        options.listened,
    )
    chance = np.random.default_rng(0)
    for count in options.tracks:
        index = VersionIndex(trained.network.width)
        started_s = time.process_time()
        kept = dict(enumerate(own.astype(np.float16) for own in vectors))
        for track_id, own in enumerate(vectors):
            index.add(track_id, own)
        while len(index) < count:
            track_id = len(index)
            own = distractors[track_id % len(distractors)]
            own = own if track_id < len(vectors) + len(distractors) else _blurred(own, chance)
            index.add(track_id, own)
            kept[track_id] = own.astype(np.float16)
        built_s = time.process_time() - started_s
        others = max(0, count - len(vectors) - len(distractors))
        size = f"{index.size_bytes / 1e6:.1f} MB, built in {built_s:.1f} s"
        print(f"{count} tracks ({others} of them blurred vectors): {size}")
        _ask(index, kept, vectors, asked.works, "whole tracks")
        clips = [shingle_vectors(trained.network, _clip(found)) for found in asked.features]
        _ask(index, kept, clips, asked.works, "30 s clips")


def _ask(
    index: VersionIndex,
    vectors: dict[int, np.ndarray],
    queries: list[np.ndarray],
    works: list[str | None],
    name: str,
) -> None:
    hits = dict.fromkeys(SHORTLISTS, 0)
    started_s = time.process_time()
    for track_id, query in enumerate(queries):
        found = index.best(query, vectors, max(SHORTLISTS), exclude=[track_id])
        ranks = [rank for rank, track in enumerate(found) if track < len(works) and works[track] == works[track_id]]
        for size in SHORTLISTS:
            hits[size] += bool(ranks) and ranks[0] < size
    each_ms = 1000 * (time.process_time() - started_s) / len(queries)
    figures = ", ".join(f"in the first {size}: {count / len(queries):.3f}" for size, count in hits.items())
    print(f"    {name}: a version {figures}; {each_ms:.1f} ms a query")


def _clip(features: CoverFeatures) -> np.ndarray:
    frames = chroma_frames(features)
    start = max(0, (frames.shape[1] - CLIP_FRAMES) // 2)
    return frames[:, start : start + CLIP_FRAMES]


def _distractors(network: CoverNetwork, music: list[CoverFeatures], count: int) -> list[np.ndarray]:
    chance, rng = np.random.default_rng(1), random.Random(1)
    sound = [chroma_frames(found) for found in music if found.problem is None]
    made = []
    for _ in range(count):
        frames = np.roll(rng.choice(sound), rng.randrange(12), axis=0)
        frames = np.roll(frames, rng.randrange(frames.shape[1]), axis=1)
        where = np.arange(0, frames.shape[1] - 1, 2 ** rng.uniform(-0.4, 0.4))
        blurred = frames[:, where.astype(int)] + chance.exponential(0.05, (12, len(where)))
        made.append(shingle_vectors(network, (blurred / np.linalg.norm(blurred, axis=0)).astype(np.float32)))
    return made


def _blurred(vectors: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    moved = vectors + chance.normal(0.0, 0.5 / np.sqrt(vectors.shape[1]), vectors.shape)
    return (moved / np.linalg.norm(moved, axis=1, keepdims=True)).astype(np.float32)


if __name__ == "__main__":
    main()
