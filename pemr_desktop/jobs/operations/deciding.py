"""The user's word on suggestions."""

from __future__ import annotations

from pemr_desktop.jobs.context import JobContext, Outcome
from pemr_desktop.protocol.messages import AcceptAbove, Decide
from pemr_desktop.protocol.results import TracksDecided


def decide(request: Decide, context: JobContext) -> Outcome:
    """Accept, reject or clear suggestions."""
    ids = context.library.decide(request.track_ids, request.tags, request.decision)
    context.touched(ids)
    return Outcome(TracksDecided(len(ids)))


def accept_above(request: AcceptAbove, context: JobContext) -> Outcome:
    """Accept every undecided suggestion that is sure enough."""
    ids = context.library.accept_above(request.probability, request.track_ids)
    context.touched(ids)
    return Outcome(TracksDecided(len(ids)))
