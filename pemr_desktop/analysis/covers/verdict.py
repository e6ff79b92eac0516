"""What was measured of a pair of tracks, and the verdict it is classified into. Loads neither torch nor faiss."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pemr.covers.scores.normalisation import ScoreModel
from pemr_desktop.library.rows import Verdict

if TYPE_CHECKING:
    from pemr.covers.alignment.passages import Alignment
    from pemr_desktop.library.versions.pairs import FoundVersion

VERSION_PROBABILITY = 0.85
POSSIBLE_PROBABILITY = 0.25
MIN_STORED_PROBABILITY = 0.02
"""Measurements of pairs at least this likely are stored: when the search is fitted, nothing is compared anew."""
MIN_PASSAGE_S = 10.0
SAME_COVERAGE, SAME_CLOSENESS, SAME_TEMPO = 0.75, 0.94, 0.015
SAME_PROBABILITY = 0.99


class PairMeasurements(msgspec.Struct, frozen=True):
    """`normalised_score`: in standard deviations above what both tracks reach with their cohort.

    `similarity`: mean cosine of the chroma along the path; `straight_s`: the longest passage at one tempo; `is_copy`:
    same key, same tempo, nearly the same chroma along one long straight passage.
    """

    normalised_score: float
    similarity: float
    straight_s: float
    is_copy: bool = False


def measurements_of(alignment: Alignment, normalised_score: float) -> PairMeasurements:
    """Of a pair that is aligned in this way and has this score."""
    return PairMeasurements(float(normalised_score), alignment.similarity, alignment.straight_s, is_copy(alignment))


def stored_measurements(pair: FoundVersion) -> PairMeasurements:
    """What a library keeps of them."""
    return PairMeasurements(pair.normalised_score or 0.0, pair.similarity or 0.0, pair.straight_s or 0.0, pair.is_copy)


def is_copy(alignment: Alignment) -> bool:
    """Same key, same tempo, nearly the same chroma along one long straight passage."""
    return (
        alignment.key_shift == 0
        and abs(alignment.tempo_ratio - 1.0) <= SAME_TEMPO
        and alignment.coverage >= SAME_COVERAGE
        and alignment.closeness >= SAME_CLOSENESS
        and alignment.straight_s >= MIN_PASSAGE_S
    )


def classify(pair: PairMeasurements, score_model: ScoreModel, candidates: int) -> tuple[Verdict, float]:
    """A verdict in words and its probability, for a pair found among so many candidates."""
    probability = score_model.probability(pair.normalised_score, pair.similarity, candidates)
    if pair.is_copy:
        return "same recording", max(SAME_PROBABILITY, probability)
    if pair.straight_s < MIN_PASSAGE_S or probability < POSSIBLE_PROBABILITY:
        return "none", probability
    return ("version" if probability >= VERSION_PROBABILITY else "possible"), probability
