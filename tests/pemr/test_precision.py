"""The precision `auto` is bfloat16 only where that is faster."""

from __future__ import annotations

import pytest
import torch

from pemr.precision import computes_in_bfloat16, resolved
from pemr.recipe import load_recipe


@pytest.mark.parametrize(
    ("able", "expected"),
    [
        ({"avx2": True}, "32-true"),
        ({"avx512_f": True, "avx512_bf16": False, "amx_bf16": False}, "32-true"),
        ({"avx512_bf16": True}, "bf16-mixed"),
        ({"amx_bf16": True}, "bf16-mixed"),
    ],
)
def test_a_processor_needs_instructions_for_bfloat16(
    able: dict[str, bool], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: able, raising=False)
    assert resolved("auto", "cpu") == expected


def test_a_torch_that_cannot_tell_computes_in_32_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert not computes_in_bfloat16(torch.device("cpu"))


def test_what_a_recipe_names_is_taken_as_it_is() -> None:
    assert resolved("32-true", "cpu") == "32-true"
    assert resolved("16-mixed", "auto") == "16-mixed"
    assert load_recipe("default").train.precision == "auto"
    assert load_recipe("bundled").train.precision == "bf16-mixed"
