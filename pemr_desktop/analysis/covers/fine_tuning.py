"""The cover search fitted to a library: first its calibration, then the last layer of its network.

Each is kept only if it proves better. The layer is fitted to the versions that are known (`projection`). It is kept if,
on held-out works, the truth becomes likelier by more than twice what chance explains, work against work, and the
verdicts are no worse. Then the calibration is fitted again to the scores by the new layer.
"""

from __future__ import annotations

import dataclasses
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import numpy.typing as npt

from pemr.covers.scores.normalisation import ScoreModel
from pemr_desktop.analysis.covers import calibration
from pemr_desktop.analysis.covers.evaluation import LabelledScore
from pemr_desktop.analysis.covers.projection import Pair, ProjectionLayer, TrackEmbeddings
from pemr_desktop.protocol.cover_quality import CoverFitReport, FitCode, LayerFitReport
from pemr_desktop.protocol.cover_sentences import fit_reason

if TYPE_CHECKING:
    from pemr_desktop.analysis.covers.search import CoverSearch

Floats = npt.NDArray[np.float64]
BetweenSteps = Callable[[int, int], None]
"""Called between two steps, with how many of how many are done; may raise to stop."""

MIN_GAIN_SIGMA = 2.0
"""The layer must gain so many standard deviations of the gain by chance."""
PAIRS_AT_ONCE = 2000
"""Pairs whose tracks are held at once."""


@dataclasses.dataclass(frozen=True)
class SearchFit:
    """The figures and the last layer (None: the shipped one) that came of it, and the report on them."""

    score_model: ScoreModel
    layer: ProjectionLayer | None
    result: CoverFitReport


def fit_search(
    pairs: Sequence[LabelledScore],
    shipped: ScoreModel,
    candidates: int,
    embeddings: TrackEmbeddings | None,
    layer_in_use: ProjectionLayer | None,
    between_steps: BetweenSteps = lambda _done, _of: None,
) -> SearchFit:
    """Fit to known pairs, scored with the layer in use. What comes of it is measured against the shipped search.

    `embeddings`: of all tracks of these pairs; None without a network. Raises `TooFewLabels`.
    """
    if embeddings is not None and layer_in_use is not None:
        pairs = shifted(pairs, score_shifts(embeddings, pairs, layer_in_use, None))
    first = calibration.fit(pairs, shipped, shipped, candidates)
    if embeddings is None:
        return SearchFit(first.score_model, None, first.result)
    informative = calibration.informative(pairs)
    projected = shifted(informative, held_out_shifts(informative, embeddings, between_steps))
    layer_report = _layer_report(informative, projected, first.held_out, candidates)
    if not layer_report.kept:
        return SearchFit(first.score_model, None, msgspec.structs.replace(first.result, layer=layer_report))
    second = calibration.fit(projected, shipped, first.score_model, candidates)
    result = msgspec.structs.replace(
        second.result,
        before=first.result.before,
        after=second.result.after if second.result.kept else layer_report.after,
        kept=True,
        reason="",
        why=None,
        layer=layer_report,
    )
    return SearchFit(
        second.score_model, embeddings.fit(independent(informative, calibration.works_of(informative))), result
    )


def held_out_shifts(pairs: Sequence[LabelledScore], embeddings: TrackEmbeddings, between_steps: BetweenSteps) -> Floats:
    """How much the score of each pair changes (p,) with a layer that was fitted without the works of its folds."""
    works = calibration.works_of(pairs)
    folds = calibration.folds_of(works)
    versions = independent(pairs, works)
    together: dict[frozenset[int], list[int]] = defaultdict(list)
    for index, labelled in enumerate(pairs):
        together[frozenset({folds[labelled.pair.track_a], folds[labelled.pair.track_b]})].append(index)
    found = -embeddings.network_scores(_pair_ids(pairs), None)
    for done, (touched, indices) in enumerate(sorted(together.items(), key=lambda item: sorted(item[0]))):
        between_steps(done, len(together))
        rest = {pair: weight for pair, weight in versions.items() if folds[pair[0]] not in touched}
        found[indices] += embeddings.network_scores(
            _pair_ids([pairs[index] for index in indices]), embeddings.fit(rest) if rest else None
        )
    return found


