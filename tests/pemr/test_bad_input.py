"""What a run does with bad input: a named error or a counted skip, never a lost checkpoint."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch

from pemr import events
from pemr.checkpoint import load_checkpoint
from pemr.errors import CorpusError, TrainingDiverged
from pemr.pretrain import pretrain
from pemr.recipe import Recipe, load_recipe
from sounds import melody, write_audio


@pytest.fixture
def recipe(recipe_file: Path) -> Recipe:
    return load_recipe(str(recipe_file), ["train.max_steps=2", "data.held_out=0.0"])


def run(recipe: Recipe, folder: Path, out: Path) -> list[events.AnyEvent]:
    received: list[events.AnyEvent] = []
    pretrain(recipe, [folder], out, listener=received.append)
    return received


def started(received: list[events.AnyEvent]) -> events.Started:
    return next(event for event in received if isinstance(event, events.Started))


def finite(out: Path) -> bool:
    model = load_checkpoint(out / "checkpoints/latest.pt").model
    return all(bool(value.isfinite().all()) for value in model.values())


def test_silence_among_music_and_nothing_but_silence_can_be_trained_on(recipe: Recipe, tmp_path: Path) -> None:
    mixed, silent = tmp_path / "mixed", tmp_path / "silent"
    for folder in (mixed, silent):
        folder.mkdir()
        for number in range(3):
            write_audio(folder / f"silence {number}.wav", np.zeros(4 * 22_050, np.float32), 22_050)
    write_audio(mixed / "music.wav", melody(4.0, 22_050), 22_050)
    for folder in (mixed, silent):
        received = run(recipe, folder, folder / "run")
        assert isinstance(received[-1], events.Finished)
        assert finite(folder / "run")


def test_tracks_shorter_than_a_segment_are_left_out_counted_and_named(recipe: Recipe, tmp_path: Path) -> None:
    folder = tmp_path / "music"
    folder.mkdir()
    write_audio(folder / "long.wav", melody(4.0, 22_050), 22_050)
    for number in range(2):
        write_audio(folder / f"jingle {number}.wav", melody(0.5, 22_050), 22_050)
    received = run(recipe, folder, tmp_path / "run")
    assert started(received).tracks == 1
    warnings = [event.message for event in received if isinstance(event, events.Warned)]
    assert any(text.startswith("2 tracks are shorter than one segment (1.0 s)") for text in warnings)
    (folder / "long.wav").unlink()
    with pytest.raises(CorpusError, match="No track is as long as one segment"):
        run(recipe, folder, tmp_path / "other run")


def test_rates_from_8_to_192_kilohertz_and_one_to_six_channels_make_one_corpus(recipe: Recipe, tmp_path: Path) -> None:
    folder = tmp_path / "music"
    folder.mkdir()
    for name, rate, channels in [
        ("telephone.wav", 8_000, 1), ("disc.flac", 44_100, 2), ("studio.flac", 192_000, 2), ("film.flac", 48_000, 6),
    ]:  # fmt: skip
        write_audio(folder / name, np.tile(melody(4.0, rate), (channels, 1)).T, rate)
    received = run(recipe, folder, tmp_path / "run")
    assert (started(received).tracks, started(received).skipped_files) == (4, 0)
    tracks = msgspec.json.decode((tmp_path / "run/run.json").read_bytes())["manifest"]["tracks"]
    assert {track["samples"] for track in tracks} == {4 * 16_000}
    assert finite(tmp_path / "run")


@pytest.mark.parametrize("damage", ["gone", "cut"])
def test_samples_lost_in_the_middle_of_an_epoch_end_the_run_with_a_checkpoint_and_it_can_go_on(
    damage: str, recipe: Recipe, music: Path, tmp_path: Path
) -> None:
    long = msgspec.structs.replace(recipe, train=msgspec.structs.replace(recipe.train, max_steps=30, epochs=100))
    cache = tmp_path / "run/audio-cache"
    received: list[events.AnyEvent] = []

    def listener(event: events.AnyEvent) -> None:
        received.append(event)
        if isinstance(event, events.Started):
            for file in cache.glob("*.i16"):
                file.unlink() if damage == "gone" else file.write_bytes(file.read_bytes()[:1000])

    with pytest.raises(CorpusError, match=r"cached samples of .*track \d.* are gone"):
        pretrain(long, [music], tmp_path / "run", listener=listener)
    saved = load_checkpoint(tmp_path / "run/checkpoints/latest.pt").step
    assert saved == len([event for event in received if isinstance(event, events.Step)])
    again = msgspec.structs.replace(long, train=msgspec.structs.replace(long.train, max_steps=saved + 1))
    finished = run(again, music, tmp_path / "run")[-1]
    assert isinstance(finished, events.Finished)
    assert (finished.step, finished.reason) == (saved + 1, "completed")


def test_a_gradient_that_is_not_a_number_never_reaches_the_weights(
    recipe: Recipe, music: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loss is finite here: what breaks is its derivative, as that of a square root at zero."""

    def broken(predicted: torch.Tensor, target: torch.Tensor, delta: float = 1.0) -> torch.Tensor:
        return (predicted - predicted).sqrt().sum()

    run(msgspec.structs.replace(recipe, train=msgspec.structs.replace(recipe.train, max_steps=1)), music, tmp_path)
    monkeypatch.setattr("pemr.losses.prediction_loss", broken)
    with pytest.raises(TrainingDiverged, match=r"Step 1: a gradient is not a number .*track \d"):
        run(recipe, music, tmp_path)
    assert finite(tmp_path)


