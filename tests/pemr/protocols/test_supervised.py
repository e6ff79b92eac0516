"""Supervised training on tracks whose label can be heard."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pemr import events
from pemr.build import weights_of
from pemr.errors import CheckpointError, CorpusError, TrainingDiverged
from pemr.modelfile import Model, load_model
from pemr.protocols.examples import Examples
from pemr.protocols.finetuned_encoder import save_finetuned
from pemr.protocols.settings import with_overrides
from pemr.protocols.supervised import Trained, steps_between_evaluations, train_supervised
from pemr.protocols.supervised_batches import SupervisedBatches
from pemr.protocols.supervised_settings import Supervised

SETTINGS = Supervised(
    batch_size=4, epochs=6, threads=1, accelerator="cpu", checkpoint_minutes=0, validation_segments=2,
    learning_rate=1e-3, head_learning_rate=1e-2,
)  # fmt: skip
Splits = dict[str, Examples]


def train(model: Model, splits: Splits, run_dir: Path, settings: Supervised = SETTINGS, **extra: Any) -> Trained:
    extra.setdefault("listener", lambda event: None)
    return train_supervised(model, splits["train"], splits["validation"], settings, run_dir, **extra)


def weights(trained: Trained) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in trained.tagger.state_dict().items()}


def test_fcn4_learns_from_random_weights(untrained: Callable[[], Model], tone_examples: Splits, tmp_path: Path) -> None:
    received: list[events.AnyEvent] = []
    trained = train(untrained(), tone_examples, tmp_path, listener=received.append)
    first = next(event for event in received if isinstance(event, events.Probe) and event.name == "validation_loss")
    assert first.value == pytest.approx(np.log(2), abs=1e-4)
    assert first.chance == pytest.approx(np.log(2), abs=1e-4)
    assert trained.evaluation.loss < 0.5 * first.value
    assert trained.evaluation.tags.macro_roc_auc == 1.0
    assert isinstance(received[-1], events.Finished)


def test_the_model_file_holds_the_trained_encoder_and_heads(
    untrained: Callable[[], Model], tone_examples: Splits, tmp_path: Path
) -> None:
    start = untrained()
    before = copy.deepcopy(start.encoder)
    trained = train(start, tone_examples, tmp_path / "run")
    model_id, tags = save_finetuned(
        tmp_path / "m.safetensors", start, trained, tone_examples["validation"], {"why": "test"}
    )
    model = load_model(tmp_path / "m.safetensors")
    assert model.model_id == model_id
    assert [(tag.name, tag.group) for tag in tags] == [("low", "pitch"), ("high", "pitch")]
    assert model.info.provenance["supervised"]["why"] == "test"
    np.testing.assert_array_equal(model.head_weight, trained.tagger.head.weight.detach().numpy())
    moved = [name for name, value in model.encoder.items() if not np.array_equal(value, before[name])]
    assert any("conv.weight" in name for name in moved)
    for name, value in start.encoder.items():
        assert np.array_equal(value, before[name]), f"{name} of the model to start from was changed"


def test_a_frozen_encoder_is_not_touched_not_even_its_batch_norms(
    untrained: Callable[[], Model], tone_examples: Splits, tmp_path: Path
) -> None:
    start = untrained()
    before = copy.deepcopy(start.encoder)
    settings = with_overrides(SETTINGS, ["encoder=frozen", "epochs=2"])
    trained = train(start, tone_examples, tmp_path, settings)
    for name, value in weights_of(trained.tagger.encoder).items():
        assert np.array_equal(value, before[name]), name
    assert trained.tagger.head.weight.abs().sum() > 0


@pytest.mark.parametrize("overrides", [[], ["augmented=true", "mixed=0.4"], ["schedule=cosine"]])
def test_stop_and_resume_gives_the_same_weights_as_never_stopping(
    untrained: Callable[[], Model], tone_examples: Splits, tmp_path: Path, overrides: list[str]
) -> None:
    settings = with_overrides(SETTINGS, ["epochs=2", *overrides])
    whole = train(untrained(), tone_examples, tmp_path / "whole", settings)

    def stop_at_3(event: events.AnyEvent) -> None:
        if isinstance(event, events.Step) and event.step == 3:
            (tmp_path / "parts" / "stop").touch()

    stopped = train(untrained(), tone_examples, tmp_path / "parts", settings, listener=stop_at_3)
    assert (stopped.reason, stopped.step) == ("stopped", 3)
    resumed = train(untrained(), tone_examples, tmp_path / "parts", settings)
    assert resumed.step == whole.step
    for name, value in weights(whole).items():
        assert torch.equal(value, weights(resumed)[name]), name


def test_a_plateau_lowers_the_learning_rates_and_then_ends_the_run(
    untrained: Callable[[], Model], tone_examples: Splits, tmp_path: Path
) -> None:
    patience = ["plateau_patience=0", "plateau_factor=0.5", "stop_patience=2"]
    settings = with_overrides(SETTINGS, ["criterion=roc_auc", "encoder=frozen", *patience])
    trained = train(untrained(), tone_examples, tmp_path, settings)
    assert trained.evaluation.tags.macro_roc_auc == 1.0  # which nothing later can beat
    assert trained.reason == "converged"
    assert trained.step == trained.best_step + 2 * 2  # evaluations, each after the two steps of an epoch
    latest = torch.load(tmp_path / "checkpoints/latest.pt", weights_only=True)
    assert latest["optimizer"]["param_groups"][0]["lr"] == SETTINGS.head_learning_rate * 0.5**2


def test_on_the_cosine_schedule_the_rates_rise_fall_and_nothing_ends_the_run_early(
    untrained: Callable[[], Model], tone_examples: Splits, tmp_path: Path
) -> None:
    settings = with_overrides(SETTINGS, ["schedule=cosine", "stop_patience=1", "epochs=10", "criterion=roc_auc"])
    rates: list[float] = []

    def keep_rate(event: events.AnyEvent) -> None:
        if isinstance(event, events.CheckpointSaved) and event.kind == "latest":
            latest = torch.load(tmp_path / "checkpoints/latest.pt", weights_only=True)
            rates.append(latest["optimizer"]["param_groups"][0]["lr"])

    every_step = with_overrides(settings, ["checkpoint_minutes=1e-9"])
    trained = train(untrained(), tone_examples, tmp_path, every_step, listener=keep_rate)
    assert (trained.reason, trained.step) == ("completed", 20)
    assert max(rates) == rates[2] == SETTINGS.head_learning_rate
    assert rates[2:20] == sorted(rates[2:20], reverse=True)
    assert rates[19] < 0.01 * SETTINGS.head_learning_rate
    with pytest.raises(CheckpointError, match="epochs was 10, now 11"):
        train(untrained(), tone_examples, tmp_path, with_overrides(every_step, ["epochs=11"]))


def test_a_run_is_not_gone_on_with_under_other_settings_or_data(
    untrained: Callable[[], Model], tone_examples: Splits, tmp_path: Path
) -> None:
    short = with_overrides(SETTINGS, ["epochs=1"])
    train(untrained(), tone_examples, tmp_path, short)
    with pytest.raises(CheckpointError, match=r"learning_rate was 0.001, now 0.5"):
        train(untrained(), tone_examples, tmp_path, with_overrides(short, ["learning_rate=0.5"]))
    fresh = untrained()
    moved = {name: value + 0.1 if name == "blocks.0.conv.bias" else value for name, value in fresh.encoder.items()}
    other = replace(fresh, encoder=moved)
    with pytest.raises(CheckpointError, match="another model, other tracks or other labels"):
        train(other, tone_examples, tmp_path, short)
    fewer = {**tone_examples, "train": tone_examples["validation"]}
    with pytest.raises(CheckpointError, match="another model, other tracks or other labels"):
        train(untrained(), fewer, tmp_path, short)
    with pytest.raises(CheckpointError, match="already holds a run"):
        train(untrained(), tone_examples, tmp_path, short, resume=False)


def test_a_loss_that_is_not_a_number_stops_the_run_and_names_the_tracks(
    untrained: Callable[[], Model], tone_examples: Splits, tmp_path: Path
) -> None:
    damaged = replace(tone_examples["train"], targets=np.full_like(tone_examples["train"].targets, np.nan))
    start = untrained()
    with pytest.raises(TrainingDiverged, match=r"Step 0: the loss is not a number.*album \d"):
        train(start, {**tone_examples, "train": damaged}, tmp_path)


def test_different_tags_for_training_and_validation_are_refused(
    untrained: Callable[[], Model], tone_examples: Splits, tmp_path: Path
) -> None:
    other = replace(tone_examples["validation"], tags=(("up", "pitch"), ("down", "pitch")))
    with pytest.raises(CorpusError, match="different tags"):
        train(untrained(), {**tone_examples, "validation": other}, tmp_path)


def test_mixed_crops_share_sound_and_targets_alike(tone_examples: Splits) -> None:
    batches = SupervisedBatches(tone_examples["train"], 4, seed=1)
    samples, targets = torch.eye(4), torch.arange(8.0).reshape(4, 2)
    sound, answers = batches.mixed(samples, targets, step=5, strength=0.4)
    share = sound.diagonal()
    assert ((share > 0) & (share < 1)).all()
    torch.testing.assert_close(sound, share[:, None] * samples + (1 - share[:, None]) * samples[[3, 0, 1, 2]])
    torch.testing.assert_close(answers, share[:, None] * targets + (1 - share[:, None]) * targets[[3, 0, 1, 2]])
    assert torch.equal(sound, batches.mixed(samples, targets, step=5, strength=0.4)[0])
    assert not torch.equal(sound, batches.mixed(samples, targets, step=6, strength=0.4)[0])


def test_evaluation_never_takes_longer_than_the_training_between_two_of_them(tone_examples: Splits) -> None:
    settings, validation = with_overrides(SETTINGS, ["validation_segments=0"]), tone_examples["validation"]
    assert steps_between_evaluations(settings, validation, 2) == 2
    large = replace(
        validation, evaluated=validation.evaluated * 15
    )  # 120 segments, a third of which is 40: ten batches of four
    assert steps_between_evaluations(settings, large, 2) == 10
    assert steps_between_evaluations(with_overrides(settings, ["validation_segments=1"]), large, 2) == 3
    assert steps_between_evaluations(with_overrides(settings, ["evaluate_steps=7"]), large, 2) == 7
