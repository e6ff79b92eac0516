"""Version search as Essentia does it, run by a Python that has Essentia and nothing of this project.

    ESSENTIA_PYTHON essentia_pairs.py < {"paths": [...], "runs": [{"queries": [...], "pooled": 1}]} > {"runs": [...]}

HPCP of every file, 15.6 frames a second or means of `pooled` of them, then `ChromaCrossSimilarity` and
`CoverSongSimilarity` of every query with all files, both as they are by default: serra09, and the distance that is the
root of the reference's length over the best score. Scores are that distance, negated.
Times are processor time of this process. `covers_essentia.py` starts it.
"""

from __future__ import annotations

import json
import sys
import time

import essentia
import essentia.standard as standard
import numpy as np
from essentia.pytools.spectral import hpcpgram

SAMPLE_RATE = 32_000


def _hpcp(path: str) -> np.ndarray:
    return hpcpgram(standard.MonoLoader(filename=path, sampleRate=SAMPLE_RATE)(), sampleRate=SAMPLE_RATE)


def _pooled(frames: np.ndarray, count: int) -> np.ndarray:
    kept = len(frames) // count * count
    return np.ascontiguousarray(frames[:kept].reshape(-1, count, 12).mean(axis=1), np.float32)


def main() -> None:
    asked = json.load(sys.stdin)
    essentia.log.infoActive = essentia.log.warningActive = False
    started_s = time.process_time()
    heard = [_hpcp(path) for path in asked["paths"]]
    heard_s = time.process_time() - started_s
    runs = [_compared([_pooled(own, run["pooled"]) for own in heard], run["queries"]) for run in asked["runs"]]
    told = {"version": essentia.__version__, "feature_ms_a_track": 1000 * heard_s / len(heard), "runs": runs}
    json.dump(told, sys.stdout)


def _compared(chroma: list[np.ndarray], queries: list[int]) -> dict[str, object]:
    cross, chain = standard.ChromaCrossSimilarity(), standard.CoverSongSimilarity()
    started_s = time.process_time()
    scores, cells = [], 0
    for query in queries:
        row = []
        for reference in chroma:
            _, distance = chain(cross(chroma[query], reference))
            row.append(-float(distance))
            cells += len(chroma[query]) * len(reference)
        scores.append(row)
    pairs = len(queries) * len(chroma)
    each_ms = 1000 * (time.process_time() - started_s) / pairs
    return {"scores": scores, "ms_a_pair": each_ms, "cells_a_pair": cells / pairs}


if __name__ == "__main__":
    main()
