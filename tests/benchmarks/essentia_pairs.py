"""Version search as Essentia does it, run by a Python that has Essentia and nothing of this project.

    ESSENTIA_PYTHON essentia_pairs.py < {"paths": [...], "queries": [...], "pooled": 1} > {"scores": [[...]], ...}

HPCP of every file, 15.6 frames a second or means of `pooled` of them, then `ChromaCrossSimilarity` and
`CoverSongSimilarity` (serra09, symmetric) of every query with all files.
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
    chroma = [_pooled(_hpcp(path), asked["pooled"]) for path in asked["paths"]]
    heard_s = time.process_time() - started_s
    cross = standard.ChromaCrossSimilarity(frameStackSize=9, frameStackStride=1, binarizePercentile=0.095, oti=True)
    chain = standard.CoverSongSimilarity(
        alignmentType="serra09", distanceType="symmetric", disOnset=0.5, disExtension=0.5
    )
    started_s = time.process_time()
    scores, cells = [], 0
    for query in asked["queries"]:
        row = []
        for reference in chroma:
            _, distance = chain(cross(chroma[query], reference))
            row.append(-float(distance))
            cells += len(chroma[query]) * len(reference)
        scores.append(row)
    spent_s = time.process_time() - started_s
    pairs = len(asked["queries"]) * len(chroma)
    json.dump(
        {
            "version": essentia.__version__,
            "scores": scores,
            "feature_ms_a_track": 1000 * heard_s / len(chroma),
            "ms_a_pair": 1000 * spent_s / pairs,
            "cells_a_pair": cells / pairs,
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()
