"""What can be probed: a model file, a checkpoint, fresh weights, or MFCC and chroma. All map samples to vectors."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from pemr.build import SegmentEncoder, encoder_module, trained_encoder, untrained_encoder
from pemr.checkpoint import load_checkpoint
from pemr.export import checkpoint_file
from pemr.frontend import FrontEnd
from pemr.graphs.fcn import EMBEDDING_WIDTH
from pemr.handcrafted import HANDCRAFTED_WIDTH, MfccChroma
from pemr.log_mel import LogMel, normalised
from pemr.modelfile import load_model
from pemr.protocols.examples import Examples, sampled_segments
from pemr.recipe import Recipe, load_recipe

RANDOM = "random"
MFCC_CHROMA = "mfcc-chroma"


@dataclass(frozen=True)
class ProbedEncoder:
    """A network in eval mode: samples (B, segment_samples) at the front end's rate -> vectors (B, width).

    `key` names what its vectors depend on; vectors of different keys never mix.
    """

    name: str
    key: str
    front_end: FrontEnd
    width: int
    network: nn.Module
    fresh: Recipe | None = None
    """The recipe of fresh weights, which have no normalisation of their own yet."""

    def measured_on(self, train: Examples, seed: int) -> ProbedEncoder:
        """Fresh weights get the normalisation of the training tracks; anything else is as it is."""
        if self.fresh is None:
            return self
        return _fresh(self.fresh, normalised(self.front_end, sampled_segments(train, seed)), self.name, seed)


def open_encoder(what: str, seed: int = 1) -> ProbedEncoder:
    """`what`: a model file, a run folder or checkpoint, `random[:RECIPE]` (fresh weights by `seed`) or `mfcc-chroma`.

    Raises `ModelMismatch`, `CheckpointError` or `RecipeError`.
    """
    if what == MFCC_CHROMA:
        handcrafted = _Handcrafted()
        return ProbedEncoder(what, MFCC_CHROMA, handcrafted.features.front_end, HANDCRAFTED_WIDTH, handcrafted)
    kind, _, recipe_name = what.partition(":")
    if kind == RANDOM:
        recipe = load_recipe(recipe_name or "default")
        return _fresh(recipe, recipe.front_end, what, seed)
    path = Path(what)
    if path.suffix == ".safetensors":
        model = load_model(path)
        network = SegmentEncoder(LogMel(model.info.front_end), encoder_module(model))
        return ProbedEncoder(path.name, model.model_id, model.info.front_end, EMBEDDING_WIDTH, network.eval())
    file = checkpoint_file(path)
    checkpoint = load_checkpoint(file)
    trained = trained_encoder(checkpoint)
    name = f"{path.name} at step {checkpoint.step}"
    return ProbedEncoder(name, _key(trained, checkpoint.front_end), checkpoint.front_end, EMBEDDING_WIDTH, trained)


def _fresh(recipe: Recipe, front_end: FrontEnd, name: str, seed: int) -> ProbedEncoder:
    network = untrained_encoder(front_end, seed, recipe)
    return ProbedEncoder(name, _key(network, front_end), front_end, EMBEDDING_WIDTH, network, fresh=recipe)


def _key(network: nn.Module, front_end: FrontEnd) -> str:
    sha = hashlib.sha256(repr(front_end).encode())
    for name, value in network.state_dict().items():
        sha.update(name.encode())
        sha.update(value.contiguous().numpy().tobytes())
    return sha.hexdigest()[:16]


class _Handcrafted(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.features = MfccChroma()

    def forward(self, samples: Tensor) -> Tensor:
        rows = [self.features.embed_samples(row, max_segments=1).segments[0] for row in samples.cpu().numpy()]
        return torch.from_numpy(np.stack(rows))
