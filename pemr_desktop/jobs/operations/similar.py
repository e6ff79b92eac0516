"""More like this: nearest tracks by sound."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pemr_desktop.errors import JobRefused
from pemr_desktop.jobs.context import JobContext, Outcome
from pemr_desktop.jobs.operations.listening import listen_at_once
from pemr_desktop.library import queries
from pemr_desktop.protocol.messages import MoreLikeThis
from pemr_desktop.protocol.results import SimilarResult, SimilarTrack


def more_like_this(request: MoreLikeThis, context: JobContext) -> Outcome:
    """Tracks near the mean of these, of which one at least is listened to first if need be.

    Raises `JobRefused` when none of them can be listened to.
    """
    heard = _heard(request, context)
    if heard is None:
        listen_at_once(request.track_ids[:1], context)
        heard = _heard(request, context)
    if heard is None:
        raise JobRefused("chosen tracks not analysed")
    model_id, vectors = heard
    index = context.loaded_models.neighbours(context.library, model_id)
    nearest = index.nearest(vectors.mean(axis=0), request.limit, request.track_ids)
    tracks = tuple(SimilarTrack(track_id, similarity) for track_id, similarity in nearest)
    return Outcome(SimilarResult(tracks, index.count))


def _heard(request: MoreLikeThis, context: JobContext) -> tuple[str, npt.NDArray[np.float32]] | None:
    """The active model and the vectors (n, d) of those of the tracks that it has heard; None if it is none of them."""
    model = context.read(queries.active_model)
    if model is None:
        return None
    ids, vectors = context.library.vectors(model.id)
    chosen = np.isin(ids, np.array(request.track_ids, np.int64))
    return (model.id, vectors[chosen]) if chosen.any() else None
