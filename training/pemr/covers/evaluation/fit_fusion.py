"""How much a network counts beside alignment, fitted to tracks whose works are known."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from pemr.covers.alignment.features import CoverFeatures
from pemr.covers.alignment.qmax import compare, voice
from pemr.covers.alignment.rescoring import look_closely
from pemr.covers.networks.similarity import both_ways
from pemr.covers.scores.fusion import (
    Floats,
    Joining,
    Vectors,
    Weighing,
    above_of_pairs,
    habits_of,
    seen_closely,
    strangers_among,
)
from pemr.covers.scores.map_logistic import fit_evidence
from pemr.covers.scores.normalisation import Background, robust_deviation
from pemr.errors import CorpusError

FAR_STRANGERS = 0.999
FAR_NEAR_STRANGERS = 0.99
"""The share of strangers, and of those that come nearest, below the point where sum and alignment mean the same."""
NEAR = 3
"""Of the strangers of a set so many that come nearest to a track are looked at closely."""
RIDGE = 1e-3


def fit_joining(
    features: Sequence[CoverFeatures],
    vectors: Sequence[Vectors],
    works: Sequence[str | None],
    background: Background,
) -> Joining:
    """Logistic regression of version against stranger; `vectors`: of the half minutes of each track.

    All versions are aligned, and all tracks with some strangers. What counts at a close look is fitted to those that
    come nearest. Raises `CorpusError` if there are no versions or no strangers among them.
    """
    count = len(features)
    voices = [voice(found) for found in features]
    frames = np.array([found.half_rate_frames for found in features])
    strangers = strangers_among(count)
    first = [a for a in range(count) for _ in strangers]
    second = [b for _ in range(count) for b in strangers]
    unlike = np.array([works[a] is None or works[a] != works[b] for a, b in zip(first, second, strict=True)])
    versions = [
        (a, b) for a in range(count) for b in range(a + 1, count) if works[a] is not None and works[a] == works[b]
    ]
    if not versions or not unlike.any():
        raise CorpusError("There are no versions or no strangers among these tracks, so nothing can be fitted.")
    pairs = np.array([pair for pair, kept in zip(zip(first, second, strict=True), unlike, strict=True) if kept])
    pairs = np.concatenate([np.array(versions), pairs])
    same = np.arange(len(pairs)) < len(versions)

    scores = np.stack([compare(own, [voices[b] for b in strangers]).score for own in voices])
    true_scores = [float(compare(voices[a], [voices[b]]).score[0]) for a, b in versions]
    all_aligned = background.compared.excess(scores, frames[:, None], frames[None, strangers])
    true_aligned = background.compared.excess(true_scores, frames[pairs[same, 0]], frames[pairs[same, 1]])
    aligned = np.concatenate([true_aligned, all_aligned.reshape(-1)[unlike]])
    habits = habits_of(all_aligned, strangers, background)

    cosines = np.stack([both_ways(own, [vectors[b] for b in strangers]) for own in vectors])
    true_cosines = np.array([both_ways(vectors[a], [vectors[b]])[0] for a, b in versions])
    middle = float(np.median(cosines.reshape(-1)[unlike]))
    spread = max(1e-6, robust_deviation(cosines.reshape(-1)[unlike]))
    joining = Joining(Weighing(0.0), Weighing(0.0), len(versions), middle, spread)
    heard = above_of_pairs(
        np.concatenate([joining.excess(true_cosines), joining.excess(cosines).reshape(-1)[unlike]]),
        pairs,
        habits_of(joining.excess(cosines), strangers, background),
    )
    by_alignment = above_of_pairs(aligned, pairs, habits)
    compared = _fit_weighing(by_alignment, heard, same, FAR_STRANGERS)

    near = _nearest(compared.above(by_alignment, heard), pairs, same)
    if not same[near].any():  # too few tracks for a close look to tell
        return msgspec.structs.replace(joining, compared=compared, closely=compared)
    scored = look_closely(features, pairs[near])[0]
    closely = background.closely.excess(scored, frames[pairs[near, 0]], frames[pairs[near, 1]])
    by_look = above_of_pairs(seen_closely(aligned[near], closely), pairs[near], habits)
    looked = _fit_weighing(by_look, heard[near], same[near], FAR_NEAR_STRANGERS)
    return msgspec.structs.replace(joining, compared=compared, closely=looked)


def _nearest(above: Floats, pairs: npt.NDArray[np.int64], same: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """The strangers that come nearest to each track, and versions that come nearer than these."""
    nearest: list[int] = []
    for track in np.unique(pairs):
        strangers = np.flatnonzero((pairs[:, 0] == track) & ~same)
        strangers = strangers[np.argsort(-above[strangers], kind="stable")[:NEAR]]
        versions = np.flatnonzero((pairs == track).any(axis=1) & same)
        nearest += strangers.tolist()
        nearest += versions[above[versions] > above[strangers].min(initial=np.inf)].tolist()
    return np.unique(nearest)


def _fit_weighing(aligned: Floats, heard: Floats, same: npt.NDArray[np.bool_], far: float) -> Weighing:
    """The weight by logistic regression; scale and offset by what strangers reach in the middle and at the top."""
    rows = np.stack([np.ones(len(aligned)), aligned, heard], axis=1)
    _, of_alignment, of_network = fit_evidence(rows, same.astype(np.float64), np.zeros(3), np.full(3, RIDGE**-0.5))
    weighing = Weighing(max(0.0, float(of_network / max(of_alignment, 1e-6))))
    middle, top = np.quantile(weighing.above(aligned, heard)[~same], (0.5, far))
    aligned_middle, aligned_top = np.quantile(aligned[~same], (0.5, far))
    scale = float((aligned_top - aligned_middle) / max(1e-6, top - middle))
    return Weighing(weighing.weight, scale, float(aligned_middle - scale * middle))
