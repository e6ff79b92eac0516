"""Which arithmetic a run computes in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import torch

Arithmetic = Literal["32-true", "64-true", "bf16-mixed", "16-mixed"]
"""Names of Lightning Fabric."""
Precision = Literal["auto", "32-true", "64-true", "bf16-mixed", "16-mixed"]
"""`auto` is bfloat16 where the processor computes in it and 32 bits elsewhere."""


def resolved(precision: Precision, accelerator: str) -> Arithmetic:
    """What `auto` means here; anything else as it is. `accelerator` is a Lightning name: auto, cpu, cuda …"""
    if precision != "auto":
        return precision
    device = torch.accelerator.current_accelerator(check_available=True) if accelerator != "cpu" else None
    return "bf16-mixed" if computes_in_bfloat16(device or torch.device("cpu")) else "32-true"


def computes_in_bfloat16(device: torch.device) -> bool:
    """Whether bfloat16 is faster here. Without instructions for it (AMX, AVX-512 BF16) it is emulated, and slower."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    if device.type != "cpu":
        return False
    able: Mapping[str, object] = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    return bool(able.get("amx_bf16") or able.get("avx512_bf16"))
