"""How long training took, by the clock and on the processor.

The clock also runs while a process is stopped or waits for its turn on a busy machine; processor time does not.
"""

from __future__ import annotations

import time
from typing import Any

import msgspec

from pemr.distributed import total


class TimeSpent(msgspec.Struct, frozen=True):
    """`seconds` by the clock; `processor_seconds` of all threads of all processes, counted from step `counted_from`.

    A run that began before processor time was counted has a step other than 0 there: what came before is not known.
    """

    seconds: float = 0.0
    processor_seconds: float = 0.0
    counted_from: int = 0

    @property
    def hours(self) -> float:
        return self.seconds / 3600

    @property
    def processor_hours(self) -> float:
        return self.processor_seconds / 3600

    def stored(self) -> dict[str, float | int]:
        """What a checkpoint keeps."""
        return {
            "seconds": self.seconds,
            "processor_seconds": self.processor_seconds,
            "processor_counted_from": self.counted_from,
        }

    def provenance(self) -> dict[str, float | int]:
        """What a model file says of it."""
        told: dict[str, float | int] = {
            "hours": round(self.hours, 3),
            "processor_hours": round(self.processor_hours, 3),
        }
        return told | ({"processor_hours_from_step": self.counted_from} if self.counted_from else {})


def stored_time(content: dict[str, Any]) -> TimeSpent:
    """What `TimeSpent.stored` put into a checkpoint; one from before processor time was counted starts to count now."""
    counted_from = content.get("processor_counted_from", content["step"])
    return TimeSpent(content["seconds"], content.get("processor_seconds", 0.0), counted_from)


class Stopwatch:
    """Runs on from the time a run has already taken."""

    def __init__(self, before: TimeSpent) -> None:
        self._before = before
        self._clock_s, self._processor_s = time.monotonic(), time.process_time()

    def read(self) -> TimeSpent:
        """The time up to now. Under `torchrun` all processes have to ask at the same moment."""
        before = self._before
        return TimeSpent(
            before.seconds + time.monotonic() - self._clock_s,
            before.processor_seconds + total(time.process_time() - self._processor_s),
            before.counted_from,
        )
