"""The table of a comparison: mean over seeds, how far seeds and albums move it, and the paired distance to PEMR."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np

from pemr.comparison.scoring import Score, Values, interval
from pemr.time_spent import TimeSpent


@dataclass(frozen=True)
class Entry:
    """A score of one run; `steps` and `spent` are what training took, nothing for encoders that were not trained."""

    name: str
    seed: int
    score: Score
    steps: int = 0
    spent: TimeSpent = field(default_factory=TimeSpent)


class Line(msgspec.Struct, frozen=True):
    """One method. `seed_spread` is the standard deviation over seeds; `difference` is to the first trained method.

    `hours` by the clock and of the processor are means over seeds; the latter None where a run did not count them all.
    """

    name: str
    seeds: int
    steps: int
    hours: float
    roc_auc: float
    seed_spread: float | None
    interval: tuple[float, float]
    pr_auc: float
    difference: float | None = None
    difference_interval: tuple[float, float] | None = None
    processor_hours: float | None = None


def lines(entries: Sequence[Entry], reference: str | None) -> list[Line]:
    """One line for each name, in the order in which names first appear. Intervals are over drawn albums.

    `reference` is the method that the others are compared with, on the seeds that both have, album draw by album draw.
    """
    against = [entry for entry in entries if entry.name == reference]
    return [
        _line([entry for entry in entries if entry.name == name], [] if name == reference else against)
        for name in dict.fromkeys(entry.name for entry in entries)
    ]


def _line(entries: Sequence[Entry], against: Sequence[Entry]) -> Line:
    values = [entry.score.roc_auc for entry in entries]
    difference, sure = _difference(entries, against)
    return Line(
        name=entries[0].name,
        seeds=len(entries),
        steps=max(entry.steps for entry in entries),
        hours=mean_hours(entries),
        roc_auc=float(np.mean(values)),
        seed_spread=float(np.std(values, ddof=1)) if len(values) > 1 else None,
        interval=interval(_mean_draws(entries)),
        pr_auc=float(np.mean([entry.score.pr_auc for entry in entries])),
        difference=difference,
        difference_interval=sure,
        processor_hours=mean_processor_hours(entries),
    )


def mean_hours(entries: Sequence[Entry]) -> float:
    """Hours of training by the clock."""
    return float(np.mean([entry.spent.hours for entry in entries]))


def mean_processor_hours(entries: Sequence[Entry]) -> float | None:
    """Hours of the processor, None if they are not known of every run."""
    known = [entry.spent.processor_hours for entry in entries if not entry.spent.counted_from]
    return float(np.mean(known)) if len(known) == len(entries) else None


def _difference(
    entries: Sequence[Entry], against: Sequence[Entry]
) -> tuple[float, tuple[float, float]] | tuple[None, None]:
    trained = entries[0].steps > 0
    common = {entry.seed for entry in entries} & {entry.seed for entry in against}
    mine = [entry for entry in entries if not trained or entry.seed in common]
    other = [entry for entry in against if not trained or entry.seed in common]
    if not mine or not other:
        return None, None
    value = np.mean([entry.score.roc_auc for entry in mine]) - np.mean([entry.score.roc_auc for entry in other])
    return float(value), interval(_mean_draws(mine) - _mean_draws(other))


def _mean_draws(entries: Sequence[Entry]) -> Values:
    return np.asarray(np.mean([entry.score.roc_draws for entry in entries], axis=0), np.float64)
