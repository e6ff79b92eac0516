"""What checking the cover search on a library says, and teaching it: the results of those two jobs."""

from __future__ import annotations

from typing import Literal

import msgspec

from pemr_desktop.library.rows import Verdict
from pemr_desktop.library.versions.calibration import KnownPairs
from pemr_desktop.library.versions.known_pairs import ToldBy, Truth

Sureness = Literal["too few", "fits", "too sure", "too unsure"]
LessonCode = Literal["no better", "hears no better", "more wrong", "fewer found"]


class Count(msgspec.Struct, frozen=True):
    """`right` of so many."""

    right: int = 0
    of: int = 0


class WrongPair(msgspec.Struct, frozen=True):
    """A pair that the search gets wrong. `reached` is False where it did not even compare the two."""

    track_a: int
    track_b: int
    said: Verdict
    probability: float
    truth: Truth
    told_by: ToldBy
    reached: bool = True


class SurenessBand(msgspec.Struct, frozen=True):
    """Pairs that got a probability from `low` to `high`: `right` of so many are versions, `expected` should be."""

    low: float
    high: float
    expected: float
    right: int
    of: int


class CoverQuality(msgspec.Struct, frozen=True):
    """The answer of `CheckCovers`.

    `called`: of pairs called version or same recording, how many are. `found`: of the versions that tags in the files
    tell, how many it finds; those by the same and by another artist, and the same recording, apart. `confirmed`: the
    same of pairs that the user confirmed, most of which the search has shown itself. `strangers`: of pairs of
    different works that were looked at, how many it rightly left alone. `low` and `high`: what lies between is likely
    (95 %) for the share of `called`. `not_compared`: tracks that the pass over all versions has not reached.
    `known`: what there was to check against when it began; None in reports of before that was kept.
    """

    by_you: int
    by_tags: int
    called: Count
    called_low: float
    called_high: float
    found: Count
    found_same_recording: Count
    found_same_artist: Count
    found_other_artist: Count
    confirmed: Count
    strangers: Count
    strangers_in_all: int
    bands: tuple[SurenessBand, ...]
    sureness: Sureness
    wrong: tuple[WrongPair, ...]
    not_compared: int
    taught: bool
    known: KnownPairs | None = None


class TeachingScore(msgspec.Struct, frozen=True):
    """On works that were kept aside. `doubt`: mean negative log-likelihood of the truth; less is better."""

    called: Count
    found: Count
    doubt: float


class LayerLesson(msgspec.Struct, frozen=True):
    """What another last layer of the network does by itself, on works that were kept aside.

    `why` and `reason`, the same in English: why not kept.
    """

    before: TeachingScore
    after: TeachingScore
    kept: bool
    reason: str
    why: LessonCode | None = None


class CoverTeachingResult(msgspec.Struct, frozen=True):
    """The answer of `TeachCovers`. Learned from so many pairs of so many works; `why` says why nothing was kept,
    and `reason` the same in English.

    `before`: as the search was shipped. `layer`: what became of the last layer; None without a network.
    """

    versions: int
    strangers: int
    works: int
    before: TeachingScore
    after: TeachingScore
    kept: bool
    reason: str
    changed_pairs: int = 0
    layer: LayerLesson | None = None
    why: LessonCode | None = None
