"""Pre-training: stopping and going on is the same as never stopping, and nothing that goes wrong costs a checkpoint."""

from __future__ import annotations

import errno
import math
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import torch
from torch import Tensor

from pemr import checkpoint, events, pretrain
from pemr.build import build_method, trained_encoder
from pemr.checkpoint import load_checkpoint
from pemr.errors import CheckpointError, CorpusError, TrainingDiverged
from pemr.recipe import Recipe, load_recipe


@pytest.fixture
def recipe(recipe_file: Path) -> Recipe:
    return load_recipe(str(recipe_file))


def run(recipe: Recipe, music: Path, out: Path, stop_at: int | None = None) -> list[events.AnyEvent]:
    """Train and collect the events; with `stop_at` a stop file appears after that step."""
    received: list[events.AnyEvent] = []

    def listener(event: events.AnyEvent) -> None:
        received.append(event)
        if isinstance(event, events.Step) and event.step == stop_at:
            (out / "stop").touch()

    out.mkdir(exist_ok=True)
    pretrain.pretrain(recipe, [music], out, listener=listener)
    return received


def leaves(tree: object, path: str = "") -> dict[str, object]:
    if isinstance(tree, dict):
        return {k: v for key, value in tree.items() for k, v in leaves(value, f"{path}/{key}").items()}
    if isinstance(tree, list | tuple):
        return {k: v for i, value in enumerate(tree) for k, v in leaves(value, f"{path}/{i}").items()}
    return {path: tree}


def same(first: object, second: object) -> bool:
    if isinstance(first, Tensor) and isinstance(second, Tensor):
        return torch.equal(first, second)
    return first == second


def test_stop_and_resume_gives_bit_for_bit_the_weights_of_never_stopping(
    recipe: Recipe, music: Path, tmp_path: Path
) -> None:
    whole = run(recipe, music, tmp_path / "whole")
    stopped = run(recipe, music, tmp_path / "parts", stop_at=2)
    resumed = run(recipe, music, tmp_path / "parts")
    assert [e.reason for e in whole + stopped + resumed if isinstance(e, events.Finished)] == [
        "completed",
        "stopped",
        "completed",
    ]
    steps = [e for e in whole if isinstance(e, events.Step)]
    parts = [e for e in stopped + resumed if isinstance(e, events.Step)]
    assert [(e.step, e.losses) for e in steps] == [(e.step, e.losses) for e in parts]
    first = load_checkpoint(tmp_path / "whole/checkpoints/latest.pt")
    second = load_checkpoint(tmp_path / "parts/checkpoints/latest.pt")
    for name in ("model", "optimizer", "generators"):
        whole_run, in_parts = leaves(getattr(first, name)), leaves(getattr(second, name))
        assert whole_run.keys() == in_parts.keys()
        assert [key for key in whole_run if not same(whole_run[key], in_parts[key])] == []


def test_a_run_ends_at_the_steps_of_its_budget_and_keeps_every_nth_checkpoint(
    recipe: Recipe, music: Path, tmp_path: Path
) -> None:
    short = msgspec.structs.replace(recipe, train=msgspec.structs.replace(recipe.train, max_steps=4, keep_steps=2))
    received = run(short, music, tmp_path / "run")
    assert [e.step for e in received if isinstance(e, events.Step)] == [1, 2, 3, 4]
    assert (received[-1].step, received[-1].reason) == (4, "completed")
    kept = sorted((tmp_path / "run/checkpoints").glob("step-*.pt"))
    assert [load_checkpoint(path).step for path in kept] == [2, 4]
    encoder = trained_encoder(load_checkpoint(kept[0]))
    assert encoder(torch.randn(2, recipe.front_end.segment_samples)).shape == (2, 512)
    longer = msgspec.structs.replace(recipe, train=msgspec.structs.replace(recipe.train, max_steps=5))
    assert [e.step for e in run(longer, music, tmp_path / "run") if isinstance(e, events.Step)] == [5]


def test_the_run_says_what_it_trains_on_and_what_it_skipped(recipe: Recipe, music: Path, tmp_path: Path) -> None:
    received = run(recipe, music, tmp_path / "run", stop_at=1)
    started = next(e for e in received if isinstance(e, events.Started))
    assert (started.tracks, started.held_out_tracks, started.skipped_files) == (4, 2, 2)
    assert started.floors["positive"] == pytest.approx(5e-3 * (256 * 256 / 3 - 256))
    probes = [e for e in received if isinstance(e, events.Probe)]
    assert {(p.step, p.name) for p in probes} >= {(0, "other_half_mrr"), (1, "other_half_mrr")}
    assert all(0 < p.value <= 1 and p.chance == pytest.approx(0.75) for p in probes if p.name == "other_half_mrr")
    step = next(e for e in received if isinstance(e, events.Step))
    assert step.losses.keys() == {"prediction", "positive", "negative", "total"}
    assert all(math.isfinite(value) for value in step.losses.values())
    manifest = (tmp_path / "run/run.json").read_text()
    assert "letter.ogg" in manifest
    assert "empty.mp3" in manifest
    saved = [e for e in received if isinstance(e, events.CheckpointSaved) and e.kind == "latest"]
    assert saved[-1].bytes == (tmp_path / "run/checkpoints/latest.pt").stat().st_size