def independent(pairs: Sequence[LabelledScore], works: Mapping[int, int]) -> dict[Pair, float]:
    """Known versions -> how many independent ones each counts for: a work of n tracks holds n - 1."""
    versions = [(labelled.pair.track_a, labelled.pair.track_b) for labelled in pairs if labelled.pair.is_version]
    in_work = Counter(works[track_a] for track_a, _ in versions)
    tracks = Counter(works[track] for track in {track for pair in versions for track in pair})
    return {pair: (tracks[works[pair[0]]] - 1) / in_work[works[pair[0]]] for pair in versions}


def score_shifts(
    embeddings: TrackEmbeddings,
    pairs: Sequence[LabelledScore],
    old: ProjectionLayer | None,
    new: ProjectionLayer | None,
) -> Floats:
    """How much the normalised scores of these pairs change (p,) with another last layer."""
    found: Floats = embeddings.network_scores(_pair_ids(pairs), new) - embeddings.network_scores(_pair_ids(pairs), old)
    return found


def shifts_in_library(
    search: CoverSearch,
    pairs: Sequence[Pair],
    old: ProjectionLayer | None,
    new: ProjectionLayer | None,
    between_steps: BetweenSteps = lambda _done, _of: None,
) -> dict[Pair, float]:
    """The same for pairs of the library; those that cannot be compared any more are left out."""
    found: dict[Pair, float] = {}
    for first in range(0, len(pairs) if old != new else 0, PAIRS_AT_ONCE):
        between_steps(first, len(pairs))
        part = pairs[first : first + PAIRS_AT_ONCE]
        embeddings = search.embeddings({track for pair in part for track in pair})
        if embeddings is None:
            break
        part = [pair for pair in part if pair[0] in embeddings.vectors and pair[1] in embeddings.vectors]
        found |= dict(
            zip(
                part,
                (embeddings.network_scores(part, new) - embeddings.network_scores(part, old)).tolist(),
                strict=True,
            )
        )
    return found


def shifted(pairs: Sequence[LabelledScore], by: Iterable[float]) -> list[LabelledScore]:
    """The same pairs with normalised scores that are so much higher."""
    return [
        dataclasses.replace(
            labelled,
            measurements=msgspec.structs.replace(
                labelled.measurements, normalised_score=labelled.measurements.normalised_score + float(shift)
            ),
        )
        for labelled, shift in zip(pairs, by, strict=True)
    ]


def _layer_report(
    pairs: Sequence[LabelledScore], projected: Sequence[LabelledScore], held_out: Sequence[ScoreModel], candidates: int
) -> LayerFitReport:
    """What the other layer alone does on held-out works."""
    before, after = (calibration.score(scores, held_out, candidates) for scores in (pairs, projected))
    works = calibration.works_of(pairs)
    gained: dict[int, float] = defaultdict(float)
    losses = [calibration.losses(scores, held_out, candidates) for scores in (pairs, projected)]
    for labelled, old, new in zip(pairs, *losses, strict=True):
        gained[works[labelled.pair.track_a]] += float(old - new) * labelled.weight
    gains = np.array(list(gained.values()))
    by_chance = MIN_GAIN_SIGMA * math.sqrt(float(np.square(gains - gains.mean()).sum()))
    why: FitCode | None = "hears no better"
    if float(gains.sum()) > by_chance:
        why = calibration.worse_verdicts(before, after)
    return LayerFitReport(before, after, not why, fit_reason(why, ""), why)


def _pair_ids(pairs: Iterable[LabelledScore]) -> list[Pair]:
    return [(labelled.pair.track_a, labelled.pair.track_b) for labelled in pairs]
