"""Align two tracks by their harmony: Qmax (Serrà, Serra, Andrzejak 2009), batched over many references.

A frame of one track and a frame of the other are neighbours if the nine frames from there on are among the
most alike for both. Qmax is the length of the best chain of neighbours along a path that may bend between
half and double tempo, less a penalty for gaps. Nothing in a row of that recurrence depends on its own row, so a
row is computed at once for all references laid side by side.

Key: the most likely shifts by correlation of mean chroma. Tempo: both tracks as they are, and either squeezed to
70 %; with that choice the score does not depend on which track is the query.

Many tracks are compared at the coarse rate, 2.15 frames a second; the few that score highest are rescored at the fine
one, 4.3, which tells versions from non-versions better and costs four times as much.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pemr.covers.alignment.features import FRAME_S, HALF_RATE_FRAME_S, CoverFeatures

Rows = npt.NDArray[np.float32]
Scores = npt.NDArray[np.float32]
Steps = npt.NDArray[np.int16]

STACKED = 9
"""Frames compared at once: 4.2 s at the coarse rate, 2.1 s at the fine one."""
NEIGHBOUR_SHARE = 0.05
"""Half of what Serrà, Serra and Andrzejak take: others agree by chance less often (measured on rendered works)."""
KEYS = 2
SQUEEZE = 0.7
SPEEDS = ((1.0, 1.0), (SQUEEZE, 1.0), (1.0, SQUEEZE))
"""Length factors (query, reference) that are tried."""
EQUAL_FRAMES = 3600
"""What two equal frames add to a similarity: nine of them just fit into 16 bits, which halves the memory moved."""
MIN_SIMILARITY = STACKED * EQUAL_FRAMES // 2
MATCH, GAP, APART = 2, -1, -30_000
"""Steps of the recurrence in halves: a match counts 1, a gap -0.5, and a border between tracks ends everything."""
CELLS_AT_ONCE = 1_000_000
"""Of similarities, 2 MB: what is sorted and summed stays in the processor's cache."""
COLUMNS_AT_ONCE = 8192
"""Of paths: a row of them is one call, and a call costs as much as a thousand columns."""
ROWS_AT_ONCE = 64
MAX_THREADS = 4
"""Two take 1.4 times less than one (measured); between calls to NumPy they wait for one another."""
RULES = f"{STACKED} {NEIGHBOUR_SHARE} {KEYS} {SPEEDS} {MIN_SIMILARITY} {MATCH} {GAP}"
"""What scores depend on beside features: scores that were kept under other rules do not compare."""


@dataclass(frozen=True)
class Comparison:
    """One query against many references: `score` (n,), `key_shift` (n,) 0 to 11, `speed` (n,) indices of SPEEDS."""

    score: Scores
    key_shift: npt.NDArray[np.int8]
    speed: npt.NDArray[np.int8]

    def of(self, indices: npt.NDArray[np.int64]) -> Comparison:
        """What was found of some of the references."""
        return Comparison(self.score[indices], self.key_shift[indices], self.speed[indices])


@dataclass(frozen=True)
class AlignmentFeatures:
    """A track ready to be compared: rows (t, 12) of `frame_s`, as they are and squeezed; their mean over time (12,)."""

    rows: Rows
    squeezed: Rows
    mean: Rows
    frame_s: float

    def at(self, factor: float) -> Rows:
        return self.rows if factor == 1.0 else self.squeezed


def coarse_features(features: CoverFeatures) -> AlignmentFeatures:
    """A track ready to be compared with many, 2.15 frames a second."""
    return _alignment_features(features.half_rate_rows(), HALF_RATE_FRAME_S)


def fine_features(features: CoverFeatures) -> AlignmentFeatures:
    """A track ready to be rescored, 4.3 frames a second."""
    return _alignment_features(features.rows(), FRAME_S)


def _alignment_features(rows: Rows, frame_s: float) -> AlignmentFeatures:
    mean = rows.mean(axis=0) if len(rows) else np.zeros(12, np.float32)
    return AlignmentFeatures(rows, squeeze(rows, SQUEEZE), mean / max(float(np.sqrt(mean @ mean)), 1e-6), frame_s)


