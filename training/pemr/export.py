"""From a training checkpoint to a model file."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from pemr.build import build_method, weights_of
from pemr.checkpoint import Checkpoint, load_checkpoint
from pemr.encoder import FCN4
from pemr.errors import CheckpointError
from pemr.methods.contract import Method
from pemr.methods.pemr import Pemr
from pemr.modelfile import ModelInfo, PredictorShape, save_model
from pemr.predictor import Predictor


def checkpoint_file(run_or_checkpoint: Path, which: str = "latest") -> Path:
    """The checkpoint of a run folder, or the file itself."""
    if run_or_checkpoint.is_dir():
        return run_or_checkpoint / "checkpoints" / f"{which}.pt"
    return run_or_checkpoint


def load_method(checkpoint: Checkpoint) -> Method:
    """The trained method of a checkpoint, in eval mode."""
    method = build_method(checkpoint.recipe)
    method.load_state_dict(checkpoint.model)
    return method.eval()


def predicting_module(method: Method) -> tuple[Predictor, PredictorShape] | tuple[None, None]:
    """What tells which moments matter, if the method trained it: PEMR with a mask does, the baselines have none."""
    if not isinstance(method, Pemr) or method.settings.masks == "none":
        return None, None
    settings = method.settings
    return method.predictor, PredictorShape(settings.layers, settings.heads, settings.feed_forward_width)


def mean_of_checkpoints(run: Path, first_step: int) -> tuple[Checkpoint, list[int]]:
    """The latest checkpoint of a run with the mean weights of all that were kept from a step on, and their steps.

    Weights that still move around an optimum have their mean nearer to it than each of them (Izmailov et al. 2018). The
    running statistics of batch norm are averaged too, not measured anew. Raises `CheckpointError` if nothing was kept.
    """
    latest = load_checkpoint(checkpoint_file(run, "latest"))
    kept = [load_checkpoint(path) for path in sorted((run / "checkpoints").glob("step-*.pt"))]
    chosen = [checkpoint for checkpoint in kept if first_step <= checkpoint.step < latest.step]
    if not chosen:
        raise CheckpointError(
            f"{run} has kept no checkpoint from step {first_step} on. A run keeps every 200th with "
            "--set train.keep_steps=200, also when it goes on."
        )
    models = [checkpoint.model for checkpoint in (*chosen, latest)]
    latest.model = {name: _mean([model[name] for model in models]) for name in latest.model}
    return latest, [checkpoint.step for checkpoint in (*chosen, latest)]


def _mean(values: list[Tensor]) -> Tensor:
    """The mean; of what is counted, the latest."""
    if not values[-1].is_floating_point():
        return values[-1]
    return torch.stack([value.double() for value in values]).mean(dim=0).to(values[-1].dtype)


def export(run_or_checkpoint: Path, out: Path, *, which: str = "latest", mean_from: int | None = None) -> str:
    """Write a model file and return its model id. It has no tag heads yet.

    `mean_from`: of a run folder the mean of the weights kept from that step on. Raises `CheckpointError`, also for
    CLMR: a model file holds an encoder of log-mel frames, not one of samples.
    """
    path = checkpoint_file(run_or_checkpoint, which)
    steps: list[int] = []
    if mean_from is None:
        checkpoint = load_checkpoint(path)
    else:
        checkpoint, steps = mean_of_checkpoints(run_or_checkpoint, mean_from)
    method = load_method(checkpoint)
    if not isinstance(method.encoder, FCN4):
        raise CheckpointError(
            f"{path} was trained by {checkpoint.recipe.method}, whose encoder hears samples. A model file holds an "
            "encoder of log-mel frames; measure this one with: pemr-train evaluate methods, or pemr-train probe"
        )
    predictor, shape = predicting_module(method)
    info = ModelInfo(
        front_end=checkpoint.front_end,
        predictor=shape,
        tags=[],
        provenance={
            "recipe": checkpoint.recipe.name,
            "method": checkpoint.recipe.method,
            "steps": checkpoint.step,
            "batch_size": checkpoint.recipe.train.batch_size,
            **checkpoint.spent.provenance(),
            "seed": checkpoint.recipe.train.seed,
            "other_half_mrr": round(checkpoint.best_probe, 4) if which == "best" and not steps else None,
            **({"mean_of_steps": steps} if steps else {}),
        },
    )
    return save_model(out, info, weights_of(method.encoder), None if predictor is None else weights_of(predictor))