def test_weights_move_and_the_held_out_tracks_are_never_trained_on(recipe: Recipe, music: Path, tmp_path: Path) -> None:
    run(recipe, music, tmp_path / "run", stop_at=2)
    torch.manual_seed(recipe.train.seed)
    fresh = build_method(recipe).state_dict()
    trained = load_checkpoint(tmp_path / "run/checkpoints/latest.pt").model
    moved = [name for name in fresh if not torch.equal(fresh[name], trained[name])]
    # the convolutions' biases stand before a batch norm, which takes any constant away again
    assert {"encoder.blocks.0.conv.weight", "predictor.cls", "predictor.mask_vector", "head.out.weight"} <= set(moved)


def test_a_loss_that_is_not_a_number_stops_the_run_and_names_the_batch(
    recipe: Recipe, music: Path, tmp_path: Path
) -> None:
    run(recipe, music, tmp_path / "run", stop_at=1)
    latest = tmp_path / "run/checkpoints/latest.pt"
    poisoned = load_checkpoint(latest)
    poisoned.model["head.out.weight"].fill_(math.nan)
    checkpoint.save_checkpoint(poisoned, latest)
    with pytest.raises(TrainingDiverged, match=r"Step 1: .*track \d"):
        run(recipe, music, tmp_path / "run")
    assert load_checkpoint(latest).step == 1


def test_a_full_disk_keeps_the_checkpoint_from_before(
    recipe: Recipe, music: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(recipe, music, tmp_path / "run", stop_at=1)
    latest = tmp_path / "run/checkpoints/latest.pt"
    before = latest.read_bytes()

    def no_space(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pemr.durable_files.os.fsync", no_space)
    with pytest.raises(CheckpointError, match=r"No space left.*unchanged"):
        run(recipe, music, tmp_path / "run", stop_at=2)
    assert latest.read_bytes() == before
    assert not list(latest.parent.glob(".pemr-*"))


def test_a_checkpoint_of_another_recipe_is_refused_with_the_difference(
    recipe: Recipe, music: Path, tmp_path: Path
) -> None:
    run(recipe, music, tmp_path / "run", stop_at=1)
    other = msgspec.structs.replace(recipe, train=msgspec.structs.replace(recipe.train, learning_rate=0.1))
    with pytest.raises(CheckpointError, match=r"train.learning_rate was 0.0003, now 0.1"):
        run(other, music, tmp_path / "run")
    longer = msgspec.structs.replace(recipe, train=msgspec.structs.replace(recipe.train, epochs=4))
    assert isinstance(run(longer, music, tmp_path / "run", stop_at=2)[-1], events.Finished)


def test_a_damaged_checkpoint_is_refused_by_name(recipe: Recipe, music: Path, tmp_path: Path) -> None:
    run(recipe, music, tmp_path / "run", stop_at=1)
    latest = tmp_path / "run/checkpoints/latest.pt"
    latest.write_bytes(latest.read_bytes()[:1000])
    with pytest.raises(CheckpointError, match=r"latest\.pt is damaged"):
        run(recipe, music, tmp_path / "run")


def test_a_grown_folder_goes_on_with_the_old_tracks_and_a_shrunk_one_is_refused(
    recipe: Recipe, music: Path, tmp_path: Path, make_audio: Callable[..., Path]
) -> None:
    folder = tmp_path / "music"
    shutil.copytree(music, folder)
    run(recipe, folder, tmp_path / "run", stop_at=1)
    make_audio(folder / "album 0" / "new.wav", seconds=4.0, seed=9)
    received = run(recipe, folder, tmp_path / "run", stop_at=2)
    assert any(isinstance(e, events.Warned) and "1 tracks were added" in e.message for e in received)
    assert next(e for e in received if isinstance(e, events.Started)).tracks == 4
    (folder / "album 0" / "track 0.wav").unlink()
    received = run(recipe, folder, tmp_path / "run", stop_at=3)
    assert any(isinstance(e, events.Warned) and e.message.startswith("1 of the ") for e in received)
    assert next(e for e in received if isinstance(e, events.Started)).tracks == 4
    shutil.rmtree(tmp_path / "run/audio-cache")
    with pytest.raises(CorpusError, match="track 0"):
        run(recipe, folder, tmp_path / "run")


def test_a_folder_without_music_is_refused(recipe: Recipe, tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    with pytest.raises(CorpusError, match="No audio files"):
        run(recipe, tmp_path / "nothing", tmp_path / "run")
    with pytest.raises(CorpusError, match="There is no folder"):
        run(recipe, tmp_path / "missing", tmp_path / "run")
