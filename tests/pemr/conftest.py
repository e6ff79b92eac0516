"""A small music folder and a recipe that trains on it in seconds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

TINY_RECIPE = """
base = "default"
description = "seconds on one core"

[front_end]
hop_length = 256
segment_samples = 16384

[data]
clip_s = 2.0
held_out = 0.34

[train]
batch_size = 4
epochs = 3
threads = 1
checkpoint_minutes = 0
probe_minutes = 0
"""


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Small tensors on a busy machine: threads would wait for each other longer than they compute."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two albums of three tracks of four seconds, and three files that are no music."""
    from sounds import melody, write_audio

    folder = tmp_path_factory.mktemp("music")
    for number in range(6):
        album = folder / f"album {number % 2}"
        album.mkdir(exist_ok=True)
        suffix = (".wav", ".flac", ".mp3")[number // 2]
        write_audio(album / f"track {number}{suffix}", melody(4.0, 22_050, seed=number, transpose=number), 22_050)
    (folder / "empty.mp3").touch()
    (folder / "letter.ogg").write_text("Dear reader, this is not music.\n" * 50)
    (folder / "cover.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    return folder


@pytest.fixture
def recipe_file(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.toml"
    path.write_text(TINY_RECIPE)
    return path


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model file with untrained weights and three tags."""
    return make_tiny_model(tmp_path_factory.mktemp("model") / "tiny.safetensors")


def make_tiny_model(path: Path, seed: int = 1) -> Path:
    import numpy as np
    import torch

    from pemr.build import weights_of
    from pemr.encoder import FCN4
    from pemr.frontend import FrontEnd
    from pemr.modelfile import ModelInfo, PredictorShape, TagHead, save_model
    from pemr.predictor import Predictor

    torch.manual_seed(seed)
    tags = [
        TagHead("piano", "instrument", threshold=0.6, slope=2.0, offset=-0.5),
        TagHead("calm", "mood"),
        TagHead("opera", "genre", supported=False, reason="only 1 validation tracks have it"),
    ]
    info = ModelInfo(FrontEnd(hop_length=512, mean_db=-10.0, std_db=20.0), PredictorShape(), tags, {"recipe": "tiny"})
    encoder, predictor = weights_of(FCN4()), weights_of(Predictor())
    heads = (torch.randn(3, 512) * 0.05).numpy()
    save_model(path, info, encoder, predictor, heads, np.zeros(3, np.float32))
    return path


@pytest.fixture
def make_model() -> Callable[..., Path]:
    return make_tiny_model
