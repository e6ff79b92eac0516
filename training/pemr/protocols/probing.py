"""One encoder on one labelled set: decode, listen, fit a head, measure. What `pemr-train probe` does for each model."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch

from pemr import events
from pemr.datasets.labelled import SPLITS, LabelledSet
from pemr.protocols.encoders import ProbedEncoder
from pemr.protocols.evaluation import Evaluation
from pemr.protocols.features import track_features
from pemr.protocols.labelled_examples import all_splits, decode_set
from pemr.protocols.probe import ProbeSettings, probe
from pemr.protocols.report import measured


def probe_encoder(
    encoder: ProbedEncoder,
    labelled: LabelledSet,
    settings: ProbeSettings,
    cache: Path,
    max_track_s: float,
    listener: events.Listener,
) -> events.Measured:
    """Can be interrupted at any track and called again: what was decoded and heard is in the cache.

    Listens on a graphics processor if there is one. Raises `PemrError` subclasses.
    """
    front_end = encoder.front_end
    decoded = decode_set(
        labelled, cache, front_end.sample_rate, max_track_s,
        lambda done, total, skipped: listener(events.Preparing(done, total, skipped)),
    )  # fmt: skip
    splits = all_splits(decoded, front_end)
    encoder = encoder.measured_on(splits["train"], settings.seed)
    device = torch.accelerator.current_accelerator(check_available=True) or torch.device("cpu")
    features = {}
    for split, part in splits.items():
        features[split] = track_features(
            encoder, part, cache, device,
            lambda done, total: listener(events.Preparing(done, total, 0, "listening")),
        )  # fmt: skip

    def after_epoch(epoch: int, evaluation: Evaluation) -> None:
        for name, chance in evaluation.chances(splits["validation"]).items():
            listener(events.Probe(epoch, f"validation_{name}", evaluation.value(name), chance))

    found = probe(splits, features, settings, after_epoch)
    return measured(encoder.name, settings.head, decoded, splits, found.validation, found.test, found.best)


def plan_lines(encoders: Sequence[ProbedEncoder], labelled: LabelledSet, seconds: float) -> Iterator[str]:
    """What a probe would do and cost, in words, timed on a batch of noise; all tracks hold `seconds` of audio."""
    yield f"{labelled.name} ({labelled.split_name}), {len(labelled.tags)} tags"
    yield ", ".join(f"{len(labelled.of_split(split)):,} {split}" for split in SPLITS)
    yield from (f"Note: {note}" for note in labelled.notes)
    for encoder in encoders:
        length = encoder.front_end.segment_samples
        noise = torch.randn(4, length, generator=torch.Generator().manual_seed(1))
        with torch.inference_mode():
            encoder.network(noise)
            began = time.monotonic()
            encoder.network(noise)
        segment_s = (time.monotonic() - began) / len(noise)
        segments = seconds * encoder.front_end.sample_rate / length
        hours = segments * segment_s / 3600
        yield f"{encoder.name}: {segment_s * 1000:.0f} ms a segment here, about {hours:.2f} h for all"
