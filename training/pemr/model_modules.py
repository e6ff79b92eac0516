"""A model's weights as torch modules that can be trained, and back."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from pemr.encoder import FCN4
from pemr.graphs.builder import Weights
from pemr.modelfile import Model, ModelInfo
from pemr.predictor import Predictor


def weights_of(module: nn.Module) -> dict[str, np.ndarray]:
    """Parameters and running statistics of a module, as a model file keeps them."""
    return {name: value.detach().cpu().numpy().copy() for name, value in module.state_dict().items()}


def state_of(weights: Weights) -> dict[str, Tensor]:
    """The same the other way round, for `load_state_dict`."""
    return {name: torch.from_numpy(np.array(value)) for name, value in weights.items()}


def encoder_module(model: Model) -> FCN4:
    """The encoder of a model, in eval mode and frozen."""
    encoder = FCN4()
    encoder.load_state_dict(state_of(model.encoder))
    return encoder.eval().requires_grad_(False)


def predictor_module(model: Model) -> Predictor | None:
    """The predicting module of a model, in eval mode and frozen; None for a model that has none."""
    predictor = build_predictor(model.info)
    if predictor is None or model.predictor is None:
        return None
    predictor.load_state_dict(state_of(model.predictor))
    return predictor.eval().requires_grad_(False)


def build_predictor(info: ModelInfo) -> Predictor | None:
    """The predicting module of the described shape, untrained; None for a model that has none."""
    shape = info.predictor
    if shape is None:
        return None
    return Predictor(info.front_end.n_mels, shape.layers, shape.heads, shape.feed_forward_width)
