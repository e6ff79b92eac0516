"""Our alignment beside Essentia's, on the same pairs of files in one run: MAP, milliseconds a pair, a key and a tempo.

    python tests/benchmarks/covers_essentia.py --essentia PYTHON --versions FOLDER [--queries 40]

PYTHON is an interpreter with `essentia` installed apart (AGPL, so it is no part of this project); FOLDER holds a folder
of recordings for each work, or a table `versions.tsv`. Recordings drawn by chance ask, all are candidates.
Times are processor time, so that other work on the machine hardly counts.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import torch

from pemr.audio import decode
from pemr.covers.alignment.features import SAMPLE_RATE, cover_features
from pemr.covers.alignment.qmax import KEYS, SPEEDS, coarse_features, compare
from pemr.covers.retrieval_metrics import Ranking, rank, report
from pemr.datasets.cliques import CliqueTrack, load_clique_folder

OURS_A_SECOND = 2.15
ESSENTIA_A_SECOND = 15.6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--essentia", type=Path, required=True, help="a Python that has essentia")
    parser.add_argument("--versions", type=Path, required=True, help="recordings of works")
    parser.add_argument("--queries", type=int, default=40, help="how many recordings ask (seeded)")
    parser.add_argument(
        "--unpooled", type=int, default=2, help="so many of them ask Essentia at its own frame rate too"
    )
    options = parser.parse_args()
    torch.set_num_threads(1)
    tracks = [track for track in load_clique_folder(options.versions).tracks if track.work is not None]
    queries = sorted(random.Random(0).sample(range(len(tracks)), min(options.queries, len(tracks))))
    print(f"{options.versions.name}: {len(tracks)} tracks, {len(queries)} of them ask; load {os.getloadavg()[0]:.1f}")
    _ours(tracks, queries)
    _essentia(options.essentia, tracks, queries, options.unpooled)


def _ours(tracks: list[CliqueTrack], queries: list[int]) -> None:
    spent_s = 0.0
    features = []
    for track in tracks:
        samples = decode(track.path, SAMPLE_RATE)
        started_s = time.process_time()
        features.append(coarse_features(cover_features(samples)))
        spent_s += time.process_time() - started_s
    print(f"ours: features {1000 * spent_s / len(tracks):.0f} ms a track, decoding not counted")
    started_s = time.process_time()
    scores = np.stack([compare(features[query], features).score for query in queries])
    each_ms = 1000 * (time.process_time() - started_s) / scores.size
    single = each_ms / KEYS / len(SPEEDS)
    frames = np.mean([len(own.rows) for own in features])
    print(f"ours: {_ranked(scores, tracks, queries)}")
    print(f"ours: {each_ms:.3f} ms a pair of {frames:.0f} frames, {single:.3f} ms a pair, key and tempo")


def _essentia(python: Path, tracks: list[CliqueTrack], queries: list[int], unpooled: int) -> None:
    runs: list[dict[str, Any]] = [
        {"queries": queries, "pooled": round(ESSENTIA_A_SECOND / OURS_A_SECOND)},
        *([{"queries": queries[:unpooled], "pooled": 1}] if unpooled else []),
    ]
    script = Path(__file__).with_name("essentia_pairs.py")
    asked = json.dumps({"paths": [str(track.path) for track in tracks], "runs": runs})
    answer = subprocess.run([python, script], input=asked, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(answer.stdout)
    print(f"Essentia {found['version']}: decoding and features {found['feature_ms_a_track']:.0f} ms a track")
    for run, told in zip(runs, found["runs"], strict=True):
        name = f"Essentia, {ESSENTIA_A_SECOND / run['pooled']:.1f} frames a second"
        print(f"{name}: {_ranked(np.array(told['scores']), tracks, run['queries'])}")
        size = told["cells_a_pair"] ** 0.5
        print(f"{name}: {told['ms_a_pair']:.3f} ms a pair of {size:.0f} frames, one key, one tempo")


def _ranked(scores: np.ndarray, tracks: list[CliqueTrack], queries: list[int]) -> str:
    numbers = {track.work: number for number, track in enumerate(tracks)}
    works = [numbers[track.work] for track in tracks]
    rankings: list[Ranking | None] = [
        rank(query, row.astype(np.float64), list(range(len(works))), works, works[query])
        for query, row in zip(queries, scores, strict=True)
    ]
    return str(report([ranking for ranking in rankings if ranking is not None]))


if __name__ == "__main__":
    main()
