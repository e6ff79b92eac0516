"""A checkpoint of any method becomes a model file; only PEMR leaves the module that says which moments matter."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pemr.build import trained_encoder, weights_of
from pemr.checkpoint import load_checkpoint
from pemr.embed import Encoder
from pemr.encoder import FCN4
from pemr.errors import CheckpointError, ModelMismatch
from pemr.export import export
from pemr.frontend import FrontEnd
from pemr.modelfile import ModelInfo, PredictorShape, load_model, save_model
from pemr.pretrain import pretrain
from pemr.recipe import load_recipe

NOISE = np.random.default_rng(1).uniform(-0.3, 0.3, 16_000 * 8).astype(np.float32)


@pytest.fixture(scope="module")
def trained(music: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """A run folder of two steps of the method asked for."""
    folder = tmp_path_factory.mktemp("runs")

    def run(method: str, *settings: str) -> Path:
        out = folder / f"{method}{len(settings)}"
        recipe = load_recipe(
            "default",
            [f"method={method}", "train.max_steps=1", "train.batch_size=2", "front_end.segment_samples=16384",
             "data.clip_s=2.0", "train.threads=1", *settings],
        )  # fmt: skip
        pretrain(recipe, [music], out, listener=lambda event: None, cache=folder / "cache")
        return out

    return run


@pytest.mark.parametrize("method", ["simclr", "byol", "moco"])
def test_a_baseline_is_a_model_without_an_importance_curve(
    trained: Callable[..., Path], method: str, tmp_path: Path
) -> None:
    run, out = trained(method), tmp_path / "model.safetensors"
    model_id = export(run, out)
    model = load_model(out)
    assert (model.predictor, model.info.predictor) == (None, None)
    assert model.info.provenance["method"] == method
    track = Encoder.load(out).embed_samples(NOISE)
    assert Encoder.load(out).model_id == model_id
    assert track.importance.shape == (0,)
    expected = trained_encoder(load_checkpoint(run / "checkpoints" / "latest.pt"))
    import torch

    with torch.inference_mode():
        direct = expected(torch.from_numpy(NOISE[:16_384])[None])[0]
    np.testing.assert_allclose(track.segments[0], direct, atol=1e-4)


def test_pemr_keeps_its_predicting_module_unless_it_was_trained_without_masks(
    trained: Callable[..., Path], tmp_path: Path
) -> None:
    export(trained("pemr"), tmp_path / "pemr.safetensors")
    assert load_model(tmp_path / "pemr.safetensors").predictor is not None
    assert len(Encoder.load(tmp_path / "pemr.safetensors").embed_samples(NOISE).importance) == 32
    export(trained("pemr", "pemr.masks=none"), tmp_path / "unmasked.safetensors")
    assert load_model(tmp_path / "unmasked.safetensors").predictor is None


def test_the_mean_of_the_weights_that_a_run_kept_can_be_exported(trained: Callable[..., Path], tmp_path: Path) -> None:
    run = trained("simclr", "train.keep_steps=1", "train.max_steps=3")
    export(run, tmp_path / "mean.safetensors", mean_from=2)
    mean = load_model(tmp_path / "mean.safetensors")
    assert mean.info.provenance["mean_of_steps"] == [2, 3]
    weights = [
        load_checkpoint(run / "checkpoints" / name).model["encoder.blocks.0.conv.weight"]
        for name in ("step-0000002.pt", "latest.pt")
    ]
    assert not weights[0].equal(weights[1])
    merged = np.asarray(mean.encoder["blocks.0.conv.weight"], np.float32)
    np.testing.assert_allclose(merged, (weights[0] + weights[1]) / 2, atol=1e-6)
    with pytest.raises(CheckpointError, match="has kept no checkpoint from step 7 on"):
        export(run, tmp_path / "none.safetensors", mean_from=7)
    assert not (tmp_path / "none.safetensors").exists()


def test_clmr_is_refused_with_a_way_to_measure_it(trained: Callable[..., Path], tmp_path: Path) -> None:
    run = trained("clmr", "front_end.segment_samples=59049", "data.clip_s=4.0")
    with pytest.raises(CheckpointError, match="hears samples"):
        export(run, tmp_path / "model.safetensors")
    assert not (tmp_path / "model.safetensors").exists()


def test_a_predicting_module_without_its_shape_is_refused(tmp_path: Path) -> None:
    info = ModelInfo(FrontEnd(), PredictorShape(), [], {})
    with pytest.raises(ModelMismatch, match="go together"):
        save_model(tmp_path / "model.safetensors", info, weights_of(FCN4()), None)
