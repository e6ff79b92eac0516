"""Where supervised training begins: a model file, a self-supervised run of any FCN-4 method, or fresh weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pemr.build import build_method, untrained_encoder, weights_of
from pemr.checkpoint import load_checkpoint
from pemr.encoder import FCN4
from pemr.errors import ModelMismatch
from pemr.export import checkpoint_file, predicting_module
from pemr.frontend import FrontEnd
from pemr.graphs.fcn import EMBEDDING_WIDTH
from pemr.log_mel import normalised
from pemr.modelfile import Model, ModelInfo, PredictorShape, load_model
from pemr.predictor import Predictor
from pemr.protocols.examples import Examples, sampled_segments


def untrained_model(front_end: FrontEnd, seed: int) -> Model:
    """Fresh weights behind a front end."""
    encoder = untrained_encoder(front_end, seed).encoder
    assert isinstance(encoder, FCN4)
    return _without_heads(front_end, encoder, None, None, {"method": "none"})


def measured_on(model: Model, train: Examples, seed: int) -> Model:
    """Fresh weights again, with the normalisation of the training tracks."""
    return untrained_model(normalised(model.info.front_end, sampled_segments(train, seed)), seed)


def start_model(path: Path) -> Model:
    """A model file, or the encoder of a run folder or checkpoint. Raises `ModelMismatch` or `CheckpointError`.

    Methods other than PEMR have no predicting module; neither has the model then.
    """
    if path.suffix == ".safetensors":
        return load_model(path)
    file = checkpoint_file(path)
    checkpoint = load_checkpoint(file)
    method = build_method(checkpoint.recipe)
    method.load_state_dict(checkpoint.model)
    encoder = method.encoder
    if not isinstance(encoder, FCN4):
        raise ModelMismatch(f"{file}: the encoder of {checkpoint.recipe.method} is not FCN-4 and cannot be fine-tuned")
    predictor, shape = predicting_module(method)
    about: dict[str, object] = {
        "recipe": checkpoint.recipe.name, "method": checkpoint.recipe.method, "pretraining_steps": checkpoint.step,
    }  # fmt: skip
    return _without_heads(checkpoint.front_end, encoder, predictor, shape, about)


def _without_heads(
    front_end: FrontEnd,
    encoder: FCN4,
    predictor: Predictor | None,
    shape: PredictorShape | None,
    about: dict[str, object],
) -> Model:
    info = ModelInfo(front_end, shape, [], about)
    predicting = None if predictor is None else weights_of(predictor)
    no_heads = np.zeros((0, EMBEDDING_WIDTH), np.float32)
    return Model(info, weights_of(encoder), predicting, no_heads, np.zeros(0, np.float32), "", "")
