"""Similarity of tracks by the vectors of their half minutes. Loads no torch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]


def best_of_shingles(query: Vectors, references: Sequence[Vectors]) -> Vectors:
    """Similarity of a query (n, d) to each reference (m, d): mean over the query's parts of their best match (r,)."""
    stacked, edges = _side_by_side(references)
    means: Vectors = np.maximum.reduceat(query @ stacked.T, edges, axis=1).mean(axis=0)
    return means


def both_ways(query: Vectors, references: Sequence[Vectors]) -> Vectors:
    """Similarity (r,) as the mean of the query's to each reference and of each reference's to the query."""
    stacked, edges = _side_by_side(references)
    cosines = query @ stacked.T
    there = np.maximum.reduceat(cosines, edges, axis=1).mean(axis=0)
    parts = np.array([len(reference) for reference in references])
    back = np.add.reduceat(cosines.max(axis=0), edges) / parts
    similarity: Vectors = ((there + back) / 2).astype(np.float32)
    return similarity


def _side_by_side(references: Sequence[Vectors]) -> tuple[Vectors, npt.NDArray[np.int64]]:
    """All references as one, and the row where each begins."""
    edges = np.cumsum([0, *(len(reference) for reference in references)])[:-1]
    return np.concatenate(references), edges