def squeeze(rows: Rows, factor: float) -> Rows:
    """(t, 12) -> (t * factor, 12): every new frame is the mean of the stretch of old ones that it covers."""
    count = int(len(rows) * factor)
    total = np.concatenate([np.zeros((1, 12)), np.cumsum(rows, axis=0, dtype=np.float64)])
    edges = np.arange(count + 1) / factor
    whole = np.minimum(edges.astype(np.int64), max(len(rows) - 1, 0))
    part = (edges - whole)[:, None]
    means = np.diff(total[whole] * (1.0 - part) + total[np.minimum(whole + 1, len(rows))] * part, axis=0)
    length = np.sqrt(np.square(means).sum(axis=1, keepdims=True))
    squeezed: Rows = (means / np.maximum(length, 1e-3)).astype(np.float32)
    return squeezed


def likely_shifts(
    query: AlignmentFeatures, references: Sequence[AlignmentFeatures], keys: int = KEYS
) -> npt.NDArray[np.int64]:
    """The `keys` most likely transpositions (n, keys) of the query, 0 to 11, best first."""
    rolled = np.stack([np.roll(query.mean, shift) for shift in range(12)])
    correlation = np.stack([reference.mean for reference in references]) @ rolled.T
    return np.argsort(-correlation, axis=1, kind="stable")[:, :keys]


def compare(query: AlignmentFeatures, references: Sequence[AlignmentFeatures], keys: int = KEYS) -> Comparison:
    """Score a query against many references; the same for a batch as one by one."""
    return _compare(query, references, keys, [np.arange(len(references))] * len(SPEEDS))


def rescore(query: AlignmentFeatures, references: Sequence[AlignmentFeatures], found: Comparison) -> Comparison:
    """Score again by fine features, at the tempi that comparing the coarse ones has found."""
    return _compare(query, references, KEYS, [np.flatnonzero(found.speed == speed) for speed in range(len(SPEEDS))])


def _compare(
    query: AlignmentFeatures,
    references: Sequence[AlignmentFeatures],
    keys: int,
    at_speed: Sequence[npt.NDArray[np.int64]],
) -> Comparison:
    """`at_speed`: which references are tried at each of the speeds."""
    count = len(references)
    if not count:
        return Comparison(np.zeros(0, np.float32), np.zeros(0, np.int8), np.zeros(0, np.int8))
    likely = likely_shifts(query, references, keys)
    shifts = np.sort(likely, axis=1)
    scores = np.full((count, shifts.shape[1], len(SPEEDS)), -1.0, np.float32)
    for speed, (query_factor, reference_factor) in enumerate(SPEEDS):
        # turning the references back instead of the query forth lets all keys lie side by side
        turned = [
            np.roll(references[index].at(reference_factor), -shift, axis=1)
            for index in at_speed[speed].tolist()
            for shift in shifts[index].tolist()
        ]
        scores[at_speed[speed], :, speed] = qmax(query.at(query_factor), turned).reshape(-1, shifts.shape[1])
    lengths = np.array([len(reference.rows) for reference in references])
    shorter = np.sqrt(np.maximum(np.minimum(lengths, len(query.rows)), 1)).astype(np.float32)
    best = scores.reshape(count, -1).argmax(axis=1)
    score = np.take_along_axis(scores.reshape(count, -1), best[:, None], axis=1)[:, 0]
    key = np.take_along_axis(shifts, best[:, None] // len(SPEEDS), axis=1)[:, 0]
    return Comparison(
        score / shorter, np.where(score > 0, key, likely[:, 0]).astype(np.int8), (best % len(SPEEDS)).astype(np.int8)
    )


def _groups(tracks: Sequence[Rows], columns_at_once: int) -> Iterator[slice]:
    """Groups of tracks that lie side by side in so many columns; one that is longer goes alone."""
    first, columns = 0, 0
    for index, rows in enumerate(tracks):
        if columns and columns + _columns(rows) > columns_at_once:
            yield slice(first, index)
            first, columns = index, 0
        columns += _columns(rows)
    if first < len(tracks):
        yield slice(first, len(tracks))


def _columns(rows: Rows) -> int:
    """What a track takes beside others: a path moves two columns at most, so two empty ones end it."""
    return len(rows) + 2


def qmax(query: Rows, references: Sequence[Rows]) -> Scores:
    """Qmax (n,) of a query (t, 12) against references (t', 12): matches on the best path less half a point per gap."""

    def found(group: slice) -> Scores:
        return _best_paths(*recurrence(query, references[group]))

    parts = list(_helpers().map(found, _groups(references, COLUMNS_AT_ONCE)))
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)


@functools.cache
def _helpers() -> ThreadPoolExecutor:
    """Threads that align groups of tracks side by side: NumPy holds no lock where most of the time goes."""
    return ThreadPoolExecutor(min(MAX_THREADS, os.cpu_count() or 1), "alignment")


