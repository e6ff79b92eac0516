"""Where supervised training can begin."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from pemr.build import build_method
from pemr.checkpoint import Checkpoint, save_checkpoint
from pemr.embed import Encoder
from pemr.errors import CheckpointError, ModelMismatch
from pemr.modelfile import load_model
from pemr.protocols.examples import Examples
from pemr.protocols.start import measured_on, start_model, untrained_model
from pemr.protocols.tagger import calibrated_heads
from pemr.recipe import load_recipe
from pemr.time_spent import TimeSpent


def checkpoint_of(method: str, run_dir: Path) -> Path:
    """A run folder with a checkpoint of a method that was never trained."""
    recipe = load_recipe(method)
    built = build_method(recipe)
    content = Checkpoint(
        recipe, recipe.front_end, 7, TimeSpent(1.0, 0.5), 0.5, built.state_dict(), {}, {"torch": torch.get_rng_state()}
    )
    save_checkpoint(content, run_dir / "checkpoints" / "latest.pt")
    return run_dir


def test_a_model_file_is_what_it_is(tiny_model: Path) -> None:
    assert start_model(tiny_model).model_id == load_model(tiny_model).model_id


@pytest.mark.parametrize("method", ["default", "simclr"])
def test_a_run_brings_its_encoder_and_front_end(method: str, tmp_path: Path) -> None:
    run = checkpoint_of(method, tmp_path)
    start = start_model(run)
    kept = torch.load(run / "checkpoints/latest.pt", weights_only=True)["model"]
    for name, value in start.encoder.items():
        assert np.array_equal(value, kept[f"encoder.{name}"].numpy())
    if method == "default":
        np.testing.assert_array_equal((start.predictor or {})["mask_vector"], kept["predictor.mask_vector"].numpy())
    assert start.info.provenance["pretraining_steps"] == 7


def test_an_encoder_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelMismatch, match="encoder of clmr is not FCN-4"):
        start_model(checkpoint_of("clmr", tmp_path))


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="There is no checkpoint"):
        start_model(tmp_path)


def test_fresh_weights_hear_the_training_tracks_at_mean_zero_and_spread_one(
    tone_examples: dict[str, Examples],
) -> None:
    fresh = untrained_model(load_recipe("default").front_end, seed=3)
    measured = measured_on(fresh, tone_examples["train"], seed=3)
    assert (measured.info.front_end.mean_db, measured.info.front_end.std_db) != (0.0, 1.0)
    for before, after in zip(fresh.encoder.values(), measured.encoder.values(), strict=True):
        assert np.array_equal(before, after)


def test_heads_go_on_from_their_calibrated_probabilities(tiny_model: Path) -> None:
    model, encoder = load_model(tiny_model), Encoder.load(tiny_model)
    track = torch.randn(512, generator=torch.Generator().manual_seed(1))
    heads = calibrated_heads(model)
    begun = torch.sigmoid(heads["weight"] @ track + heads["bias"])
    torch.testing.assert_close(begun, torch.from_numpy(encoder.tag_probabilities(track.numpy())))
