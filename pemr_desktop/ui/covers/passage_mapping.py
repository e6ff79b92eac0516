"""Which moment of one version is which moment of the other, read off the passages that match."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pemr_desktop.protocol.results import Passage

Side = Literal["query", "reference"]


def other_side(side: Side) -> Side:
    """The version that is compared with this one."""
    return "reference" if side == "query" else "query"


def corresponding_moment(passages: Sequence[Passage], seconds: float, side: Side, other_duration_s: float) -> float:
    """Seconds on one side -> seconds on the other, within 0 and its length.

    Inside a passage the moment is interpolated. Before, after and between passages, the nearest passage is continued
    at its own tempo. Without any passage the two are taken to start together.
    """
    spans = [_span(passage, side) for passage in passages]
    spans = [span for span in spans if span[1] > span[0]]
    if not spans:
        return min(max(0.0, seconds), max(0.0, other_duration_s))
    start, end, other_start, other_end = min(spans, key=lambda span: _distance(seconds, span[0], span[1]))
    share = (seconds - start) / (end - start)
    moment = other_start + share * (other_end - other_start)
    return min(max(0.0, moment), max(0.0, other_duration_s))


def passage_at(passages: Sequence[Passage], seconds: float, side: Side) -> int | None:
    """Index of the passage that holds this moment, None between passages."""
    for number, passage in enumerate(passages):
        start, end, _, _ = _span(passage, side)
        if start <= seconds < end:
            return number
    return None


def _span(passage: Passage, side: Side) -> tuple[float, float, float, float]:
    query = (passage.a_start_s, passage.a_end_s)
    reference = (passage.b_start_s, passage.b_end_s)
    return (*query, *reference) if side == "query" else (*reference, *query)


def _distance(seconds: float, start: float, end: float) -> float:
    return max(start - seconds, 0.0, seconds - end)