def _best_paths(steps: Steps, offsets: list[int]) -> Scores:
    """The best path of each reference by the steps (rows, columns) of all, which begin at `offsets`."""
    width = steps.shape[1] if steps.size else 0
    if not width:
        return np.zeros(len(offsets), np.float32)
    before, before_that, row = (np.zeros(width + 2, np.int16) for _ in range(3))
    path, best = np.zeros(width, np.int16), np.zeros(width + 1, np.int16)
    for step in steps:
        np.maximum(before[1:-1], before_that[1:-1], out=path)
        np.maximum(path, before[:-2], out=path)
        np.add(path, step, out=path)
        np.maximum(path, 0, out=row[2:])
        np.maximum(best[:-1], row[2:], out=best[:-1])
        before, before_that, row = row, before, before_that
    return np.maximum.reduceat(best, offsets).astype(np.float32) / 2.0


def recurrence(query: Rows, references: Sequence[Rows]) -> tuple[Steps, list[int]]:
    """Steps (t - 8, columns) of the path, references side by side, and the column where each begins."""
    offsets = [0, *np.cumsum([_columns(reference) for reference in references]).tolist()]
    rows = len(query) - STACKED + 1
    if rows < 2:
        return np.zeros((0, 0), np.int16), offsets[:-1]
    steps = np.full((rows, offsets[-1]), APART, np.int16)
    for group in _groups(references, max(1, CELLS_AT_ONCE // len(query))):
        _fill(steps[:, offsets[group.start] : offsets[group.stop]], query, references[group])
    return steps, offsets[:-1]


def _fill(steps: Steps, query: Rows, references: Sequence[Rows]) -> None:
    """Write the steps (t - 8, columns) of a few references, as many as the processor's cache holds.

    Two stacks are neighbours if each is among the nearest `NEIGHBOUR_SHARE` of the other's track, ties not counted.
    """
    rows, width = steps.shape
    if width < STACKED:
        return
    beside = np.zeros((width, 12), np.float32)
    offset = 0
    for reference in references:
        beside[offset : offset + len(reference)] = reference
        offset += _columns(reference)
    similarity = stacked_similarity(query, beside)
    nearest = max(1, int(np.ceil(NEIGHBOUR_SHARE * rows)))
    standing = np.ascontiguousarray(similarity.T)
    standing.partition(rows - nearest - 1, axis=1)
    column_bound = np.maximum(standing[:, rows - nearest - 1], np.int16(MIN_SIMILARITY))
    offset = 0
    for reference in references:
        columns = len(reference) - STACKED + 1
        if columns >= 2:
            here = slice(offset, offset + columns)
            part = similarity[:, here]
            near = max(1, int(np.ceil(NEIGHBOUR_SHARE * columns)))
            row_bound = np.partition(part, columns - near - 1, axis=1)[:, columns - near - 1]
            neighbours = part > np.maximum(row_bound[:, None], column_bound[here])
            np.multiply(neighbours.view(np.int8), np.int16(MATCH - GAP), out=steps[:, here], dtype=np.int16)
            steps[:, here] += GAP
        offset += _columns(reference)


def stacked_similarity(query: Rows, beside: Rows) -> Steps:
    """Sums of nine dot products in a row, 3600 for each equal pair of frames: (t - 8, columns), the last 8 empty.

    Made some rows at a time, so that what is summed stays in the processor's cache.
    """
    rows, columns = len(query) - STACKED + 1, len(beside)
    stacked = np.zeros((rows, columns), np.int16)
    scaled = np.ascontiguousarray((beside * EQUAL_FRAMES).T)
    more = STACKED - 1
    product = np.empty((ROWS_AT_ONCE + more, columns), np.float32)
    single, two, four, eight = (np.empty((ROWS_AT_ONCE + more, columns), np.int16) for _ in range(4))
    for first in range(0, rows, ROWS_AT_ONCE):
        count = min(ROWS_AT_ONCE, rows - first)
        np.matmul(query[first : first + count + more], scaled, out=product[: count + more])
        single[: count + more] = product[: count + more]
        np.add(single[: count + 7, :-1], single[1 : count + 8, 1:], out=two[: count + 7, :-1])
        np.add(two[: count + 5, :-3], two[2 : count + 7, 2:-1], out=four[: count + 5, :-3])
        np.add(four[: count + 1, :-7], four[4 : count + 5, 4:-3], out=eight[: count + 1, :-7])
        np.add(eight[:count, :-8], single[8 : count + 8, 8:], out=stacked[first : first + count, : columns - more])
    return stacked
