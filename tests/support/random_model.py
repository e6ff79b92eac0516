"""A model file with random weights: the real file format, the real network, nothing learnt."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from pemr.build import weights_of
from pemr.encoder import FCN4
from pemr.frontend import FrontEnd
from pemr.graphs.fcn import EMBEDDING_WIDTH
from pemr.modelfile import ModelInfo, PredictorShape, TagHead, save_model
from pemr.predictor import Predictor

TAGS = (("jazz", "genre"), ("rock", "genre"), ("calm", "mood"), ("piano", "instrument"))


def write_random_model(path: Path, seed: int = 0, likely: bool = True) -> str:
    """Write a model file and return its id. `likely`: every tag is suggested for every sound."""
    torch.manual_seed(seed)
    front_end, shape = FrontEnd(), PredictorShape()
    tags = [TagHead(name, group, threshold=0.3) for name, group in TAGS]
    info = ModelInfo(front_end, shape, tags, {"made_by": "the tests, with random weights"})
    weight = (0.01 * torch.randn(len(tags), EMBEDDING_WIDTH)).numpy()
    bias = np.full(len(tags), 2.0 if likely else -6.0, np.float32)
    predictor = Predictor(front_end.n_mels, shape.layers, shape.heads, shape.feed_forward_width)
    return save_model(path, info, weights_of(FCN4()), weights_of(predictor), weight, bias)
