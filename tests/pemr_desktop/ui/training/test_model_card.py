from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from pemr_desktop.ui.training.model_card import ModelCard, read_model_card


def model_file(path: Path, info: dict[str, object]) -> Path:
    """The header of a safetensors file as pemr writes it, without any weight."""
    header = json.dumps({"__metadata__": {"info": json.dumps(info)}}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header)
    return path


def test_a_card_tells_tags_and_recognition(tmp_path: Path) -> None:
    info: dict[str, object] = {"tags": [{"name": "calm"}, {"name": "fast"}], "provenance": {"other_half_mrr": 0.61}}
    assert read_model_card(model_file(tmp_path / "a.safetensors", info)) == ModelCard(2, 0.61)


def test_what_was_not_measured_is_not_told(tmp_path: Path) -> None:
    info: dict[str, object] = {"tags": [], "provenance": {"other_half_mrr": None}}
    assert read_model_card(model_file(tmp_path / "a.safetensors", info)) == ModelCard(0, None)


def test_a_card_of_another_shape_is_as_good_as_none(tmp_path: Path) -> None:
    info: dict[str, object] = {"tags": 3, "provenance": "somewhere"}
    assert read_model_card(model_file(tmp_path / "a.safetensors", info)) == ModelCard()


@pytest.mark.parametrize("content", [b"", b"\xff" * 7, b"\xff" * 64, struct.pack("<Q", 2) + b"{}", b"RIFF" * 20])
def test_another_file_has_an_empty_card(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(content)
    assert read_model_card(path) == ModelCard()
    assert read_model_card(tmp_path / "gone") == ModelCard()
