"""What a model file says of itself, read from its header alone: no weights, no torch."""

from __future__ import annotations

import logging
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

log = logging.getLogger(__name__)

LONGEST_HEADER = 16 * 1024 * 1024


@dataclass(frozen=True)
class ModelCard:
    """How many tags it knows, and how well it recognised held-out tracks when it was made, if that was measured."""

    tag_count: int = 0
    recognition: float | None = None


def read_model_card(path: Path) -> ModelCard:
    """The card of a safetensors file; an empty one for a file that is gone or something else."""
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            header = msgspec.json.decode(file.read(min(length, LONGEST_HEADER)), type=dict[str, Any])
        info = msgspec.json.decode(header["__metadata__"]["info"], type=dict[str, Any])
    except (OSError, struct.error, KeyError, TypeError, msgspec.MsgspecError) as error:
        log.info("%s has no card: %s", path, error)
        return ModelCard()
    provenance, tags = info.get("provenance"), info.get("tags")
    recognition = provenance.get("other_half_mrr") if isinstance(provenance, dict) else None
    return ModelCard(
        len(tags) if isinstance(tags, list) else 0,
        float(recognition) if isinstance(recognition, int | float) else None,
    )
