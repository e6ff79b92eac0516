"""More like this: nearest tracks by sound."""

from __future__ import annotations

import numpy as np

from pemr_desktop.errors import JobRefused
from pemr_desktop.jobs.context import JobContext, Outcome
from pemr_desktop.library import queries
from pemr_desktop.protocol.messages import MoreLikeThis
from pemr_desktop.protocol.results import SimilarResult, SimilarTrack


def more_like_this(request: MoreLikeThis, context: JobContext) -> Outcome:
    """Tracks near the mean of these. Raises `JobRefused` when none of them has been listened to."""
    library = context.library
    model = context.read(queries.active_model)
    if model is None:
        raise JobRefused("nothing analysed")
    ids, vectors = library.vectors(model.id)
    chosen = np.isin(ids, np.array(request.track_ids, np.int64))
    if not chosen.any():
        raise JobRefused("chosen tracks not analysed")
    index = context.loaded_models.neighbours(library, model.id)
    nearest = index.nearest(vectors[chosen].mean(axis=0), request.limit, request.track_ids)
    tracks = tuple(SimilarTrack(track_id, similarity) for track_id, similarity in nearest)
    return Outcome(SimilarResult(tracks, index.count))
