"""Another model: checked, kept, switched on. Analysis with it is a job of its own."""

from __future__ import annotations

import os
from pathlib import Path

from pemr_desktop.analysis.models import describe, keep_copy, load_encoder
from pemr_desktop.jobs.context import JobContext, Outcome
from pemr_desktop.jobs.messages import ActivateModel
from pemr_desktop.jobs.operations.wording import counted


def activate_model(request: ActivateModel, context: JobContext) -> Outcome:
    """Use this model file from now on. A file that cannot be used changes nothing."""
    library = context.library
    path = Path(os.fsdecode(request.path)).absolute()
    context.progress(0, 0, "Checking the model")
    encoder, path = load_encoder([path])
    kept = keep_copy(path, encoder.model_id, context.paths.models_dir)
    library.register_model(describe(encoder, kept))
    library.activate_model(encoder.model_id)
    context.touched(everything=True, models=True)
    waiting = len(library.tracks_to_analyse(encoder.model_id))
    if not waiting:
        return Outcome(f"The model “{kept.stem}” is active.")
    return Outcome(f"The model “{kept.stem}” is active; {counted(waiting, 'track')} to be listened to with it.")
