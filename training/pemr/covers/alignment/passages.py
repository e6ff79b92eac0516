"""Where two aligned tracks agree: the best chains of matches followed back, as passages of both and their tempo."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pemr.covers.alignment.features import CoverFeatures
from pemr.covers.alignment.qmax import (
    APART,
    MATCH,
    SPEEDS,
    STACKED,
    AlignmentFeatures,
    Comparison,
    Rows,
    Steps,
    coarse_features,
    compare,
    fine_features,
    recurrence,
    rescore,
)

MAX_PASSAGES = 6
PASSAGE_BEND_S = 1.4
"""A passage ends where a chain leaves the straight line by more."""


@dataclass(frozen=True)
class MatchedPassage:
    """Seconds of the query (a) that match seconds of the reference (b)."""

    a_start_s: float
    a_end_s: float
    b_start_s: float
    b_end_s: float


@dataclass(frozen=True)
class Alignment:
    """How two tracks agree. `matched_s`: seconds of the best chain; `coverage`: its share of the shorter track, 0 to 1.

    `straight_s`: seconds of the longest passage at one tempo. Others agree by hops, versions in long straight runs.
    `key_shift`: semitones from query to reference, -5 to 6. `tempo_ratio`: tempo of the reference over the query's.
    `similarity`: mean cosine of the chroma along the chain. `closeness`: the same for the best of half a frame earlier,
    as it is, or half a frame later, so that a copy cut elsewhere is as close as a whole one.
    """

    score: float
    key_shift: int
    tempo_ratio: float
    matched_s: float
    coverage: float
    straight_s: float
    similarity: float
    closeness: float
    passages: tuple[MatchedPassage, ...]


def align(query: CoverFeatures, references: Sequence[CoverFeatures]) -> list[Alignment]:
    """Score, key, tempo and matching passages of a query and each reference, all rescored at the fine rate.

    A track with a problem scores 0.
    """
    coarse = compare(coarse_features(query), [coarse_features(reference) for reference in references])
    own, others = fine_features(query), [fine_features(reference) for reference in references]
    rescored = rescore(own, others, coarse)
    return [
        explain(own, others[index], rescored, index)
        if query.problem is None and reference.problem is None
        else nothing()
        for index, reference in enumerate(references)
    ]


def nothing() -> Alignment:
    """No agreement at all."""
    return Alignment(0.0, 0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, ())


def explain(query: AlignmentFeatures, reference: AlignmentFeatures, found: Comparison, index: int) -> Alignment:
    """Follow the best chains of one compared pair back: where they run, at which tempo."""
    if found.score[index] <= 0.0:
        return nothing()
    shift = int(found.key_shift[index])
    query_factor, reference_factor = SPEEDS[int(found.speed[index])]
    a, b = np.roll(query.at(query_factor), shift, axis=1), reference.at(reference_factor)
    steps, _ = recurrence(a, [b])
    chains = list(_chains(steps))
    if not chains:
        return nothing()
    best = chains[0]
    frames_a, frames_b = query.frame_s / query_factor, reference.frame_s / reference_factor
    passages: list[MatchedPassage] = []
    for chain in chains:
        for first, last in _straight_parts(chain, PASSAGE_BEND_S / reference.frame_s):
            a_start, b_start = chain[first].tolist()
            a_end, b_end = (chain[last] + STACKED).tolist()
            passages.append(
                MatchedPassage(
                    round(a_start * frames_a, 2),
                    round(a_end * frames_a, 2),
                    round(b_start * frames_b, 2),
                    round(b_end * frames_b, 2),
                )
            )
    slope = _slope(best) * frames_a / frames_b
    similarity = _similarity(a, b, best)
    shorter = min(len(query.rows), len(reference.rows)) * query.frame_s
    matched_s = min((best[-1, 0] - best[0, 0] + STACKED) * frames_a, (best[-1, 1] - best[0, 1] + STACKED) * frames_b)
    return Alignment(
        score=float(found.score[index]),
        key_shift=(shift + 5) % 12 - 5,
        tempo_ratio=round(slope, 3),
        matched_s=float(matched_s),
        coverage=min(1.0, float(matched_s) / shorter),
        straight_s=max(min(part.a_end_s - part.a_start_s, part.b_end_s - part.b_start_s) for part in passages),
        similarity=similarity,
        closeness=max(similarity, _similarity(a, _between(b), best), _similarity(_between(a), b, best)),
        passages=tuple(sorted(passages[:MAX_PASSAGES], key=lambda passage: passage.a_start_s)),
    )


def _similarity(a: Rows, b: Rows, chain: npt.NDArray[np.int64]) -> float:
    """Mean cosine of the frames that a chain pairs."""
    return float(np.einsum("ij,ij->i", a[chain[:, 0]], b[chain[:, 1]]).mean())


def _between(rows: Rows) -> Rows:
    """Frames half a frame later: each the mean of itself and the next, of length 1."""
    means = rows + np.concatenate([rows[1:], rows[-1:]])
    moved: Rows = means / np.maximum(np.sqrt(np.square(means).sum(axis=1, keepdims=True)), 1e-3)
    return moved


def _chains(steps: Steps) -> Iterator[npt.NDArray[np.int64]]:
    """The best chain of matches (k, 2) as (row, column), then others beside it that are at least half as good."""
    remaining = steps.copy()
    best = 0.0
    for _ in range(3):
        quality = _path_quality(remaining)
        end = np.unravel_index(int(quality.argmax()), quality.shape)
        top = float(quality[end])
        if top < max(0.5 * best, 2.0 * STACKED):
            if best == 0.0 and top > 0.0:
                yield _back(quality, remaining, int(end[0]), int(end[1]))
            return
        best = best or top
        chain = _back(quality, remaining, int(end[0]), int(end[1]))
        yield chain
        remaining[chain[0, 0] : chain[-1, 0] + 1] = APART


def _path_quality(steps: Steps) -> npt.NDArray[np.int16]:
    """The whole recurrence (rows + 2, columns + 2), two empty rows and columns before the first."""
    quality = np.zeros((steps.shape[0] + 2, steps.shape[1] + 2), np.int16)
    for row, step in enumerate(steps, start=2):
        before, before_that = quality[row - 1], quality[row - 2]
        path = np.maximum(np.maximum(before[1:-1], before_that[1:-1]), before[:-2])
        np.maximum(path + step, 0, out=quality[row, 2:])
    return quality


def _back(quality: npt.NDArray[np.int16], steps: Steps, row: int, column: int) -> npt.NDArray[np.int64]:
    """Matches (k, 2) of the path that ends there, first to last."""
    cells: list[tuple[int, int]] = []
    while row >= 2 and column >= 2 and quality[row, column] > 0:
        if steps[row - 2, column - 2] == MATCH:
            cells.append((row - 2, column - 2))
        moves = ((row - 1, column - 1), (row - 2, column - 1), (row - 1, column - 2))
        row, column = max(moves, key=lambda cell: quality[cell])
    return np.array(cells[::-1], np.int64)


def _straight_parts(
    chain: npt.NDArray[np.int64], bend: float, first: int = 0, last: int | None = None
) -> list[tuple[int, int]]:
    """Cut a chain where it leaves the straight line by more than `bend` frames: pairs of indices into the chain."""
    last = len(chain) - 1 if last is None else last
    if last - first < 2 * STACKED:
        return [(first, last)]
    run = chain[first : last + 1]
    span = run[-1] - run[0]
    line = run[0, 1] + (run[:, 0] - run[0, 0]) * (span[1] / max(int(span[0]), 1))
    off = np.abs(run[:, 1] - line)
    worst = int(off.argmax())
    if off[worst] <= bend or worst < STACKED or len(run) - worst < STACKED:
        return [(first, last)]
    return _straight_parts(chain, bend, first, first + worst) + _straight_parts(chain, bend, first + worst, last)


def _slope(chain: npt.NDArray[np.int64]) -> float:
    """Rows per column along a chain: the middle of the slopes between cells half a chain apart."""
    half = len(chain) // 2
    if half < 1:
        return 1.0
    step = chain[half:] - chain[: len(chain) - half]
    return float(np.median(step[:, 0] / np.maximum(step[:, 1], 1)))
