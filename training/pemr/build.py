"""From a recipe or checkpoint to its method and the encoder kept of it; from weights of a model to modules and back."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from pemr.checkpoint import Checkpoint
from pemr.encoder import FCN4
from pemr.errors import RecipeError
from pemr.frontend import FrontEnd
from pemr.graphs.builder import Weights
from pemr.log_mel import LogMel
from pemr.methods.byol import Byol
from pemr.methods.clmr import Clmr
from pemr.methods.contract import Method
from pemr.methods.moco import Moco
from pemr.methods.pemr import Pemr
from pemr.methods.simclr import Simclr
from pemr.modelfile import Model, ModelInfo
from pemr.predictor import Predictor
from pemr.recipe import Recipe

RANDOM_ENCODER = "random encoder"
HANDCRAFTED = "MFCC + chroma"
"""The two that learned nothing, as tables and cards name them: what training has to be compared with."""


class SegmentEncoder(nn.Module):
    """Samples (B, n) at the front end's rate -> embeddings (B, 512): front end and encoder in one."""

    def __init__(self, front: nn.Module, encoder: nn.Module) -> None:
        super().__init__()
        self.front = front
        self.encoder = encoder

    def forward(self, samples: Tensor) -> Tensor:
        weight = next(self.encoder.parameters())
        return torch.as_tensor(self.encoder(self.front(samples).to(weight.dtype)))


def build_method(recipe: Recipe) -> Method:
    """The method a recipe names, freshly initialised."""
    builders: dict[str, Callable[[], Method]] = {
        "pemr": lambda: Pemr(recipe.pemr, recipe.front_end.n_mels),
        "simclr": lambda: Simclr(recipe.simclr),
        "byol": lambda: Byol(recipe.byol),
        "clmr": lambda: Clmr(recipe.clmr),
        "moco": lambda: Moco(recipe.moco),
    }
    if recipe.method not in builders:
        raise RecipeError(f"There is no method {recipe.method}. Known methods: {', '.join(sorted(builders))}")
    return builders[recipe.method]()


def segment_encoder(method: Method, front_end: FrontEnd) -> SegmentEncoder:
    """The encoder of a method behind its front end, sharing its weights and its mode (train or eval)."""
    return SegmentEncoder(method.front(front_end), method.encoder)


def trained_encoder(checkpoint: Checkpoint) -> SegmentEncoder:
    """The encoder of a checkpoint behind the front end it was trained with, in eval mode."""
    method = build_method(checkpoint.recipe)
    method.load_state_dict(checkpoint.model)
    return segment_encoder(method, checkpoint.front_end).eval()


def untrained_encoder(front_end: FrontEnd, seed: int, recipe: Recipe | None = None) -> SegmentEncoder:
    """Fresh weights drawn from a seed, behind a front end and in eval mode: FCN-4, or the encoder of a recipe's method.

    Batch norms are left at their initial statistics. The generators of the caller are left as they are.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if recipe is None:
            encoder = SegmentEncoder(LogMel(front_end), FCN4())
        else:
            encoder = segment_encoder(build_method(recipe), front_end)
    return encoder.eval()


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
