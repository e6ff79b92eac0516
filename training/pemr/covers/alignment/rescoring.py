"""Look closely at pairs of tracks: align them once more at the higher rate, at the tempo found by comparing them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pemr.covers.alignment.features import CoverFeatures
from pemr.covers.alignment.passages import explain
from pemr.covers.alignment.qmax import close_voice, compare, compare_closely, voice

Places = npt.NDArray[np.int64]


def look_closely(
    features: Sequence[CoverFeatures], pairs: Places, *, paths: bool = False
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float64]]:
    """Scores (p,) of pairs (p, 2) looked at closely; with `paths` the mean cosines (p,) along their best paths."""
    scores, likeness = np.zeros(len(pairs), np.float32), np.zeros(len(pairs))
    voices, close = [voice(found) for found in features], [close_voice(found) for found in features]
    for query in np.unique(pairs[:, 0]).tolist():
        rows = np.flatnonzero(pairs[:, 0] == query)
        others = pairs[rows, 1].tolist()
        found = compare(voices[query], [voices[other] for other in others])
        closely = compare_closely(close[query], [close[other] for other in others], found)
        scores[rows] = closely.score
        if paths:
            explained = (explain(close[query], close[other], closely, at) for at, other in enumerate(others))
            likeness[rows] = [alignment.likeness for alignment in explained]
    return scores, likeness
