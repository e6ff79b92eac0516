"""A whole cover search in a large library: seconds a query, verdicts on what it finds included, and what was missed.

    python tests/benchmarks/covers_query.py --network FILE --music CORPUS... [--tracks 100000] [--queries 10]

CORPUS is a folder of `pemr-train corpus render versions` or of real music made with it; the more different tracks they
hold, the more the library is like a real one. Tracks spread over them ask; a version of each (another key and tempo,
begun elsewhere, blurred) is in the library. The rest of the library holds the features of the other tracks again and
again, so that an alignment costs what it costs; the network's vectors of every copy are blurred, since listening to so
many would take an hour. Of each version that is not listed it is told where the network put it, and what alignment says
of it. Seconds are told by the clock, as a user waits, and of the processor, of all threads together.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # as the application's worker has them
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import faiss
import numpy as np
import torch

from pemr.covers.alignment.features import CoverFeatures
from pemr.covers.evaluation.evaluation import evaluation_set_of_corpus
from pemr.covers.networks.frames import chroma_frames, shingle_vectors
from pemr.covers.networks.network_file import load_network
from pemr.covers.networks.shortlist import SCORED_BOTH_WAYS
from pemr_desktop.analysis.covers.search import CoverSearch
from pemr_desktop.analysis.covers.shortlist import CoverShortlist

BLUR = 0.05


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", type=Path, required=True)
    parser.add_argument("--music", type=Path, required=True, nargs="+")
    parser.add_argument("--different", type=int, default=1000, help="so many different tracks at most")
    parser.add_argument("--tracks", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=10)
    options = parser.parse_args()
    torch.set_num_threads(1)
    faiss.omp_set_num_threads(1)
    trained = load_network(options.network)
    asked, others = _chosen(options.music, options.different, options.queries)
    chance = np.random.default_rng(0)
    vectors = [shingle_vectors(trained.network, chroma_frames(found)) for found in others]
    search = CoverSearch(shortlist=(shortlist := CoverShortlist(trained)))
    versions = [_version(found, chance) for found in asked]
    for index, found in enumerate(versions):
        search.add(index, found)
    for index in range(len(versions), options.tracks):
        search.add(index, others[index % len(others)])
    for index in range(len(versions), options.tracks):
        shortlist._ready[index] = _blurred(vectors[index % len(others)], chance)
    started_s = time.process_time()
    search.find(asked[0])
    print(f"{options.tracks} tracks, load {os.getloadavg()[0]:.1f}")
    print(f"first query, which builds the index: {time.process_time() - started_s:.2f} s of processor time")
    spent, busy, missed = [], [], []
    for index, found in enumerate(asked):
        started_s, busy_s = time.perf_counter(), time.process_time()
        findings = search.find(found, limit=10)
        spent.append(time.perf_counter() - started_s)
        busy.append(time.process_time() - busy_s)
        ids = [match.track_id for match in findings.matches]
        if index not in ids:
            missed.append(index)
        told = f"the version at rank {ids.index(index) + 1}" if index in ids else "the version is not listed"
        minutes = found.compared_s / 60
        times = f"{spent[-1]:.2f} s, {busy[-1]:.2f} s of processors"
        print(f"    query {index} of {minutes:.1f} minutes: {times}, {told}; {len(ids)} listed")
    minutes = float(np.mean([found.compared_s for found in asked])) / 60
    print(
        f"{len(asked)} queries of {minutes:.1f} minutes: median {np.median(spent):.2f} s, longest {max(spent):.2f} s "
        f"({np.median(busy):.2f} and {max(busy):.2f} s of processors); "
        f"{len(asked) - len(missed)} versions listed"
    )
    for index in missed:
        print(f"    missed {index}: {_why(search, shortlist, asked[index], index, options.tracks + index)}")


def _chosen(folders: list[Path], different: int, queries: int) -> tuple[list[CoverFeatures], list[CoverFeatures]]:
    """Tracks that ask, and the others; of renderings the first version of each work only."""
    found: list[CoverFeatures] = []
    for folder in folders:
        tracks = evaluation_set_of_corpus(folder)
        first = {work: index for index, work in reversed(list(enumerate(tracks.works))) if work is not None}
        indices = [index for index, work in enumerate(tracks.works) if work is None or first[work] == index]
        found += [tracks.features[index] for index in indices if tracks.features[index].problem is None]
    chosen = np.random.default_rng(1).permutation(len(found))[:different]
    return [found[index] for index in chosen[:queries]], [found[index] for index in chosen[queries:]]


def _why(search: CoverSearch, shortlist: CoverShortlist, asked: CoverFeatures, version: int, own: int) -> str:
    """Where the network puts the version of a query, and what alignment and network say of the two."""
    tracks = {track_id: track.features for track_id, track in search._tracks.comparable().items()}
    near = shortlist.choose(asked, tracks, SCORED_BOTH_WAYS) or []
    rank = f"rank {near.index(version) + 1} by the network" if version in near else "not near by the network"
    search.add(own, asked)
    match = search.score_pair(own, version)
    search.remove(own)
    assert match is not None
    measurements = match.measurements
    return (
        f"{rank}; aligned it would be called {match.verdict} ({match.probability:.2f}): "
        f"{measurements.normalised_score:.1f} standard deviations above the cohort, similarity "
        f"{measurements.similarity:.2f}, {measurements.straight_s:.0f} s straight"
    )


def _version(features: CoverFeatures, chance: np.random.Generator) -> CoverFeatures:
    """Another key and tempo, begun elsewhere, blurred."""
    chroma = np.roll(features.rows(), int(chance.integers(1, 12)), axis=1)
    chroma = np.roll(chroma, int(chance.integers(0, len(chroma))), axis=0)
    where = np.arange(0, len(chroma) - 1, 2 ** chance.uniform(-0.2, 0.2)).astype(int)
    moved = chroma[where] + chance.exponential(BLUR, (len(where), 12))
    moved = moved / np.linalg.norm(moved, axis=1, keepdims=True)
    seconds = features.duration_s * len(where) / len(chroma)
    return CoverFeatures.of(moved.astype(np.float32), seconds, features.a4_offset, features.contrast_db)


def _blurred(vectors: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    moved = vectors + chance.normal(0.0, 0.5 / np.sqrt(vectors.shape[1]), vectors.shape)
    return (moved / np.linalg.norm(moved, axis=1, keepdims=True)).astype(np.float16)


if __name__ == "__main__":
    main()
