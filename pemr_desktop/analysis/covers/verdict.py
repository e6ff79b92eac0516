"""What speaks for a pair of tracks, and what the pair is called because of it. Loads neither torch nor faiss."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pemr.covers.scores.normalisation import Background
from pemr_desktop.library.rows import Verdict

if TYPE_CHECKING:
    from pemr.covers.alignment.passages import Alignment
    from pemr_desktop.library.versions.pairs import FoundVersion

VERSION_PROBABILITY = 0.85
POSSIBLE_PROBABILITY = 0.25
NEAR_PROBABILITY = 0.02
"""Evidence of pairs at least this likely is kept: when the search is taught, nothing is compared anew."""
LEAST_PASSAGE_S = 10.0
SAME_COVERAGE, SAME_CLOSENESS, SAME_TEMPO = 0.75, 0.94, 0.015
SAME_PROBABILITY = 0.99


class Evidence(msgspec.Struct, frozen=True):
    """How far a pair lies `above` what both tracks reach with strangers, in standard deviations.

    `likeness`: mean cosine of the chroma along the path; `straight_s`: the longest passage at one tempo; `is_copy`:
    same key, same tempo, nearly the same chroma along one long straight passage.
    """

    above: float
    likeness: float
    straight_s: float
    is_copy: bool = False


def evidence_of(alignment: Alignment, above: float) -> Evidence:
    """What an alignment says of a pair that lies so far above strangers."""
    return Evidence(float(above), alignment.likeness, alignment.straight_s, is_copy(alignment))


def evidence_kept(pair: FoundVersion) -> Evidence:
    """What a library keeps of it."""
    return Evidence(pair.above or 0.0, pair.likeness or 0.0, pair.straight_s or 0.0, pair.is_copy)


def is_copy(alignment: Alignment) -> bool:
    """Same key, same tempo, nearly the same chroma along one long straight passage."""
    return (
        alignment.key_shift == 0
        and abs(alignment.tempo_ratio - 1.0) <= SAME_TEMPO
        and alignment.coverage >= SAME_COVERAGE
        and alignment.closeness >= SAME_CLOSENESS
        and alignment.straight_s >= LEAST_PASSAGE_S
    )


def call(evidence: Evidence, background: Background, candidates: int) -> tuple[Verdict, float]:
    """A verdict in words and its probability, for a pair found among so many candidates."""
    probability = background.probability(evidence.above, evidence.likeness, candidates)
    if evidence.is_copy:
        return "same recording", max(SAME_PROBABILITY, probability)
    if evidence.straight_s < LEAST_PASSAGE_S or probability < POSSIBLE_PROBABILITY:
        return "none", probability
    return ("version" if probability >= VERSION_PROBABILITY else "possible"), probability