FULL_DISK = """
set -e
mount -t tmpfs -o size=64m tmpfs "$DISK"
train() {
    "$PYTHON" -m pemr.command pretrain "$MUSIC" --out "$DISK/run" --cache "$CACHE" --recipe "$RECIPE" --events "$@"
}
train --max-steps 1
cp "$DISK/run/checkpoints/latest.pt" "$KEPT/before.pt"
dd if=/dev/zero of="$DISK/filler" bs=64k 2>/dev/null || true
train --max-steps 2 --set train.checkpoint_steps=1 || echo "exit code $?"
cp "$DISK/run/checkpoints/latest.pt" "$KEPT/after.pt"
echo $(ls "$DISK/run/checkpoints")
"""


@pytest.mark.skipif(shutil.which("unshare") is None, reason="a small disk of one's own needs unshare (Linux)")
def test_a_disk_that_is_really_full_costs_no_checkpoint(music: Path, recipe_file: Path, tmp_path: Path) -> None:
    """Two runs of the command on a file system of 64 MB, the second one with not a byte left."""
    for name in ("disk", "kept"):
        (tmp_path / name).mkdir()
    names = {
        "DISK": tmp_path / "disk", "KEPT": tmp_path / "kept", "MUSIC": music, "CACHE": tmp_path / "cache",
        "RECIPE": recipe_file, "PYTHON": sys.executable, "OMP_NUM_THREADS": 1,
    }  # fmt: skip
    own_mounts = ["unshare", "--user", "--map-root-user", "--mount"]
    if subprocess.run([*own_mounts, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system allows no mounts of one's own")
    done = subprocess.run(
        [*own_mounts, "sh", "-c", FULL_DISK], env={**os.environ, **{key: str(value) for key, value in names.items()}},
        capture_output=True, text=True, timeout=250, stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    *lines, code, checkpoints = done.stdout.strip().rsplit("\n", 2)
    received = [events.parse(line) for line in lines[0].splitlines()]
    warnings = [event.message for event in received if isinstance(event, events.Warned)]
    assert any("No space left" in text and "The run goes on" in text for text in warnings)
    failed = received[-1]
    assert isinstance(failed, events.Failed)
    assert failed.kind == "CheckpointError"
    assert "The file from before is unchanged" in failed.message
    assert code == "exit code 1"
    assert checkpoints.split() == ["best.pt", "latest.pt"], "and nothing half written"
    assert (tmp_path / "kept/after.pt").read_bytes() == (tmp_path / "kept/before.pt").read_bytes()
