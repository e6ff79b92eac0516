"""A whole cover search in a large library: seconds a query, evidence for what it finds included.

    python tests/benchmarks/covers_query.py --network FILE --music CORPUS [--tracks 100000] [--queries 10]

CORPUS is a folder of `pemr-train corpus render versions` or of real music made with it. The first tracks ask; a version
of each (another key and tempo, begun elsewhere, blurred) is in the library. The rest of the library holds the features
of the other tracks again and again, so that an alignment costs what it costs; the network's vectors of every copy are
blurred, since listening to so many would take an hour. Times are processor time of this process, of one thread.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import faiss
import numpy as np
import torch

from pemr.covers.evaluation import heard_corpus
from pemr.covers.features import CoverFeatures
from pemr.covers.networks.frames import chroma_frames, shingle_vectors
from pemr.covers.networks.registry import load_network
from pemr_desktop.analysis.cover_shortlist import CoverShortlist
from pemr_desktop.analysis.covers import CoverSearch

BLUR = 0.05


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", type=Path, required=True)
    parser.add_argument("--music", type=Path, required=True)
    parser.add_argument("--tracks", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=10)
    options = parser.parse_args()
    torch.set_num_threads(1)
    faiss.omp_set_num_threads(1)
    trained = load_network(options.network)
    music = [found for found in heard_corpus(options.music).features if found.problem is None]
    asked, others = music[: options.queries], music[options.queries :]
    chance = np.random.default_rng(0)
    vectors = [shingle_vectors(trained.network, chroma_frames(found)) for found in others]
    search = CoverSearch(shortlist=(shortlist := CoverShortlist(trained)))
    versions = [_version(found, chance) for found in asked]
    for place, found in enumerate(versions):
        search.add(place, found)
    for place in range(len(versions), options.tracks):
        search.add(place, others[place % len(others)])
    for place in range(len(versions), options.tracks):
        shortlist._ready[place] = _blurred(vectors[place % len(others)], chance)
    started_s = time.process_time()
    search.find(asked[0])
    print(f"{options.tracks} tracks, load {os.getloadavg()[0]:.1f}")
    print(f"first query, which builds the index: {time.process_time() - started_s:.2f} s of processor time")
    spent, ranks = [], []
    for place, found in enumerate(asked):
        started_s = time.process_time()
        findings = search.find(found, limit=10)
        spent.append(time.process_time() - started_s)
        ids = [match.track_id for match in findings.matches]
        ranks.append(ids.index(place) + 1 if place in ids else None)
    minutes = np.mean([found.compared_s for found in asked]) / 60
    print(
        f"{len(asked)} queries of {minutes:.1f} minutes: median {np.median(spent):.2f} s, longest {max(spent):.2f} s; "
        f"the version at rank {ranks}"
    )


def _version(features: CoverFeatures, chance: np.random.Generator) -> CoverFeatures:
    """Another key and tempo, begun elsewhere, blurred."""
    chroma = np.roll(features.chroma, int(chance.integers(1, 12)), axis=1)
    chroma = np.roll(chroma, int(chance.integers(0, len(chroma))), axis=0)
    where = np.arange(0, len(chroma) - 1, 2 ** chance.uniform(-0.2, 0.2)).astype(int)
    moved = chroma[where] / 255.0 + chance.exponential(BLUR, (len(where), 12))
    moved = moved / np.linalg.norm(moved, axis=1, keepdims=True) * 255.0
    return CoverFeatures(
        moved.round().astype(np.uint8),
        features.level[where],
        features.duration_s * len(where) / len(chroma),
        features.tuning,
        features.contrast_db,
    )


def _blurred(vectors: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    moved = vectors + chance.normal(0.0, 0.5 / np.sqrt(vectors.shape[1]), vectors.shape)
    return (moved / np.linalg.norm(moved, axis=1, keepdims=True)).astype(np.float16)


if __name__ == "__main__":
    main()
