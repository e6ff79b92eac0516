"""The curves of a run for TensorBoard."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pemr import events
from pemr.errors import RecipeError


@contextmanager
def tensorboard_curves(folder: Path) -> Iterator[events.Listener]:
    """A listener that writes losses, floors, speed and probes below `folder`, closed at the end.

    A run that goes on from a step takes the curves up there again. Raises `RecipeError` without the package.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise RecipeError("--tensorboard needs one more package: pip install 'pemr-desktop[tensorboard]'") from error

    writer: SummaryWriter | None = None

    def listener(event: events.AnyEvent) -> None:
        nonlocal writer
        match event:
            case events.Started():
                writer = SummaryWriter(str(folder), purge_step=event.step + 1)
                for name, floor in event.floors.items():
                    writer.add_scalar(f"floor/{name}", floor, event.step)
            case events.Step() if writer is not None:
                values = {f"loss/{name}": value for name, value in event.losses.items()}
                values |= {
                    "speed/samples_per_second": event.samples_per_second,
                    "speed/data_wait": event.data_wait,
                    "memory/resident_gigabytes": event.memory_bytes / 1e9,
                    "time/hours": event.hours,
                    "time/processor_hours": event.processor_hours,
                }
                for name, value in values.items():
                    writer.add_scalar(name, value, event.step)
            case events.Probe() if writer is not None:
                writer.add_scalar(f"probe/{event.name}", event.value, event.step)
                writer.add_scalar(f"chance/{event.name}", event.chance, event.step)

    try:
        yield listener
    finally:
        if writer is not None:
            writer.close()
