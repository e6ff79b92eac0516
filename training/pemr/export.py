"""From a training checkpoint to a model file."""

from pathlib import Path

from pemr.checkpoint import Checkpoint, load_checkpoint
from pemr.encoder import FCN4
from pemr.errors import CheckpointError
from pemr.methods.build import build_method
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


def export(run_or_checkpoint: Path, out: Path, *, which: str = "latest") -> str:
    """Write a model file and return its model id. It has no tag heads yet.

    Raises `CheckpointError` for CLMR: a model file holds an encoder of log-mel frames, not one of samples.
    """
    path = checkpoint_file(run_or_checkpoint, which)
    checkpoint = load_checkpoint(path)
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
            "other_half_mrr": round(checkpoint.best_probe, 4) if which == "best" else None,
        },
    )
    return save_model(out, info, method.encoder, predictor)
