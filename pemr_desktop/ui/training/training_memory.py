"""How much memory a training will take, said before it starts, and how much there is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from pemr_desktop.jobs.translation import translate
from pemr_desktop.ui import wording
from pemr_desktop.ui.training.training_recipes import RecipeChoice

BASE_BYTES = 0.74e9
BYTES_A_FRAME = 72_900
"""Measured with the default recipe on a processor at 32 bits: 1.53 GB with 6 clips a step, 7.1 GB with 48."""
USUAL = {
    "train.batch_size": 48.0,
    "data.clip_s": 29.1,
    "front_end.hop_length": 256.0,
    "front_end.sample_rate": 16_000.0,
}
MEMORY_INFO = Path("/proc/meminfo")


def memory_needed(recipe: RecipeChoice, overrides: Sequence[str] = ()) -> int | None:
    """Bytes, near enough to warn by: they grow with the frames of a step. None for methods that were not measured."""
    if recipe.method != "pemr":
        return None
    entered = dict(override.split("=", 1) for override in overrides if "=" in override)
    clips, clip_s, hop_length, sample_rate = (_number(entered.get(key, recipe.value(key)), key) for key in USUAL)
    return round(BASE_BYTES + BYTES_A_FRAME * clips * clip_s * sample_rate / max(1.0, hop_length))


def _number(value: object, key: str) -> float:
    try:
        return float(str(value))
    except ValueError:
        return USUAL[key]


def memory_free() -> int | None:
    """Bytes that programs can still take without others being pushed out; None where the system does not say."""
    try:
        found = re.search(r"^MemAvailable:\s+(\d+) kB", MEMORY_INFO.read_text(), re.MULTILINE)
    except OSError:
        return None
    return int(found[1]) * 1024 if found else None


def memory_sentence(needed: int, free: int | None) -> tuple[str, bool]:
    """What is said of it, and whether that is a warning."""
    if free is not None and needed > free:
        sentence = translate(
            "TrainingMemory",
            "Takes about {} of memory, and only {} are free: close other programs, or choose fewer clips a step under "
            "“All settings”.",
        )
        return sentence.format(wording.size(needed), wording.size(free)), True
    return translate("TrainingMemory", "Takes about {} of memory.").format(wording.size(needed)), False
