from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest
from typer.testing import CliRunner

from pemr.command import build
from pemr.truth.corpus import CLIPS
from pemr.truth.labels import ClipLabels, Player, share_and_level
from pemr.truth.recording import Recording, flac_bytes
from pemr.truth.sources import Role
from random_model import write_random_model

SECONDS = 4


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Tones are flutes, noise is no music; ten clips to train on, six to choose on, six for the figures."""
    chance = np.random.default_rng(0)
    (tmp_path / CLIPS).mkdir()
    time = np.arange(SECONDS * 16_000) / 16_000
    counts: dict[Role, int] = {"train": 10, "choose": 6, "figures": 6}
    uses = [use for use, count in counts.items() for _ in range(count)]
    for number, use in enumerate(uses):
        is_music = number % 2 == 0
        tone = np.sin(2 * np.pi * (300 + 20 * number) * time)
        sound = 0.2 * (tone if is_music else chance.normal(0.0, 1.0, len(time)))
        levels = (0,) * SECONDS
        flute = Player("lead", 73, ("woodwinds", "flute"), (), *share_and_level(levels), levels)
        labels = ClipLabels(
            f"{number:06}", use, "music" if is_music else "noise", is_music, float(SECONDS), (), Recording(),
            (flute,) if is_music else (), "solo" if is_music else "",
        )  # fmt: skip
        (tmp_path / CLIPS / f"{labels.name}.json").write_bytes(msgspec.json.encode(labels))
        (tmp_path / CLIPS / f"{labels.name}.flac").write_bytes(flac_bytes(sound.astype(np.float32), 16_000))
    return tmp_path


def test_a_model_and_heads_of_the_truth_are_measured_side_by_side(corpus: Path, tmp_path: Path) -> None:
    model = tmp_path / "model.safetensors"
    write_random_model(model)
    command = ["evaluate", "truth", "--model", str(model), "--corpus", str(corpus), "--per-word"]
    first = CliRunner().invoke(build(), command)
    assert first.exit_code == 0, first.output
    assert "10 train, 6 choose, 6 figures" in first.output
    assert "heads of the truth" in first.output and "the model's tags" in first.output
    vectors = next(corpus.glob("vectors-*.safetensors")).read_bytes()
    again = CliRunner().invoke(build(), command)
    assert again.output == first.output
    assert next(corpus.glob("vectors-*.safetensors")).read_bytes() == vectors


def test_too_few_clips_are_said_so(corpus: Path, tmp_path: Path) -> None:
    model = tmp_path / "model.safetensors"
    write_random_model(model)
    command = ["evaluate", "truth", "--model", str(model), "--corpus", str(corpus), "--limit", "12"]
    outcome = CliRunner().invoke(build(), command)
    assert outcome.exit_code != 0
    assert "too few clips" in str(outcome.output) + str(outcome.exception)
