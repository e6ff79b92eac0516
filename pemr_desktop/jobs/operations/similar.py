"""More like this: nearest tracks by sound."""

from __future__ import annotations

import numpy as np

from pemr_desktop.errors import JobRefused
from pemr_desktop.jobs.context import JobContext, Outcome
from pemr_desktop.library import queries
from pemr_desktop.protocol.messages import MoreLikeThis
from pemr_desktop.protocol.results import SimilarResult, SimilarTrack
from pemr_desktop.sentences import counted


def more_like_this(request: MoreLikeThis, context: JobContext) -> Outcome:
    """Tracks near the mean of these. Raises `JobRefused` when none of them has been listened to."""
    library = context.library
    model = context.read(queries.active_model)
    if model is None:
        raise JobRefused("No track has been listened to yet. Analyse your music first.")
    ids, vectors = library.vectors(model.id)
    chosen = np.isin(ids, np.array(request.track_ids, np.int64))
    if not chosen.any():
        raise JobRefused("The chosen tracks have not been listened to yet. Analyse them first.")
    index = context.loaded_models.neighbours(library, model.id)
    nearest = index.nearest(vectors[chosen].mean(axis=0), request.limit, request.track_ids)
    tracks = tuple(SimilarTrack(track_id, similarity) for track_id, similarity in nearest)
    return Outcome(
        f"{counted(len(tracks), 'track').capitalize()} among {index.count:,}.", SimilarResult(tracks, index.count)
    )
