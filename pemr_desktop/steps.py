"""What a long piece of work is doing at the moment: a code, and the name of what it is done to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec

StepCode = Literal[
    "choosing tracks",
    "checking model",
    "comparing audio",
    "comparing features",
    "comparing known pairs",
    "comparing tags",
    "fitting tags",
    "listening",
    "listened",
    "looking up known pairs",
    "looking for playlist tracks",
    "looking for same recordings",
    "making suggestions",
    "preparing analysis",
    "preparing search",
    "proving",
    "reading tags",
    "rescoring pairs",
    "restarting",
    "scanning folder",
    "taking back",
    "teacher listened",
    "untuning",
    "writing tags",
]


class Step(msgspec.Struct, frozen=True):
    """A step of a job. `name`: the file or folder it is at, without its path; empty where there is none."""

    code: StepCode
    name: str = ""


Progress = Callable[[int, int, Step], None]
"""Told how much is done, of how much in all (0: not known yet), and what is done now."""
