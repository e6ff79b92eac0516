"""From a training checkpoint to a model file."""

from pathlib import Path

from pemr.checkpoint import Checkpoint, load_checkpoint
from pemr.errors import CheckpointError
from pemr.methods.build import build_method
from pemr.methods.pemr import Pemr
from pemr.modelfile import ModelInfo, PredictorShape, save_model


def checkpoint_file(run_or_checkpoint: Path, which: str = "latest") -> Path:
    """The checkpoint of a run folder, or the file itself."""
    if run_or_checkpoint.is_dir():
        return run_or_checkpoint / "checkpoints" / f"{which}.pt"
    return run_or_checkpoint


def load_method(checkpoint: Checkpoint) -> Pemr:
    """The trained method of a checkpoint, in eval mode. Raises `CheckpointError` for a method without a predictor."""
    method = build_method(checkpoint.recipe)
    if not isinstance(method, Pemr):
        raise CheckpointError(f"The method {checkpoint.recipe.method} has no predicting module and cannot be exported")
    method.load_state_dict(checkpoint.model)
    return method.eval()


def export(run_or_checkpoint: Path, out: Path, *, which: str = "latest") -> str:
    """Write a model file and return its model id. It has no tag heads yet."""
    path = checkpoint_file(run_or_checkpoint, which)
    checkpoint = load_checkpoint(path)
    method = load_method(checkpoint)
    settings = checkpoint.recipe.pemr
    info = ModelInfo(
        front_end=checkpoint.front_end,
        predictor=PredictorShape(settings.layers, settings.heads, settings.feed_forward_width),
        tags=[],
        provenance={
            "recipe": checkpoint.recipe.name,
            "method": checkpoint.recipe.method,
            "steps": checkpoint.step,
            "batch_size": checkpoint.recipe.train.batch_size,
            "hours": round(checkpoint.seconds / 3600, 3),
            "seed": checkpoint.recipe.train.seed,
            "other_half_mrr": round(checkpoint.best_probe, 4) if which == "best" else None,
        },
    )
    return save_model(out, info, method.encoder, method.predictor)
