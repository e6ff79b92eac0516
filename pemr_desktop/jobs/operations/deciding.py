"""The user's word on suggestions."""

from __future__ import annotations

from pemr_desktop.jobs.context import JobContext, Outcome
from pemr_desktop.protocol.messages import AcceptAbove, Decide
from pemr_desktop.sentences import counted, listed


def decide(request: Decide, context: JobContext) -> Outcome:
    """Accept, reject or clear suggestions."""
    ids = context.library.decide(request.track_ids, request.tags, request.decision)
    context.touched(ids)
    said = {"accepted": "Accepted", "rejected": "Rejected", "undecided": "Took back"}[request.decision]
    return Outcome(f"{said} {listed(list(request.tags))} for {counted(len(ids), 'track')}.")


def accept_above(request: AcceptAbove, context: JobContext) -> Outcome:
    """Accept every undecided suggestion that is sure enough."""
    ids = context.library.accept_above(request.probability, request.track_ids)
    context.touched(ids)
    return Outcome(f"Accepted suggestions of at least {request.probability:.0%} for {counted(len(ids), 'track')}.")
