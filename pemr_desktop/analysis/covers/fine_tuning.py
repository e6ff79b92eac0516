"""Teaching the cover search: first how sure to be of what, then what to listen to, each kept only if it proves better.

The last layer of the network is fitted to the versions that are known (`cover_layer`). It is kept if, on works that
had no part in the fit, the truth becomes likelier by more than twice what chance explains, work against work, and the
verdicts are no worse. Then how sure to be of what is fitted again to what the new layer hears.
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

from pemr.covers.scores.normalisation import Background
from pemr_desktop.analysis.covers import calibration as calibrating
from pemr_desktop.analysis.covers.evaluation import Weighed
from pemr_desktop.analysis.covers.projection import HeardTracks, Pair, TaughtLayer
from pemr_desktop.protocol.cover_quality import CoverTeachingResult, LayerLesson, LessonCode
from pemr_desktop.protocol.cover_sentences import lesson_reason

if TYPE_CHECKING:
    from pemr_desktop.analysis.covers.search import CoverSearch

Floats = npt.NDArray[np.float64]
Between = Callable[[int, int], None]
"""Called between two steps, with how many of how many are done; may raise to stop."""

CHANCES = 2.0
AT_ONCE = 2000
"""Pairs whose tracks are held at once."""


@dataclasses.dataclass(frozen=True)
class Learned:
    """The figures and the last layer (None: the shipped one) that came of it, and what is told of them."""

    background: Background
    layer: TaughtLayer | None
    result: CoverTeachingResult


def learn(
    pairs: Sequence[Weighed],
    shipped: Background,
    candidates: int,
    heard: HeardTracks | None,
    in_use: TaughtLayer | None,
    between: Between = lambda _done, _of: None,
) -> Learned:
    """Learn from known pairs, weighed with the layer `in_use`. What comes of it is measured against the shipped search.

    `heard`: all tracks of these pairs; None without a network. Raises `TooFewAnswers`.
    """
    if heard is not None and in_use is not None:
        pairs = moved(pairs, shifts(heard, pairs, in_use, None))
    first = calibrating.teach(pairs, shipped, shipped, candidates)
    if heard is None:
        return Learned(first.background, None, first.result)
    telling = calibrating.telling(pairs)
    otherwise = moved(telling, held_out_shifts(telling, heard, between))
    lesson = _lesson(telling, otherwise, first.aside, candidates)
    if not lesson.kept:
        return Learned(first.background, None, msgspec.structs.replace(first.result, layer=lesson))
    second = calibrating.teach(otherwise, shipped, first.background, candidates)
    result = msgspec.structs.replace(
        second.result,
        before=first.result.before,
        after=second.result.after if second.result.kept else lesson.after,
        kept=True,
        reason="",
        why=None,
        layer=lesson,
    )
    return Learned(second.background, heard.fit(independent(telling, calibrating.works_of(telling))), result)


def held_out_shifts(pairs: Sequence[Weighed], heard: HeardTracks, between: Between) -> Floats:
    """How much farther above strangers each pair lies with a layer that was fitted without the works of its folds."""
    works = calibrating.works_of(pairs)
    folds = calibrating.folds_of(works)
    versions = independent(pairs, works)
    together: dict[frozenset[int], list[int]] = defaultdict(list)
    for place, one in enumerate(pairs):
        together[frozenset({folds[one.pair.track_a], folds[one.pair.track_b]})].append(place)
    found = -heard.above(_ids(pairs), None)
    for done, (touched, places) in enumerate(sorted(together.items(), key=lambda item: sorted(item[0]))):
        between(done, len(together))
        rest = {pair: weight for pair, weight in versions.items() if folds[pair[0]] not in touched}
        found[places] += heard.above(_ids([pairs[place] for place in places]), heard.fit(rest) if rest else None)
    return found


def independent(pairs: Sequence[Weighed], works: Mapping[int, int]) -> dict[Pair, float]:
    """Known versions -> how many independent ones each counts for: a work of n tracks holds n - 1."""
    versions = [(one.pair.track_a, one.pair.track_b) for one in pairs if one.pair.is_version]
    in_work = Counter(works[track_a] for track_a, _ in versions)
    tracks = Counter(works[track] for track in {track for pair in versions for track in pair})
    return {pair: (tracks[works[pair[0]]] - 1) / in_work[works[pair[0]]] for pair in versions}


def shifts(heard: HeardTracks, pairs: Sequence[Weighed], old: TaughtLayer | None, new: TaughtLayer | None) -> Floats:
    """How much farther above strangers these pairs lie with another last layer."""
    found: Floats = heard.above(_ids(pairs), new) - heard.above(_ids(pairs), old)
    return found


def shifts_in_library(
    search: CoverSearch,
    pairs: Sequence[Pair],
    old: TaughtLayer | None,
    new: TaughtLayer | None,
    between: Between = lambda _done, _of: None,
) -> dict[Pair, float]:
    """The same for pairs of the library; those that cannot be compared any more are left out."""
    found: dict[Pair, float] = {}
    for first in range(0, len(pairs) if old != new else 0, AT_ONCE):
        between(first, len(pairs))
        part = pairs[first : first + AT_ONCE]
        heard = search.heard({track for pair in part for track in pair})
        if heard is None:
            break
        part = [pair for pair in part if pair[0] in heard.vectors and pair[1] in heard.vectors]
        found |= dict(zip(part, (heard.above(part, new) - heard.above(part, old)).tolist(), strict=True))
    return found


def moved(pairs: Sequence[Weighed], by: Iterable[float]) -> list[Weighed]:
    """The same pairs, so much farther above strangers."""
    return [
        dataclasses.replace(
            one, evidence=msgspec.structs.replace(one.evidence, above=one.evidence.above + float(shift))
        )
        for one, shift in zip(pairs, by, strict=True)
    ]


def _lesson(
    pairs: Sequence[Weighed], otherwise: Sequence[Weighed], aside: Sequence[Background], candidates: int
) -> LayerLesson:
    """What the other layer alone does on works kept aside."""
    before, after = (calibrating.score(ones, aside, candidates) for ones in (pairs, otherwise))
    works = calibrating.works_of(pairs)
    gained: dict[int, float] = defaultdict(float)
    losses = [calibrating.losses(ones, aside, candidates) for ones in (pairs, otherwise)]
    for one, old, new in zip(pairs, *losses, strict=True):
        gained[works[one.pair.track_a]] += float(old - new) * one.weight
    gains = np.array(list(gained.values()))
    by_chance = CHANCES * math.sqrt(float(np.square(gains - gains.mean()).sum()))
    why: LessonCode | None = "hears no better"
    if float(gains.sum()) > by_chance:
        why = calibrating.worse_verdicts(before, after)
    return LayerLesson(before, after, not why, lesson_reason(why, ""), why)


def _ids(pairs: Iterable[Weighed]) -> list[Pair]:
    return [(one.pair.track_a, one.pair.track_b) for one in pairs]
