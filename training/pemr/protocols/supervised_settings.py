"""Settings of supervised training."""

from __future__ import annotations

import math
from typing import Literal

import msgspec

from pemr.augment import Augmentation
from pemr.precision import Precision

WARM_UP = 0.1
FREE_SETTINGS = frozenset({"epochs", "threads", "checkpoint_minutes", "stop_patience"})
Criterion = Literal["loss", "roc_auc", "pr_auc"]


class Supervised(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of supervised training.

    The validation tracks are evaluated every `evaluate_steps` (0: each epoch, less often if that is shorter than an
    evaluation) on at most `validation_segments` of each (0: all). Then `plateau_patience` evaluations without a better
    `criterion` multiply the learning rates by `plateau_factor`; `stop_patience` of them end the run. `augmented` uses
    the augmentations of pre-training; `mixed` above 0 lays crops over each other (mixup of that strength).
    With the schedule `cosine` the learning rates rise for a tenth of all steps and fall to nothing until the last one;
    nothing ends such a run early.
    """

    encoder: Literal["trained", "frozen"] = "trained"
    batch_size: int = 48
    epochs: int = 100
    learning_rate: float = 3e-4
    head_learning_rate: float = 1e-3
    weight_decay: float = 1e-6
    mixed: float = 0.0
    augmented: bool = False
    augmentation: Augmentation = msgspec.field(default_factory=Augmentation)
    schedule: Literal["plateau", "cosine"] = "plateau"
    criterion: Criterion = "loss"
    evaluate_steps: int = 0
    validation_segments: int = 4
    plateau_patience: int = 3
    plateau_factor: float = 0.3
    stop_patience: int = 8
    precision: Precision = "32-true"
    accelerator: str = "auto"
    threads: int = 0
    seed: int = 1
    checkpoint_minutes: float = 10.0

    def free_settings(self) -> frozenset[str]:
        """Settings that may change between stop and resume without changing what is computed in a step."""
        return FREE_SETTINGS - ({"epochs"} if self.schedule == "cosine" else set())

    def rates(self, done: float) -> tuple[float, float]:
        """Learning rates of head and encoder on the schedule `cosine`, the share `done` of all steps behind."""
        falling = 0.5 * (1.0 + math.cos(math.pi * (done - WARM_UP) / (1.0 - WARM_UP)))
        factor = done / WARM_UP if done < WARM_UP else falling
        return self.head_learning_rate * factor, self.learning_rate * factor
