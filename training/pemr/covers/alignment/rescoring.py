"""Second-stage rescoring: pairs aligned again at the fine rate, at the tempo that the coarse comparison has found."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pemr.covers.alignment.features import CoverFeatures
from pemr.covers.alignment.passages import explain
from pemr.covers.alignment.qmax import coarse_features, compare, fine_features, rescore

Indices = npt.NDArray[np.int64]


def rescore_pairs(
    features: Sequence[CoverFeatures], pairs: Indices, *, paths: bool = False
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float64]]:
    """Scores (p,) of pairs (p, 2) at the fine rate; with `paths` the mean cosines (p,) along their best paths."""
    scores, similarity = np.zeros(len(pairs), np.float32), np.zeros(len(pairs))
    coarse, fine = [coarse_features(track) for track in features], [fine_features(track) for track in features]
    for query in np.unique(pairs[:, 0]).tolist():
        rows = np.flatnonzero(pairs[:, 0] == query)
        references = pairs[rows, 1].tolist()
        compared = compare(coarse[query], [coarse[reference] for reference in references])
        rescored = rescore(fine[query], [fine[reference] for reference in references], compared)
        scores[rows] = rescored.score
        if paths:
            aligned = [explain(fine[query], fine[other], rescored, index) for index, other in enumerate(references)]
            similarity[rows] = [alignment.similarity for alignment in aligned]
    return scores, similarity
