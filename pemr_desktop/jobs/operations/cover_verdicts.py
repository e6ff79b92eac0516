"""Measured pairs classified anew when the calibration or the prior has changed: nothing is compared again."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec

from pemr_desktop.analysis.covers.verdict import classify, stored_measurements
from pemr_desktop.jobs.context import JobContext
from pemr_desktop.library.versions import pairs

if TYPE_CHECKING:
    from pemr.covers.scores.normalisation import ScoreModel

NO_SHIFTS: Mapping[tuple[int, int], float] = MappingProxyType({})


def reclassify(
    connection: sqlite3.Connection,
    score_model: ScoreModel,
    candidates: int,
    score_shifts: Mapping[tuple[int, int], float] = NO_SHIFTS,
) -> list[int]:
    """Classify all measured pairs by these figures -> tracks whose pairs have another verdict.

    `score_shifts`: how much higher the normalised score of some of them is now.
    """
    verdicts: list[tuple[int, int, pairs.FoundRelation | None, float, float]] = []
    for pair in pairs.measured(connection):
        measurements = stored_measurements(pair)
        score = measurements.normalised_score + score_shifts.get((pair.track_a, pair.track_b), 0.0)
        measurements = msgspec.structs.replace(measurements, normalised_score=score)
        verdict, probability = classify(measurements, score_model, candidates)
        relation = verdict if verdict in ("same recording", "version") else None
        verdicts.append((pair.track_a, pair.track_b, relation, round(probability, 4), score))
    changed = pairs.reclassify(connection, verdicts)
    if changed:
        pairs.regroup(connection)
    return changed


def reestimate_prior(context: JobContext) -> list[int]:
    """Estimate the prior from what was found in the library, and classify its pairs by it -> tracks concerned."""
    search = context.loaded_models.covers(context.library, count_versions=True)
    with context.library.store.writing() as connection:
        return reclassify(connection, search.score_model, search.candidates)
