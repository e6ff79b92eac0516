"""What checking the cover search on a library says, and fitting it to one: the results of those two jobs."""

from __future__ import annotations

from typing import Literal

import msgspec

from pemr_desktop.library.rows import Verdict
from pemr_desktop.library.versions.calibration import KnownPairCounts
from pemr_desktop.library.versions.known_pairs import ToldBy, Truth

Sureness = Literal["too few", "fits", "too sure", "too unsure"]
FitCode = Literal["no better", "hears no better", "more wrong", "fewer found"]


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
    same of pairs that the user confirmed, most of which the search has shown itself. `non_versions`: of pairs of
    different works that were scored, how many it rightly left alone. `low` and `high`: what lies between is likely
    (95 %) for the share of `called`. `not_compared`: tracks that the pass over all versions has not reached.
    `fitted`: whether it was of a search that is fitted to the library. `known`: what there was to check against when it
    began; None in reports of before that was kept. Reports are stored, some fields under the names they had first.
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
    non_versions: Count = msgspec.field(name="strangers")
    non_versions_in_all: int = msgspec.field(name="strangers_in_all")
    bands: tuple[SurenessBand, ...]
    sureness: Sureness
    wrong: tuple[WrongPair, ...]
    not_compared: int
    fitted: bool = msgspec.field(name="taught")
    known: KnownPairCounts | None = None


class FitScore(msgspec.Struct, frozen=True):
    """On works that were kept aside. `doubt`: mean negative log-likelihood of the truth; less is better."""

    called: Count
    found: Count
    doubt: float


class LayerFitReport(msgspec.Struct, frozen=True):
    """What another last layer of the network does by itself, on works that were kept aside.

    `why` and `reason`, the same in English: why not kept.
    """

    before: FitScore
    after: FitScore
    kept: bool
    reason: str
    why: FitCode | None = None


class CoverFitReport(msgspec.Struct, frozen=True):
    """The answer of `FitCoverSearch`. Fitted to so many pairs of so many works; `why` says why nothing was kept,
    and `reason` the same in English.

    `before`: as the search was shipped. `layer`: what became of the last layer; None without a network.
    """

    versions: int
    non_versions: int = msgspec.field(name="strangers")
    works: int
    before: FitScore
    after: FitScore
    kept: bool
    reason: str
    changed_pairs: int = 0
    layer: LayerFitReport | None = None
    why: FitCode | None = None
