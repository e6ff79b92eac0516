"""Measured pairs of a library called anew, when what they are judged by has changed: nothing is compared again."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec

from pemr_desktop.analysis.covers.verdict import call, evidence_kept
from pemr_desktop.jobs.context import JobContext
from pemr_desktop.library.versions import pairs

if TYPE_CHECKING:
    from pemr.covers.scores.normalisation import Background

UNMOVED: Mapping[tuple[int, int], float] = MappingProxyType({})


def call_anew(
    connection: sqlite3.Connection,
    background: Background,
    candidates: int,
    shifts: Mapping[tuple[int, int], float] = UNMOVED,
) -> list[int]:
    """Call all measured pairs what these figures make of them -> tracks that it concerns.

    `shifts`: how much farther above strangers some of them lie now.
    """
    calls: list[tuple[int, int, pairs.Heard | None, float, float]] = []
    for pair in pairs.measured(connection):
        evidence = evidence_kept(pair)
        above = evidence.above + shifts.get((pair.track_a, pair.track_b), 0.0)
        verdict, probability = call(msgspec.structs.replace(evidence, above=above), background, candidates)
        relation = verdict if verdict in ("same recording", "version") else None
        calls.append((pair.track_a, pair.track_b, relation, round(probability, 4), above))
    changed = pairs.call_anew(connection, calls)
    if changed:
        pairs.regroup(connection)
    return changed


def expect_anew(context: JobContext) -> list[int]:
    """Expect as many versions as the library was found to hold, and call its pairs accordingly -> tracks concerned."""
    search = context.loaded_models.covers(context.library, count_versions=True)
    with context.library.store.writing() as connection:
        return call_anew(connection, search.background, search.candidates)
