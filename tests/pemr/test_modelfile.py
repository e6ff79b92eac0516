"""A model file comes back as it went in; one that is damaged, foreign or of another version is refused by name."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from pemr.errors import ModelMismatch
from pemr.modelfile import PredictorShape, load_model, save_model


def test_everything_comes_back(tiny_model: Path, tmp_path: Path) -> None:
    model = load_model(tiny_model)
    again = tmp_path / "again.safetensors"
    model_id = save_model(again, model.info, model.encoder, model.predictor, model.head_weight, model.head_bias)
    other = load_model(again)
    assert (other.info, other.model_id, other.digest) == (model.info, model.model_id, model.digest)
    assert model_id == model.model_id
    assert len(model_id) == 16
    assert int(model_id, 16) >= 0
    for before, after in ((model.encoder, other.encoder), (model.predictor or {}, other.predictor or {})):
        assert before.keys() == after.keys() != set()
        assert all(np.array_equal(after[name], value) for name, value in before.items())
    assert np.array_equal(other.head_weight, model.head_weight)


def test_new_heads_keep_the_model_id_and_a_new_encoder_does_not(
    tiny_model: Path, tmp_path: Path, make_model: Callable[..., Path]
) -> None:
    model = load_model(tiny_model)
    refitted = tmp_path / "refitted.safetensors"
    save_model(refitted, model.info, model.encoder, model.predictor, model.head_weight + 1, model.head_bias)
    assert load_model(refitted).model_id == model.model_id
    assert load_model(refitted).digest != model.digest
    assert load_model(make_model(tmp_path / "other.safetensors", seed=2)).model_id != model.model_id


@pytest.mark.parametrize("where", [0.02, 0.5, 0.99])
def test_a_flipped_bit_is_noticed(tiny_model: Path, tmp_path: Path, where: float) -> None:
    content = bytearray(tiny_model.read_bytes())
    content[int(len(content) * where)] ^= 1
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes(content)
    with pytest.raises(ModelMismatch, match=r"damaged\.safetensors is damaged"):
        load_model(damaged)


def test_a_cut_file_an_empty_file_and_a_text_are_refused(tiny_model: Path, tmp_path: Path) -> None:
    for name, content in (("cut", tiny_model.read_bytes()[:5000]), ("empty", b""), ("text", b"Dear reader" * 50)):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(ModelMismatch, match=name):
            load_model(path)
    with pytest.raises(ModelMismatch, match="There is no model file"):
        load_model(tmp_path / "missing")


def test_another_format_version_and_foreign_safetensors_are_refused(tiny_model: Path, tmp_path: Path) -> None:
    with safe_open(tiny_model, framework="np") as file:
        metadata = dict(file.metadata())
    path = tmp_path / "model.safetensors"
    save_file(load_file(tiny_model), path, {**metadata, "format": "2"})
    with pytest.raises(ModelMismatch, match="format 2; this version reads format 1"):
        load_model(path)
    save_file({"x": np.zeros(1)}, path)
    with pytest.raises(ModelMismatch, match="is not a PEMR model file"):
        load_model(path)


def test_a_network_of_another_shape_than_described_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    model = load_model(tiny_model)
    heads = model.head_weight, model.head_bias
    wider = {**model.encoder, "blocks.3.conv.bias": np.zeros(64, np.float32)}
    fewer = msgspec.structs.replace(model.info, predictor=PredictorShape(layers=2))
    for info, encoder, predictor, why in (
        (model.info, wider, model.predictor, r"encoder.blocks.3.conv.bias has the shape \(64,\) instead of \(128,\)"),
        (model.info, {**model.encoder, "more": heads[1]}, model.predictor, "encoder.more is not known"),
        (fewer, model.encoder, model.predictor, "layers.2.* is not known"),
        (model.info, model.encoder, {"cls": heads[1]}, "is missing"),
    ):
        save_model(tmp_path / "odd.safetensors", info, encoder, predictor, *heads)
        with pytest.raises(ModelMismatch, match="does not hold what a PEMR model holds") as refused:
            load_model(tmp_path / "odd.safetensors")
        assert re.search(why, str(refused.value.__cause__))


def test_heads_that_do_not_fit_the_tags_are_not_written(tiny_model: Path, tmp_path: Path) -> None:
    model = load_model(tiny_model)
    info = msgspec.structs.replace(model.info, tags=[])
    with pytest.raises(ModelMismatch, match="0 tags do not fit"):
        save_model(tmp_path / "m", info, model.encoder, model.predictor, model.head_weight, model.head_bias)
    assert not (tmp_path / "m").exists()
