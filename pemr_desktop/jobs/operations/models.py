"""Another model: checked, kept, switched on. Analysis with it is a job of its own, which follows."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from pemr_desktop.analysis.models import describe, keep_copy, load_encoder
from pemr_desktop.analysis.tag_tuning import with_tuned_heads
from pemr_desktop.jobs.context import JobContext, Outcome
from pemr_desktop.protocol.messages import ActivateModel, Analyse
from pemr_desktop.protocol.results import ModelActivated
from pemr_desktop.resources import bundled_model
from pemr_desktop.steps import Step

if TYPE_CHECKING:
    from pemr.embed import Encoder

TRACKS_AT_A_TIME = 1000


def activate_model(request: ActivateModel, context: JobContext) -> Outcome:
    """Use this model file from now on. A file that cannot be used changes nothing.

    A model that hears as the earlier one did, but was taught other tags, needs no analysis: its suggestions are made
    anew from the stored embeddings. Any other has to hear the library, which follows.
    """
    library = context.library
    path = Path(os.fsdecode(request.path)).absolute()
    context.progress(0, 0, Step("checking model"))
    encoder, path = load_encoder([path])
    kept = keep_copy(path, encoder.digest, context.paths.models_dir)
    name = path.stem if path != bundled_model() else ""
    encoder = with_tuned_heads(library, encoder)
    library.register_model(describe(encoder, kept, name))
    suggest_anew(encoder, context)
    library.activate_model(encoder.model_id)
    context.touched(everything=True, models=True)
    waiting = len(library.tracks_to_analyse(encoder.model_id))
    return Outcome(ModelActivated(path.stem, waiting), then=Analyse() if waiting else None)


def suggest_anew(encoder: Encoder, context: JobContext) -> None:
    """Probabilities of all tags for all tracks this model has analysed, from their stored vectors."""
    ids, vectors = context.library.vectors(encoder.model_id)
    tags = [tag.name for tag in encoder.vocabulary]
    for first in range(0, len(ids), TRACKS_AT_A_TIME):
        context.stop_if_cancelled()
        context.progress(first, len(ids), Step("making suggestions"))
        part = slice(first, first + TRACKS_AT_A_TIME)
        context.library.store_predictions(
            encoder.model_id, ids[part].tolist(), tags, encoder.tag_probabilities(vectors[part])
        )
