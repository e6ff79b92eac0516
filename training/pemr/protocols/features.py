"""Vectors of the evaluation segments of labelled tracks, computed once in eval mode and kept, a file a track."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from pemr.durable_files import replaced
from pemr.errors import CorpusError
from pemr.protocols.encoders import ProbedEncoder
from pemr.protocols.evaluation import embed_track
from pemr.protocols.examples import Examples, Floats

log = logging.getLogger(__name__)

FeatureProgress = Callable[[int, int], None]


def track_features(
    encoder: ProbedEncoder, examples: Examples, cache: Path, device: torch.device, progress: FeatureProgress
) -> list[Floats]:
    """(m, width) for each track. What is in the cache is not computed again, so this can be interrupted at any track.

    Raises `CorpusError` if the cache cannot be written.
    """
    folder = cache / "features" / encoder.key
    network = encoder.network.to(device)
    features = []
    for index, track in enumerate(examples.tracks):
        progress(index, len(examples.tracks))
        starts = examples.evaluated[index].starts
        file = folder / f"{Path(track.cache_name).stem}-{examples.segment_samples}.npy"
        known = _read(file, (len(starts), encoder.width))
        if known is None:
            known = embed_track(network, examples, index, starts, device)
            _write(file, known)
        features.append(known)
    progress(len(examples.tracks), len(examples.tracks))
    return features


def _read(file: Path, shape: tuple[int, int]) -> Floats | None:
    try:
        stored = np.load(file)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, EOFError) as error:
        log.warning("%s cannot be read (%s); it is made again", file, error)
        return None
    return stored if stored.shape == shape and stored.dtype == np.float32 else None


def _write(file: Path, features: Floats) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with replaced(file) as out:
            np.save(out, features)
    except OSError as error:
        raise CorpusError(
            f"Features cannot be written to {file.parent}: {error.strerror or error}. Free some space, or name another "
            "place with --cache. What is there is kept."
        ) from error
